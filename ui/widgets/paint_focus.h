#pragma once
// The focus ring of widgets that paint themselves. It shows for focus that came by the keyboard only.
#include <QRectF>

class QPainter;
class QWidget;

namespace phloxine::ui {

bool keyboardFocus(const QWidget* widget); // the last focus of its window came by Tab, arrow or shortcut
void paintInnerFocusRing(QPainter& painter, const QRectF& area, double radius);

} // namespace phloxine::ui
