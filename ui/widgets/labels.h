#pragma once
// Labels that every page writes alike, and the line between two parts of a page.
#include <string>

#include <QString>

class QFrame;
class QLabel;
class QWidget;

namespace phloxine::ui {

QString fromUtf8(const std::string& text);
QLabel* sectionHead(const QString& text, QWidget* parent);
QLabel* mutedLabel(const QString& text, QWidget* parent);
// A label that cuts its text at the end and shows the whole as tooltip.
void setElided(QLabel& label, const QString& text, int width, Qt::TextElideMode mode = Qt::ElideRight);
void setRole(QLabel& label, const char* role); // of the style sheet, changed while the label is shown
QFrame* separatorLine(QWidget* parent, bool vertical = false);

} // namespace phloxine::ui
