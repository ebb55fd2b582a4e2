#include "ui/viewer/view_input.h"

#include <array>
#include <cmath>

#include <QKeyEvent>
#include <QWheelEvent>

namespace phloxine::ui {

std::optional<ViewKey> viewKey(const QKeyEvent& event) {
    using What = ViewKey::What;
    if (event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) return std::nullopt;
    static constexpr std::array powers{2.5, 5.0, 10.0, 20.0, 40.0};
    const What pan = event.modifiers() & Qt::ShiftModifier ? What::PanTile : What::Pan;
    switch (event.key()) {
    case Qt::Key_Equal: // the same key without Shift on many keyboards
    case Qt::Key_Plus:
        return ViewKey{What::ZoomBy, 1 / keyZoomFactor, {}};
    case Qt::Key_Minus:
        return ViewKey{What::ZoomBy, keyZoomFactor, {}};
    case Qt::Key_0:
        return ViewKey{What::FitTile, 0, {}};
    case Qt::Key_Left:
        return ViewKey{pan, 0, {-1, 0}};
    case Qt::Key_Right:
        return ViewKey{pan, 0, {1, 0}};
    case Qt::Key_Up:
        return ViewKey{pan, 0, {0, -1}};
    case Qt::Key_Down:
        return ViewKey{pan, 0, {0, 1}};
    default:
        break;
    }
    const bool shiftedDigit = (event.modifiers() & Qt::ShiftModifier) && !(event.modifiers() & Qt::KeypadModifier);
    if (!shiftedDigit && event.key() >= Qt::Key_1 && event.key() <= Qt::Key_5)
        return ViewKey{What::Power, powers[std::size_t(event.key() - Qt::Key_1)], {}};
    return std::nullopt;
}

double wheelZoomFactor(const QWheelEvent& event) { return std::exp2(-event.angleDelta().y() / 240.0); }

} // namespace phloxine::ui
