#include "ui/viewer/TileView.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QEvent>
#include <QFocusEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QNativeGestureEvent>
#include <QPainter>
#include <QWheelEvent>

#include "ui/viewer/EmptyState.h"
#include "ui/viewer/ScaleBar.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/accessible_panes.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/viewer/view_input.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr std::size_t mostTiles = 4;
} // namespace

TileView::TileView(QWidget* parent) : QWidget(parent), m_empty(new EmptyState(QStringLiteral("sparkles"), this)) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    showAsGraphic();
    setEmptyText(tr("Your tiles appear here"), tr("Choose a model, then press Ctrl+Enter."));
}

void TileView::setTile(const QImage& image, Scale scale, bool preview) {
    m_tiles.clear();
    if (!image.isNull()) m_tiles.push_back({{image.convertToFormat(QImage::Format_RGB32), scale, {}, {}}, {}});
    m_preview = preview;
    renew();
}

void TileView::setTiles(const std::vector<Named>& tiles) {
    const bool several = tiles.size() >= 2 && tiles.size() <= mostTiles;
    m_tiles.clear();
    for (const Named& tile : tiles) {
        if (tile.image.isNull() || (!several && !m_tiles.empty())) continue;
        m_tiles.push_back({{tile.image.convertToFormat(QImage::Format_RGB32), tile.scale, tile.name, tile.label}, {}});
    }
    m_preview = false;
    renew();
}

void TileView::clear() {
    setTile({}, {}, false);
    resetPan();
}

void TileView::renew() {
    for (Shown& tile : m_tiles) tile.shown = inLight(tile.image);
    m_empty->setVisible(m_tiles.empty());
    describe();
    update();
}

QImage TileView::inLight(const QImage& image) const {
    if (!m_look) return lit(image, m_light);
    const Image plain = toImage(image);
    const auto own = stainLook(plain);
    return lit(own ? toQImage(inStainOf(plain, *own, *m_look)) : image, m_light);
}

void TileView::setStainLook(const std::optional<StainLook>& look) {
    m_look = look;
    renew();
}

void TileView::setViewMicronsPerPixel(double micronsPerPixel) {
    if (!std::isfinite(micronsPerPixel) || micronsPerPixel <= 0) return;
    m_micronsPerPixel = micronsPerPixel;
    describe();
    update();
}

void TileView::setExpectedTile(int tilePx, double micronsPerPixel) {
    m_expectedPx = std::max(0, tilePx);
    m_expectedMicronsPerPixel = std::max(0.0, micronsPerPixel);
    describe();
    update();
}

void TileView::setEmptyText(const QString& title, const QString& text) {
    m_empty->setText(QStringLiteral("sparkles"), title, text);
    describe();
}

void TileView::setTileName(const QString& name) {
    m_name = name;
    describe();
}

void TileView::setOrientation(Orientation orientation) {
    m_orientation = orientation;
    update();
}

void TileView::setLight(const ViewLight& light) {
    m_light = light;
    renew();
}

QRect TileView::tileRect(int tile) const { return tile >= 0 && tile < tileCount() ? frameRect(tile) : QRect(); }

double TileView::sideMicrometres() const { return hasTile() ? sideMicrometres(m_tiles.front()) : m_expectedPx * m_expectedMicronsPerPixel; }

double TileView::sideMicrometres(const Named& tile) const {
    if (tile.scale.known()) return tile.image.width() * tile.scale.micronsPerPixel;
    const double nominal = m_expectedMicronsPerPixel > 0 ? m_expectedMicronsPerPixel : m_micronsPerPixel;
    return tile.image.width() * nominal;
}

// Two stand along the longer side of the pane, three and four in two rows.
QRect TileView::cellRect(int tile) const {
    const int count = tileCount();
    if (count < 2) return rect();
    const bool two = count == 2;
    const int columns = two && height() > width() ? 1 : 2, rows = two ? 3 - columns : 2;
    const int column = tile % columns, row = tile / columns;
    const int left = width() * column / columns, top = height() * row / rows;
    return {left, top, width() * (column + 1) / columns - left, height() * (row + 1) / rows - top};
}

QSize TileView::cellSize() const { return cellRect(0).size(); }

