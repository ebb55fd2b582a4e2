#pragma once
// The bar that says how long so many micrometres are on the screen. Drawn on a chip that does not follow the theme.
#include <optional>

#include <QRectF>
#include <QString>

#include "core/image/Image.h"

class QPainter;

namespace phloxine::ui {

struct ScaleBar {
    double micrometres = 0;
    double lengthPx = 0; // logical pixels
    QString label;       // "50 µm", "~50 µm" for an assumed scale, "2 mm"
};

// The longest 1, 2 or 5 x 10^n um that is no longer than 180 px. It is 80 px or more, but for the wide step from 2 to 5, where 72 px may
// be the best there is. Nothing when the scale of the picture is unknown. `micronsPerPixel` is that of the screen.
std::optional<ScaleBar> scaleBar(double micronsPerPixel, ScaleSource source);

// Draws the bar in the bottom left corner of `pane` (logical pixels). Returns its chip.
QRectF paintScaleBar(QPainter& painter, const QRectF& pane, const ScaleBar& bar);

} // namespace phloxine::ui
