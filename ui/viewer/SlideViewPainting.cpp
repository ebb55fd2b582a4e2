// How SlideView paints: from the cache only, in device pixels, so that nothing is blurred by half a pixel.
#include <algorithm>
#include <cmath>
#include <utility>

#include <QPainter>

#include "ui/viewer/EmptyState.h"
#include "ui/viewer/ScaleBar.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

SlideMapping SlideView::mapping() const {
    const double ratio = devicePixelRatioF();
    SlideMapping map;
    map.scale = unit() / m_view.micronsPerPixel * ratio;
    map.orientation = m_view.orientation;
    const QPointF at = centre();
    const QSizeF upright = m_view.orientation.turned(QSizeF(size()) * ratio);
    map.left = std::round(upright.width() / 2 - at.x() * map.scale);
    map.top = std::round(upright.height() / 2 - at.y() * map.scale);
    map.pane = QRect(0, 0, int(std::ceil(upright.width())), int(std::ceil(upright.height())));
    return map;
}

void SlideView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const double ratio = devicePixelRatioF();
    const double side = frameSideMicrometres();
    if (hasSlide()) {
        paintSlide(painter);
        if (m_grid) paintGrid(painter);
        paintOver(painter);
        if (side > 0) {
            const DevicePainting device(painter, ratio);
            paintFrame(painter, centredSquare(size(), side, m_view.micronsPerPixel, ratio), FrameKind::Real, ratio);
        }
        paintChips(painter);
    } else {
        painter.fillRect(rect(), theme().canvas);
        const DevicePainting device(painter, ratio);
        const double missing = side > 0 ? side : 1;
        const double zoom = side > 0 ? m_view.micronsPerPixel : fittingMicronsPerPixel(size(), 1);
        const QRect frame = centredSquare(size(), missing, zoom, ratio);
        if (m_empty->leavesRoomFor(QRectF(QPointF(frame.topLeft()) / ratio, QSizeF(frame.size()) / ratio)))
            paintMissingFrame(painter, frame, false, ratio);
    }
    if (m_focusRing) paintFocusRing(painter, rect());
}

void SlideView::paintSlide(QPainter& painter) {
    const SlideMapping map = mapping();
    const QRegion stale = m_frame.follow(map, theme().canvas);
    if (!stale.isEmpty()) {
        const QRegion slide = stale & map.toDevice(QRectF(QPointF(0, 0), slideSize()));
        for (const QRect& part : stale - slide) m_frame.fill(part, theme().canvas);
        for (const TileKey& key : visibleTiles())
            for (const QRect& part : slide& map.toDevice(TilePyramid::tileLevel0(key))) paintTile(part, key);
    }
    const DevicePainting device(painter, devicePixelRatioF());
    painter.drawImage(0, 0, m_frame.image());
}

void SlideView::paintTile(const QRect& part, const TileKey& key) {
    TileKey before = key; // what was there before the light changed is nearer than nothing
    before.light = m_lightBefore;
    if (paintCached(part, key) || paintCached(part, before)) return;
    if (m_failed.contains(key)) {
        QPainter painter(&m_frame.image());
        painter.setWorldTransform(m_frame.mapping().toScreen());
        fillHatched(painter, part);
    } else if (!paintFromAncestor(part, key)) {
        m_frame.fill(part, theme().track);
    }
}

bool SlideView::paintCached(const QRect& part, const TileKey& key) {
    const QImage* tile = m_cache.find(key);
    if (!tile) return false;
    const double pixel = std::exp2(key.level);
    m_frame.draw(part, {*tile, TilePyramid::tileLevel0(key).topLeft() - QPointF(tileGutterPx, tileGutterPx) * pixel, {pixel, pixel}});
    return true;
}

bool SlideView::paintFromAncestor(const QRect& part, const TileKey& key) {
    TileKey above = key;
    while (++above.level <= m_pyramid.topLevel()) {
        above.column /= 2;
        above.row /= 2;
        if (paintCached(part, above)) return true;
    }
    if (m_litOverview.isNull()) return false;
    m_frame.draw(part, {m_litOverview, {0, 0}, {m_pyramid.width() / m_litOverview.width(), m_pyramid.height() / m_litOverview.height()}});
    return true;
}

