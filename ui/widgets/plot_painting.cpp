#include "ui/widgets/plot_painting.h"

#include <algorithm>
#include <cmath>

#include <QLocale>

#include "ui/widgets/Theme.h"

namespace phloxine::ui {

QPen seriesPen(bool synthetic) {
    QPen pen(synthetic ? theme().accent : theme().plotReal, 2);
    if (synthetic) {
        pen.setStyle(Qt::CustomDashLine);
        pen.setDashPattern({4, 2.2});
    }
    return pen;
}

QFont axisFont(QFont font) {
    font.setPixelSize(11);
    font.setWeight(QFont::Medium);
    return font;
}

double niceStep(double least) {
    const double power = std::pow(10, std::floor(std::log10(std::max(least, 1e-12))));
    for (const double step : {1.0, 2.0, 5.0})
        if (least <= step * power) return step * power;
    return 10 * power;
}

QString axisNumber(double value, double step) {
    const int digits = std::max(0, int(std::ceil(-std::log10(step) - 1e-9)));
    return QLocale().toString(std::abs(value) < step * 1e-6 ? 0 : value, 'f', std::min(digits, 6));
}

QString shortNumber(double value) {
    if (!std::isfinite(value)) return QStringLiteral("\u2013");
    if (value == 0) return QStringLiteral("0");
    const int magnitude = int(std::floor(std::log10(std::abs(value))));
    return QLocale().toString(value, 'f', std::clamp(2 - magnitude, 0, 6));
}

} // namespace phloxine::ui
