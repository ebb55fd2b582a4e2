#include "ui/widgets/labels.h"

#include <QFrame>
#include <QLabel>
#include <QStyle>

namespace phloxine::ui {

QString fromUtf8(const std::string& text) { return QString::fromStdString(text); }

QLabel* sectionHead(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("section"));
    return label;
}

QLabel* mutedLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("secondary"));
    label->setTextFormat(Qt::PlainText);
    return label;
}

void setElided(QLabel& label, const QString& text, int width, Qt::TextElideMode mode) {
    const QString shown = label.fontMetrics().elidedText(text, mode, width);
    label.setText(shown);
    label.setToolTip(shown == text ? QString() : text);
    label.setAccessibleName(text);
}

void setRole(QLabel& label, const char* role) {
    const QString word = QString::fromLatin1(role);
    if (label.property("role").toString() == word) return;
    label.setProperty("role", word);
    label.style()->unpolish(&label);
    label.style()->polish(&label);
}

QFrame* separatorLine(QWidget* parent, bool vertical) {
    auto* frame = new QFrame(parent);
    if (vertical) frame->setProperty("separator", QStringLiteral("vertical"));
    else frame->setProperty("separator", true);
    return frame;
}

} // namespace phloxine::ui
