#include "ui/viewer/ScaleBar.h"

#include <array>
#include <cmath>

#include <QCoreApplication>
#include <QLocale>
#include <QPainter>

#include "ui/viewer/overlay_painting.h"

namespace phloxine::ui {

namespace {
constexpr double longestPx = 180;

QString lengthText(double micrometres) {
    const bool millimetres = micrometres >= 1000;
    const QString number = QLocale().toString(millimetres ? micrometres / 1000 : micrometres, 'g', 6);
    return millimetres ? QCoreApplication::translate("ScaleBar", "%1\u00A0mm").arg(number)
                       : QCoreApplication::translate("ScaleBar", "%1\u00A0µm").arg(number);
}
} // namespace

std::optional<ScaleBar> scaleBar(double micronsPerPixel, ScaleSource source) {
    if (source == ScaleSource::Unknown || !(micronsPerPixel > 0) || !std::isfinite(micronsPerPixel)) return std::nullopt;
    const double longest = longestPx * micronsPerPixel * (1 + 1e-9);
    const double decade = std::pow(10, std::floor(std::log10(longest)));
    ScaleBar bar;
    for (double digit : std::array{1.0, 2.0, 5.0})
        if (digit * decade <= longest) bar.micrometres = digit * decade;
    bar.lengthPx = bar.micrometres / micronsPerPixel;
    bar.label = (source == ScaleSource::Assumed ? QStringLiteral("~") : QString()) + lengthText(bar.micrometres);
    return bar;
}

QRectF paintScaleBar(QPainter& painter, const QRectF& pane, const ScaleBar& bar) {
    constexpr double padding = 8, tick = 4;
    const double length = std::round(bar.lengthPx);
    const QRectF chip(pane.left() + overlayMarginPx, pane.bottom() - overlayMarginPx - chipHeightPx, length + 2 * padding, chipHeightPx);
    paintChip(painter, chip);
    painter.save();
    painter.setFont(overlayFont(painter.font()));
    painter.setPen(overlayTextColor);
    painter.drawText(chip.adjusted(0, 2, 0, -11), Qt::AlignCenter, bar.label);
    painter.setRenderHint(QPainter::Antialiasing, false);
    const double left = chip.left() + padding, bottom = chip.bottom() - 7;
    painter.fillRect(QRectF(left, bottom - 3, length, 3), overlayTextColor);
    painter.fillRect(QRectF(left, bottom - 3 - tick, 2, tick), overlayTextColor);
    painter.fillRect(QRectF(left + length - 2, bottom - 3 - tick, 2, tick), overlayTextColor);
    painter.restore();
    return chip;
}

} // namespace phloxine::ui