// Lines one box apart through the edges of the box. Left out where they would be closer than 8 px.
void SlideView::paintGrid(QPainter& painter) const {
    const double ratio = devicePixelRatioF(), side = frameSideMicrometres();
    if (side <= 0 || side / m_view.micronsPerPixel < 8) return;
    const DevicePainting device(painter, ratio);
    const QRect box = centredSquare(size(), side, m_view.micronsPerPixel, ratio);
    const QSize pane = (QSizeF(size()) * ratio).toSize();
    const double step = side / m_view.micronsPerPixel * ratio;
    const auto lines = [&](int first, int length, const auto& draw) {
        for (int k = -int(first / step) - 1; first + k * step < length; ++k) draw(int(std::lround(first + k * step)));
    };
    for (const auto& [color, shift] : {std::pair{QColor(255, 255, 255, 170), 1}, {QColor(0x1B, 0x1B, 0x1B, 170), 0}}) {
        lines(box.left(), pane.width(), [&, c = color, s = shift](int x) { painter.fillRect(x + s, 0, 1, pane.height(), c); });
        lines(box.top(), pane.height(), [&, c = color, s = shift](int y) { painter.fillRect(0, y + s, pane.width(), 1, c); });
    }
}

void SlideView::paintOver(QPainter& painter) const {
    const double ratio = devicePixelRatioF(), side = m_over.sideMicrometres;
    if (m_over.picture.isNull() || side <= 0 || m_over.opacity <= 0) return;
    const DevicePainting device(painter, ratio);
    const QRect box = centredSquare(size(), side, m_view.micronsPerPixel, ratio);
    const int edge = box.left() + int(std::lround(std::clamp(m_over.from, 0.0, 1.0) * box.width()));
    painter.setClipRect(box.adjusted(edge - box.left(), 0, 0, 0));
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.setOpacity(m_over.opacity);
    if (m_over.difference) painter.setCompositionMode(QPainter::CompositionMode_Difference);
    const QTransform turn = m_view.orientation.fromUpright(QSizeF(m_over.picture.size()));
    painter.drawImage(box, turn.isIdentity() ? m_over.picture : m_over.picture.transformed(turn));
    painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
    painter.setOpacity(1);
    if (m_over.from > 0) { // the line that is moved
        painter.setClipping(false);
        const int pixel = std::max(1, int(std::lround(ratio)));
        painter.fillRect(QRect(edge - 2 * pixel, box.top(), 4 * pixel, box.height()), Qt::white);
        painter.fillRect(QRect(edge - pixel, box.top(), 2 * pixel, box.height()), QColor(0x0B, 0x67, 0x70));
    }
}

void SlideView::paintChips(QPainter& painter) const {
    const QRectF pane(rect());
    QPointF position = pane.bottomRight() - QPointF(overlayMarginPx, overlayMarginPx);
    if (const auto bar = slideScale().known() ? scaleBar(m_view.micronsPerPixel, slideScale().source) : std::nullopt) {
        const QRectF chip = paintScaleBar(painter, pane, *bar);
        if (position.x() - textChipWidth(painter.font(), positionText()) < chip.right() + 8)
            position.ry() = chip.top() - 4; // too narrow for both
    }
    paintTextChip(painter, position, positionText());
    if (!m_notice.isEmpty()) paintNotice(painter, pane, m_notice);
}

// The corner of the box, which is what `slide region --x --y` takes; without a box, the middle of the view.
QString SlideView::positionText() const {
    const QPointF at = frameSideMicrometres() > 0 ? tileFrameLevel0().topLeft() : centre();
    return tr("x\u00A0%1, y\u00A0%2\u00A0px", "position on the slide")
        .arg(groupedNumber(std::llround(at.x())), groupedNumber(std::llround(at.y())));
}

} // namespace phloxine::ui
