#include "ui/regions/PlacedTiles.h"

#include <algorithm>
#include <cmath>

#include <QEvent>
#include <QFontMetricsF>
#include <QPainter>

#include "ui/viewer/SlideView.h"
#include "ui/viewer/overlay_painting.h"

namespace phloxine::ui {

namespace {

constexpr std::size_t mostTiles = 200; // the oldest go first; their files stay
constexpr double chipHeight = 24, nameNeedsPx = 110;

void paintName(QPainter& painter, QPointF corner) {
    QFont font = overlayFont(painter.font());
    font.setPixelSize(11);
    const QString text = PlacedTiles::tr("SYNTHETIC");
    const QRectF chip(corner, QSizeF(std::ceil(QFontMetricsF(font).horizontalAdvance(text)) + 16, chipHeight));
    paintChip(painter, chip);
    painter.setFont(font);
    painter.setPen(overlayTextColor);
    painter.drawText(chip, Qt::AlignCenter, text);
}

} // namespace

PlacedTiles::PlacedTiles(SlideView& slide) : QWidget(&slide), m_slide(slide) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    setGeometry(slide.rect());
    slide.installEventFilter(this);
    connect(&slide, &SlideView::viewChanged, this, qOverload<>(&QWidget::update));
    show();
}

bool PlacedTiles::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &m_slide && event->type() == QEvent::Resize) setGeometry(m_slide.rect());
    return false;
}

void PlacedTiles::setSlide(const std::string& hash) {
    m_hash = hash;
    update();
    Q_EMIT changed();
}

void PlacedTiles::add(const QImage& tile, const SourceTissue& place) {
    std::erase_if(m_tiles, [&](const Placed& placed) { return placed.place == place; });
    if (m_tiles.size() >= mostTiles) m_tiles.erase(m_tiles.begin());
    m_tiles.push_back({tile, place});
    update();
    Q_EMIT changed();
}

void PlacedTiles::clear() {
    std::erase_if(m_tiles, [this](const Placed& placed) { return placed.place.slide == m_hash; });
    update();
    Q_EMIT changed();
}

int PlacedTiles::count() const {
    return m_hash.empty() ? 0
                          : int(std::count_if(m_tiles.begin(), m_tiles.end(), [this](const Placed& p) { return p.place.slide == m_hash; }));
}

bool PlacedTiles::isHere(const SourceTissue& place) const { return !m_hash.empty() && place.slide == m_hash; }

void PlacedTiles::setShown(bool shown) {
    m_shown = shown;
    update();
    Q_EMIT changed();
}

void PlacedTiles::setOpacity(double opacity) {
    m_opacity = std::clamp(opacity, 0.2, 1.0);
    update();
    Q_EMIT changed();
}

void PlacedTiles::paintEvent(QPaintEvent*) {
    if (!m_shown || !m_slide.hasSlide() || m_hash.empty()) return;
    if (m_slide.hasOver()) return; // what is laid over the slide is compared with tissue
    QPainter painter(this);
    const double ratio = devicePixelRatioF();
    for (const auto& [tile, place] : m_tiles) {
        if (place.slide != m_hash) continue;
        const auto at = [&](double right, double down) {
            return m_slide.toScreen({place.x + right * place.widthPx, place.y + down * place.heightPx});
        };
        const QPolygonF corners{{at(0, 0), at(1, 0), at(1, 1), at(0, 1)}};
        const QRectF box = corners.boundingRect();
        if (!box.intersects(rect())) continue;
        const QPointF across = (at(1, 0) - at(0, 0)) / tile.width(), down = (at(0, 1) - at(0, 0)) / tile.height();
        painter.save();
        painter.setTransform(QTransform(across.x(), across.y(), down.x(), down.y(), at(0, 0).x(), at(0, 0).y()), true);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.setOpacity(m_opacity);
        painter.drawImage(0, 0, tile);
        painter.restore();
        const bool upright = std::abs(across.y()) + std::abs(down.x()) < 1e-9;
        if (upright) {
            const DevicePainting device(painter, ratio);
            paintFrame(painter, QRectF(box.topLeft() * ratio, box.size() * ratio).toRect(), FrameKind::Synthetic, ratio);
        } else {
            painter.setRenderHint(QPainter::Antialiasing);
            QPen dashes(QColor(0x0B, 0x67, 0x70), 2);
            dashes.setDashPattern({5, 3});
            for (const QPen& pen : {QPen(Qt::white, 4), dashes}) {
                painter.setPen(pen);
                painter.drawPolygon(corners);
            }
        }
        paintName(painter, box.width() >= nameNeedsPx && box.height() > 2 * chipHeight ? box.topLeft() + QPointF(8, 8)
                                                                                       : box.topLeft() - QPointF(0, chipHeight + 6));
    }
}

} // namespace phloxine::ui
