#include "ui/widgets/paint_focus.h"

#include <QPainter>
#include <QWidget>

#include "ui/widgets/Theme.h"

namespace phloxine::ui {

bool keyboardFocus(const QWidget* widget) { return widget->window()->testAttribute(Qt::WA_KeyboardFocusChange); }

void paintInnerFocusRing(QPainter& painter, const QRectF& area, double radius) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().accent, 2));
    painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), radius, radius);
}

} // namespace phloxine::ui
