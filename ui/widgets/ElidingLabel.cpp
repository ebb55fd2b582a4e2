#include "ui/widgets/ElidingLabel.h"

#include <algorithm>

#include <QEvent>

namespace phloxine::ui {

ElidingLabel::ElidingLabel(QWidget* parent) : QLabel(parent) {
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

ElidingLabel::ElidingLabel(const QString& text, const char* role, QWidget* parent) : ElidingLabel(parent) {
    setProperty("role", QString::fromLatin1(role));
    setWhole(text);
}

void ElidingLabel::setWhole(const QString& text) {
    if (text == m_whole) return;
    m_whole = text;
    setAccessibleName(text);
    updateGeometry();
    fit();
}

QSize ElidingLabel::sizeHint() const { return {fontMetrics().horizontalAdvance(m_whole) + 2, QLabel::sizeHint().height()}; }
QSize ElidingLabel::minimumSizeHint() const { return {0, QLabel::minimumSizeHint().height()}; }

void ElidingLabel::resizeEvent(QResizeEvent* event) {
    QLabel::resizeEvent(event);
    fit();
}

void ElidingLabel::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    if (event->type() != QEvent::FontChange) return; // the style sheet has given it another
    updateGeometry();
    fit();
}

void ElidingLabel::fit() {
    const QString shown = fontMetrics().elidedText(m_whole, Qt::ElideRight, std::max(0, width()));
    if (shown != text()) setText(shown);
    setToolTip(shown == m_whole ? QString() : m_whole);
}

} // namespace phloxine::ui