QRect TileView::frameRect(int tile) const {
    const QRect cell = cellRect(tile);
    const double side = hasTile() ? sideMicrometres(m_tiles[std::size_t(tile)]) : sideMicrometres(), ratio = devicePixelRatioF();
    const QPoint corner(int(std::lround(cell.left() * ratio)), int(std::lround(cell.top() * ratio)));
    if (side <= 0 || m_micronsPerPixel <= 0)
        return centredSquare(cell.size(), 1, fittingMicronsPerPixel(cell.size(), 1), ratio).translated(corner);
    const QPointF away = m_orientation.turned(pan()) / m_micronsPerPixel * ratio;
    const QPoint moved(int(std::lround(away.x())), int(std::lround(away.y())));
    return centredSquare(cell.size(), side, m_micronsPerPixel, ratio).translated(corner - moved);
}

QPointF TileView::pan() const {
    const double side = sideMicrometres();
    if (!hasTile() || side <= 0 || m_micronsPerPixel <= 0) return {};
    const auto within = [](double v, double most) { return std::clamp(v, -most, most); };
    if (m_movedByHand) return {within(m_pan.x(), side / 2), within(m_pan.y(), side / 2)};
    const QSizeF seen = m_orientation.turned(QSizeF(cellSize())) * m_micronsPerPixel;
    return {within(m_pan.x(), std::max(0.0, (side - seen.width()) / 2)), within(m_pan.y(), std::max(0.0, (side - seen.height()) / 2))};
}

void TileView::panBy(QPointF micrometres) {
    m_pan = pan() + micrometres;
    m_movedByHand = true;
    m_pan = pan(); // what lies beyond the tile is not kept: the hand turns at the edge
    update();
}

void TileView::follow(QPointF micrometres) {
    m_pan += micrometres;
    update();
}

void TileView::resetPan() {
    m_pan = {};
    m_movedByHand = false;
    update();
}

void TileView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().canvas);
    const double ratio = devicePixelRatioF();
    for (int tile = 0; tile < tileCount(); ++tile) paintTile(painter, tile);
    if (hasTile()) {
        const Scale& scale = m_tiles.front().scale;
        if (tileCount() > 1) paintNames(painter);
        const auto bar = scale.known() ? scaleBar(m_micronsPerPixel, scale.source) : std::nullopt;
        if (bar) paintScaleBar(painter, rect(), *bar);
    } else {
        const DevicePainting device(painter, ratio);
        const QRect frame = frameRect(0);
        const QRectF shown(QPointF(frame.topLeft()) / ratio, QSizeF(frame.size()) / ratio);
        if (m_empty->leavesRoomFor(shown)) paintMissingFrame(painter, frame, true, ratio);
    }
    if (m_focusRing) paintFocusRing(painter, rect());
}

