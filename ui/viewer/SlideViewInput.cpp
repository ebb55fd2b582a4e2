// How SlideView answers to mouse, wheel, touchpad, keys and dropped files.
#include <algorithm>

#include <QDropEvent>
#include <QFocusEvent>
#include <QKeyEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QUrl>
#include <QWheelEvent>

#include "ui/viewer/EmptyState.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/view_input.h"

namespace phloxine::ui {

namespace {
QString localFile(const QMimeData* data) {
    const QList<QUrl> urls = data->urls();
    return urls.size() == 1 && urls.front().isLocalFile() ? urls.front().toLocalFile() : QString();
}

bool byKeyboard(Qt::FocusReason reason) {
    return reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason;
}
} // namespace

bool SlideView::event(QEvent* event) {
    if (event->type() == QEvent::NativeGesture) {
        const auto* gesture = static_cast<QNativeGestureEvent*>(event);
        if (gesture->gestureType() == Qt::ZoomNativeGesture && hasSlide()) {
            m_zoomChosen = true;
            zoomAbout(gesture->position(), m_view.micronsPerPixel / std::clamp(1 + gesture->value(), 0.2, 5.0));
            return true;
        }
    }
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) update();
    if (event->type() == QEvent::ScreenChangeInternal) moved(); // another device pixel ratio needs other tiles
    return QWidget::event(event);
}

void SlideView::resizeEvent(QResizeEvent*) {
    m_empty->setGeometry(rect());
    const bool fitted = !m_zoomChosen;
    if (fitted && frameSideMicrometres() > 0) fitTile();
    else if (fitted && hasSlide()) fitSlide();
    else moved();
}

void SlideView::wheelEvent(QWheelEvent* event) {
    if (!hasSlide()) return event->ignore();
    m_zoomChosen = true;
    zoomAbout(event->position(), m_view.micronsPerPixel * wheelZoomFactor(*event));
    event->accept();
}

void SlideView::mousePressEvent(QMouseEvent* event) {
    m_focusRing = false;
    if (!m_fileGone && !isOpening()) m_notice.clear(); // read and answered
    update();
    if (!hasSlide() || (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton)) return event->ignore();
    m_dragFrom = event->position();
    setCursor(Qt::ClosedHandCursor);
}

void SlideView::mouseMoveEvent(QMouseEvent* event) {
    if (!m_dragFrom) return event->ignore();
    panByUser(event->position() - *m_dragFrom);
    m_dragFrom = event->position();
}

void SlideView::panByUser(QPointF screen) {
    const QPointF before = m_view.centre;
    m_view.panBy(screen);
    moved();
    if (m_view.centre != before) Q_EMIT panned(m_view.centre - before);
}

void SlideView::mouseReleaseEvent(QMouseEvent* event) {
    if (!m_dragFrom) return event->ignore();
    m_dragFrom.reset();
    unsetCursor();
}

void SlideView::keyPressEvent(QKeyEvent* event) {
    const auto key = viewKey(*event);
    if (!key || !hasSlide()) return event->ignore();
    using What = ViewKey::What;
    const QPointF middle = QPointF(width(), height()) / 2;
    switch (key->what) {
    case What::ZoomBy:
        m_zoomChosen = true;
        zoomAbout(middle, m_view.micronsPerPixel * key->value);
        break;
    case What::Power:
        setViewMicronsPerPixel(micronsPerPixelForPower(key->value));
        break;
    case What::FitTile:
        fitTile();
        break;
    case What::Pan:
        panByUser(-key->direction * arrowStepPx);
        break;
    case What::PanTile:
        m_view.panBy(-key->direction * (frameSideMicrometres() > 0 ? frameSideMicrometres() / m_view.micronsPerPixel : width()));
        moved();
        break;
    }
}

void SlideView::focusInEvent(QFocusEvent* event) {
    m_focusRing = byKeyboard(event->reason());
    update();
}

void SlideView::focusOutEvent(QFocusEvent*) {
    m_focusRing = false;
    update();
}

void SlideView::dragEnterEvent(QDragEnterEvent* event) {
    if (!localFile(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void SlideView::dropEvent(QDropEvent* event) {
    const QString path = localFile(event->mimeData());
    if (path.isEmpty()) return;
    event->acceptProposedAction();
    openSlide(path);
}

} // namespace phloxine::ui
