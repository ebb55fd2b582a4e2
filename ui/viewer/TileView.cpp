#include "ui/viewer/TileView.h"

#include <algorithm>
#include <cmath>

#include <QEvent>
#include <QFocusEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QNativeGestureEvent>
#include <QPainter>
#include <QWheelEvent>

#include "ui/viewer/EmptyState.h"
#include "ui/viewer/ScaleBar.h"
#include "ui/viewer/accessible_panes.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/viewer/view_input.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

TileView::TileView(QWidget* parent) : QWidget(parent), m_empty(new EmptyState(QStringLiteral("sparkles"), this)) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    showAsGraphic();
    setEmptyText(tr("Your tiles appear here"), tr("Choose a model, then press Ctrl+Enter."));
}

void TileView::setTile(const QImage& image, Scale scale, bool preview) {
    m_image = image.convertToFormat(QImage::Format_RGB32);
    m_lit = lit(m_image, m_light);
    m_scale = scale;
    m_preview = preview;
    m_empty->setVisible(m_image.isNull());
    describe();
    update();
}

void TileView::clear() { setTile({}, {}, false); }

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
    m_lit = lit(m_image, light);
    update();
}

QRect TileView::tileRect() const { return hasTile() ? frameRect() : QRect(); }

double TileView::sideMicrometres() const {
    if (!hasTile()) return m_expectedPx * m_expectedMicronsPerPixel;
    if (m_scale.known()) return m_image.width() * m_scale.micronsPerPixel;
    const double nominal = m_expectedMicronsPerPixel > 0 ? m_expectedMicronsPerPixel : m_micronsPerPixel;
    return m_image.width() * nominal;
}

QRect TileView::frameRect() const {
    const double side = sideMicrometres(), ratio = devicePixelRatioF();
    if (side > 0 && m_micronsPerPixel > 0) return centredSquare(size(), side, m_micronsPerPixel, ratio);
    return centredSquare(size(), 1, fittingMicronsPerPixel(size(), 1), ratio);
}

void TileView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().canvas);
    const double ratio = devicePixelRatioF();
    if (hasTile()) {
        paintTile(painter);
        const auto bar = m_scale.known() ? scaleBar(m_micronsPerPixel, m_scale.source) : std::nullopt;
        if (bar) paintScaleBar(painter, rect(), *bar);
    } else {
        const DevicePainting device(painter, ratio);
        paintMissingFrame(painter, frameRect(), true, ratio);
    }
    if (m_focusRing) paintFocusRing(painter, rect());
}

void TileView::paintTile(QPainter& painter) const {
    const double ratio = devicePixelRatioF();
    const DevicePainting device(painter, ratio);
    const QRect target = frameRect();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    // Bilinear drawing skips pixels when it shrinks by more than two; area reduction first.
    const QTransform turn = m_orientation == Orientation{} ? QTransform() : m_orientation.fromUpright(QSizeF(m_image.size()));
    const QImage picture = turn.isIdentity() ? m_lit : m_lit.transformed(turn);
    if (target.width() * 2 < picture.width())
        painter.drawImage(target.topLeft(), picture.scaled(target.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    else painter.drawImage(target, picture);
    paintFrame(painter, target, FrameKind::Synthetic, ratio);
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
    else event->ignore();
}

void TileView::mousePressEvent(QMouseEvent* event) {
    m_focusRing = false;
    update();
    QWidget::mousePressEvent(event);
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
        const QString number = QLocale().toString(m_scale.micronsPerPixel, 'f', 2);
        const QString across = QLocale().toString(std::lround(sideMicrometres()));
        if (!m_scale.known()) description = tr("Scale unknown.");
        else if (m_scale.source == ScaleSource::Assumed) description = tr("%1 µm per pixel, assumed, %2 µm wide.").arg(number, across);
        else description = tr("%1 µm per pixel, %2 µm wide.").arg(number, across);
    }
    if (accessibleName() != name) setAccessibleName(name);
    if (accessibleDescription() != description) setAccessibleDescription(description);
}

} // namespace phloxine::ui