void TileView::paintTile(QPainter& painter, int tile) const {
    const double ratio = devicePixelRatioF();
    const DevicePainting device(painter, ratio);
    const QRect target = frameRect(tile), cell = cellRect(tile);
    if (tileCount() > 1) painter.setClipRect(QRectF(QPointF(cell.topLeft()) * ratio, QSizeF(cell.size()) * ratio));
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    // Bilinear drawing skips pixels when it shrinks by more than two; area reduction first.
    const QImage& lit = m_tiles[std::size_t(tile)].shown;
    const QTransform turn = m_orientation == Orientation{} ? QTransform() : m_orientation.fromUpright(QSizeF(lit.size()));
    const QImage picture = turn.isIdentity() ? lit : lit.transformed(turn);
    if (target.width() * 2 < picture.width())
        painter.drawImage(target.topLeft(), picture.scaled(target.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    else painter.drawImage(target, picture);
    paintFrame(painter, target, FrameKind::Synthetic, ratio);
}

// Each in the upper left corner of its cell; the scale bar of all stands at the bottom.
void TileView::paintNames(QPainter& painter) const {
    for (int tile = 0; tile < tileCount(); ++tile) {
        const QRect cell = cellRect(tile);
        paintNameChip(painter, cell.topLeft() + QPointF(8, 8), m_tiles[std::size_t(tile)].label, cell.width() - 16);
    }
}

bool TileView::event(QEvent* event) {
    if (event->type() == QEvent::NativeGesture) {
        const auto* gesture = static_cast<QNativeGestureEvent*>(event);
        if (gesture->gestureType() == Qt::ZoomNativeGesture && m_micronsPerPixel > 0) {
            Q_EMIT zoomRequested(m_micronsPerPixel / std::clamp(1 + gesture->value(), 0.2, 5.0));
            return true;
        }
    }
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) update();
    return QWidget::event(event);
}

void TileView::resizeEvent(QResizeEvent*) { m_empty->setGeometry(rect()); }

void TileView::wheelEvent(QWheelEvent* event) {
    if (m_micronsPerPixel <= 0) return event->ignore();
    Q_EMIT zoomRequested(m_micronsPerPixel * wheelZoomFactor(*event));
    event->accept();
}

void TileView::keyPressEvent(QKeyEvent* event) {
    const auto key = viewKey(*event);
    if (key && key->what == ViewKey::What::ZoomBy && m_micronsPerPixel > 0) Q_EMIT zoomRequested(m_micronsPerPixel * key->value);
    else if (key && key->what == ViewKey::What::Power) Q_EMIT zoomRequested(micronsPerPixelForPower(key->value));
    else if (key && key->what == ViewKey::What::FitTile) Q_EMIT fitRequested();
    else if (key && key->what == ViewKey::What::Pan) move(m_orientation.turnedBack(key->direction * arrowStepPx) * m_micronsPerPixel);
    else if (key && key->what == ViewKey::What::PanTile) Q_EMIT stepRequested(m_orientation.turnedBack(key->direction));
    else event->ignore();
}

void TileView::move(QPointF micrometres) {
    if (!hasTile() || m_micronsPerPixel <= 0) return;
    panBy(micrometres);
    Q_EMIT panned(micrometres);
}

void TileView::mousePressEvent(QMouseEvent* event) {
    m_focusRing = false;
    update();
    if (!hasTile() || (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton)) return QWidget::mousePressEvent(event);
    m_dragFrom = event->position();
    m_dragged = false;
}

void TileView::mouseMoveEvent(QMouseEvent* event) {
    if (!m_dragFrom) return event->ignore();
    const QPointF by = event->position() - *m_dragFrom;
    if (!m_dragged && by.manhattanLength() < QApplication::startDragDistance()) return; // a click with an unsteady hand
    m_dragged = true;
    setCursor(Qt::ClosedHandCursor);
    m_dragFrom = event->position();
    move(-m_orientation.turnedBack(by) * m_micronsPerPixel);
}

void TileView::mouseReleaseEvent(QMouseEvent* event) {
    if (!m_dragFrom) return event->ignore();
    m_dragFrom.reset();
    unsetCursor();
    if (m_dragged || tileCount() < 2 || event->button() != Qt::LeftButton) return;
    for (int tile = 0; tile < tileCount(); ++tile)
        if (cellRect(tile).contains(event->position().toPoint())) return Q_EMIT tileChosen(tile);
}

void TileView::focusInEvent(QFocusEvent* event) {
    const Qt::FocusReason reason = event->reason();
    m_focusRing = reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason;
    update();
}

void TileView::focusOutEvent(QFocusEvent*) {
    m_focusRing = false;
    update();
}

void TileView::describe() {
    QString name = tr("Synthetic tile, none yet"), description;
    if (!hasTile()) {
        description = m_empty->title() + QLatin1Char(' ') + m_empty->text();
    } else {
        name = m_preview ? tr("Preview of a synthetic tile") : tr("Synthetic tile");
        if (!m_name.isEmpty()) name = tr("%1, %2", "kind of image, what it shows").arg(name, m_name);
        if (tileCount() > 1) {
            QStringList names;
            for (const Shown& tile : m_tiles) names.append(tile.name);
            name = tr("%n synthetic tiles: %1", nullptr, tileCount()).arg(names.join(QStringLiteral("; ")));
        }
        const Scale& scale = m_tiles.front().scale;
        const QString number = QLocale().toString(scale.micronsPerPixel, 'f', 2);
        const QString across = QLocale().toString(std::lround(sideMicrometres()));
        if (!scale.known()) description = tr("Scale unknown.");
        else if (scale.source == ScaleSource::Assumed) description = tr("%1 µm per pixel, assumed, %2 µm wide.").arg(number, across);
        else description = tr("%1 µm per pixel, %2 µm wide.").arg(number, across);
    }
    if (accessibleName() != name) setAccessibleName(name);
    if (accessibleDescription() != description) setAccessibleDescription(description);
}

} // namespace phloxine::ui
