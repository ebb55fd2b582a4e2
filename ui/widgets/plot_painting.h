#pragma once
// What all plots draw alike: real solid, synthetic dashed; round numbers on the axis.
#include <QFont>
#include <QPen>
#include <QString>

namespace phloxine::ui {

QPen seriesPen(bool synthetic);
QFont axisFont(QFont font);
double niceStep(double least); // 1, 2 or 5 times a power of ten, not below `least`
QString axisNumber(double value, double step);
QString shortNumber(double value); // three digits that count, as the user's language writes it

} // namespace phloxine::ui
