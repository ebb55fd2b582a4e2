#include "ui/widgets/SegmentedControl.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QRadioButton>

#include "ui/widgets/Theme.h"
#include "ui/widgets/paint_focus.h"

namespace phloxine::ui {
namespace {

constexpr int segmentHeight = 32, radius = 4;

// One segment. The outer corners of the row are round, inner edges are shared.
class Segment : public QRadioButton {
public:
    Segment(const QString& text, bool first, bool last, QWidget* parent) : QRadioButton(text, parent), m_first(first), m_last(last) {
        setAttribute(Qt::WA_Hover);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        setCursor(Qt::PointingHandCursor);
    }
    QSize sizeHint() const override {
        const QFontMetrics metrics(boldFont()); // the chosen one is bold; nothing must move when the choice does
        return {metrics.horizontalAdvance(text()) + 24, segmentHeight};
    }
    QSize minimumSizeHint() const override { return {QFontMetrics(boldFont()).horizontalAdvance(text()) + 12, segmentHeight}; }

protected:
    bool hitButton(const QPoint& point) const override { return rect().contains(point); } // not only the circle of a radio button

    void paintEvent(QPaintEvent*) override {
        const Theme& t = theme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const bool on = isChecked();
        QColor fill = on ? t.soft : underMouse() ? t.hover : t.surface;
        if (!isEnabled()) fill = t.panel;
        painter.setPen(QPen(!isEnabled() ? t.line : on ? t.accent : t.edge, 1));
        painter.setBrush(fill);
        painter.drawPath(outline());
        painter.setPen(!isEnabled() ? t.disabled : on ? t.softText : t.text);
        painter.setFont(on ? boldFont() : mediumFont());
        painter.drawText(rect(), Qt::AlignCenter, text());
        if (hasFocus() && keyboardFocus(this)) paintInnerFocusRing(painter, QRectF(rect()), radius);
    }

private:
    QFont boldFont() const { return weighted(QFont::DemiBold); }
    QFont mediumFont() const { return weighted(QFont::Medium); }
    QFont weighted(QFont::Weight weight) const {
        QFont result = font();
        result.setWeight(weight);
        return result;
    }
    QPainterPath outline() const {
        // the right edge of all but the last is the left edge of the next one
        const QRectF r = QRectF(rect()).adjusted(0.5, 0.5, m_last ? -0.5 : 0.5, -0.5);
        QPainterPath path;
        path.setFillRule(Qt::WindingFill);
        const double left = m_first ? radius : 0, right = m_last ? radius : 0;
        path.moveTo(r.left() + left, r.top());
        path.lineTo(r.right() - right, r.top());
        if (right > 0) path.arcTo(r.right() - 2 * right, r.top(), 2 * right, 2 * right, 90, -90);
        path.lineTo(r.right(), r.bottom() - right);
        if (right > 0) path.arcTo(r.right() - 2 * right, r.bottom() - 2 * right, 2 * right, 2 * right, 0, -90);
        path.lineTo(r.left() + left, r.bottom());
        if (left > 0) path.arcTo(r.left(), r.bottom() - 2 * left, 2 * left, 2 * left, 270, -90);
        path.lineTo(r.left(), r.top() + left);
        if (left > 0) path.arcTo(r.left(), r.top(), 2 * left, 2 * left, 180, -90);
        path.closeSubpath();
        return path;
    }

    bool m_first, m_last;
};

} // namespace

SegmentedControl::SegmentedControl(const QStringList& labels, QWidget* parent) : QWidget(parent), m_group(new QButtonGroup(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (int i = 0; i < labels.size(); ++i) {
        auto* segment = new Segment(labels[i], i == 0, i + 1 == labels.size(), this);
        segment->setAccessibleName(labels[i]);
        segment->installEventFilter(this);
        m_group->addButton(segment, i);
        row->addWidget(segment);
    }
    if (!labels.isEmpty()) m_group->button(0)->setChecked(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    moveTabStop();
    connect(m_group, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (!on || id == m_last) return;
        m_last = id;
        moveTabStop();
        Q_EMIT currentChanged(id);
    });
}

int SegmentedControl::currentIndex() const { return m_group->checkedId(); }

void SegmentedControl::setCurrentIndex(int index) {
    if (QAbstractButton* wanted = m_group->button(index)) wanted->setChecked(true);
}

int SegmentedControl::count() const { return int(m_group->buttons().size()); }

QAbstractButton* SegmentedControl::button(int index) const { return m_group->button(index); }

void SegmentedControl::setSegmentEnabled(int index, bool enabled, const QString& why) {
    if (QAbstractButton* segment = m_group->button(index)) {
        segment->setEnabled(enabled);
        segment->setToolTip(enabled ? QString() : why);
    }
}

bool SegmentedControl::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
    const int forward = isRightToLeft() ? -1 : 1;
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Left:
        step(-forward);
        return true;
    case Qt::Key_Right:
        step(forward);
        return true;
    case Qt::Key_Up:
        step(-1);
        return true;
    case Qt::Key_Down:
        step(1);
        return true;
    default:
        return QWidget::eventFilter(watched, event);
    }
}

void SegmentedControl::step(int direction) {
    for (int i = currentIndex() + direction; i >= 0 && i < count(); i += direction) {
        if (!button(i)->isEnabled()) continue;
        button(i)->setChecked(true);
        button(i)->setFocus(Qt::TabFocusReason);
        return;
    }
}

void SegmentedControl::moveTabStop() {
    for (QAbstractButton* segment : m_group->buttons()) segment->setFocusPolicy(segment->isChecked() ? Qt::StrongFocus : Qt::ClickFocus);
    setFocusProxy(m_group->checkedButton());
}

} // namespace phloxine::ui
