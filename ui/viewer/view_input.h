#pragma once
// What keys and wheel mean in an image pane, the same for the real and the synthetic one.
#include <optional>

#include <QPointF>

class QKeyEvent;
class QWheelEvent;

namespace phloxine::ui {

struct ViewKey {
    enum class What { ZoomBy, Power, FitTile, Pan, PanTile };
    What what;
    double value = 0;  // ZoomBy: factor on um/px; Power: magnification
    QPointF direction; // Pan, PanTile: where the view goes, one of the four unit vectors
};

inline constexpr double arrowStepPx = 64;
inline constexpr double keyZoomFactor = 1.25;

std::optional<ViewKey> viewKey(const QKeyEvent& event);
double wheelZoomFactor(const QWheelEvent& event); // factor on um/px: a notch forward shows twice the size after two

} // namespace phloxine::ui
