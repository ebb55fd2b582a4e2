#include "ui/viewer/OverviewNavigator.h"

#include <algorithm>
#include <cmath>

#include <QFocusEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include "ui/viewer/accessible_panes.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

OverviewNavigator::OverviewNavigator(SlideView* view, QWidget* parent) : QWidget(parent), m_view(view) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    showAsGraphic();
    connect(view, &SlideView::viewChanged, this, [this] {
        if (m_view && !m_view->hasSlide()) m_picture = {};
        describe();
        update();
    });
    connect(view, &SlideView::opened, this, &OverviewNavigator::renewPicture);
    connect(view, &SlideView::overviewReady, this, &OverviewNavigator::renewPicture);
    renewPicture();
}

QRectF OverviewNavigator::pictureRect() const {
    if (!m_view || !m_view->hasSlide()) return {};
    const QSizeF fitted = m_view->slideSize().scaled(size(), Qt::KeepAspectRatio);
    return {QPointF(width() - fitted.width(), height() - fitted.height()) / 2, fitted};
}

QRect OverviewNavigator::boxRect() const {
    const QRectF picture = pictureRect();
    if (picture.isEmpty()) return {};
    const double ratio = devicePixelRatioF(), scale = picture.width() / m_view->slideSize().width();
    const QRectF seen = m_view->visibleLevel0() & QRectF(QPointF(0, 0), m_view->slideSize());
    const QPointF middle = (picture.topLeft() + seen.center() * scale) * ratio;
    const int w = std::max(int(std::lround(8 * ratio)), int(std::lround(seen.width() * scale * ratio)));
    const int h = std::max(int(std::lround(8 * ratio)), int(std::lround(seen.height() * scale * ratio)));
    return {int(std::lround(middle.x() - w / 2.0)), int(std::lround(middle.y() - h / 2.0)), w, h};
}

void OverviewNavigator::renewPicture() {
    const QImage overview = m_view ? m_view->shownOverview() : QImage();
    const QSize wanted = (pictureRect().size() * devicePixelRatioF()).toSize();
    m_picture = overview.isNull() || wanted.isEmpty() ? QImage() : overview.scaled(wanted, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    describe();
    update();
}

void OverviewNavigator::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().canvas);
    const double ratio = devicePixelRatioF();
    {
        const DevicePainting device(painter, ratio);
        const QPointF corner = pictureRect().topLeft() * ratio;
        if (!m_picture.isNull()) painter.drawImage(QPoint(int(std::lround(corner.x())), int(std::lround(corner.y()))), m_picture);
        const int line = int(std::ceil(3 * ratio)); // the frame lies outside its box: at the slide's edge it must not fall off the widget
        const QRect inside = QRect(QPoint(0, 0), (QSizeF(size()) * ratio).toSize()).adjusted(line, line, -line, -line);
        if (const QRect box = boxRect() & inside; !box.isEmpty()) paintFrame(painter, box, FrameKind::Position, ratio);
    }
    if (m_focusRing) paintFocusRing(painter, rect());
}

void OverviewNavigator::moveViewTo(QPointF point) {
    const QRectF picture = pictureRect();
    if (picture.isEmpty()) return;
    m_view->setCentre((point - picture.topLeft()) * (m_view->slideSize().width() / picture.width()));
}

bool OverviewNavigator::event(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) update();
    if (event->type() == QEvent::ScreenChangeInternal) renewPicture();
    return QWidget::event(event);
}

void OverviewNavigator::resizeEvent(QResizeEvent*) { renewPicture(); }

void OverviewNavigator::mousePressEvent(QMouseEvent* event) {
    m_focusRing = false;
    if (event->button() == Qt::LeftButton) moveViewTo(event->position());
}

void OverviewNavigator::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) moveViewTo(event->position());
}

void OverviewNavigator::keyPressEvent(QKeyEvent* event) {
    if (!m_view || !m_view->hasSlide()) return event->ignore();
    const QSizeF step = m_view->visibleLevel0().size() / 5;
    const QPointF at = m_view->centre();
    switch (event->key()) {
    case Qt::Key_Left:
        return m_view->setCentre(at - QPointF(step.width(), 0));
    case Qt::Key_Right:
        return m_view->setCentre(at + QPointF(step.width(), 0));
    case Qt::Key_Up:
        return m_view->setCentre(at - QPointF(0, step.height()));
    case Qt::Key_Down:
        return m_view->setCentre(at + QPointF(0, step.height()));
    case Qt::Key_Home:
        return m_view->setCentre(QPointF(m_view->slideSize().width(), m_view->slideSize().height()) / 2);
    default:
        event->ignore();
    }
}

void OverviewNavigator::focusInEvent(QFocusEvent* event) {
    const Qt::FocusReason reason = event->reason();
    m_focusRing = reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason;
    update();
}

void OverviewNavigator::focusOutEvent(QFocusEvent*) {
    m_focusRing = false;
    update();
}

void OverviewNavigator::describe() {
    QString name = tr("Overview, no slide open"), description;
    if (m_view && m_view->hasSlide()) {
        name = tr("Overview of %1").arg(m_view->slideName());
        description = tr("The slide pane is at x %1, y %2 px. Arrow keys move it.")
                          .arg(groupedNumber(std::llround(m_view->centre().x())), groupedNumber(std::llround(m_view->centre().y())));
    }
    if (accessibleName() != name) setAccessibleName(name);
    if (accessibleDescription() != description) setAccessibleDescription(description);
}

} // namespace phloxine::ui
