#include "ui/viewer/view_input.h"

#include <cmath>

#include <QKeyEvent>
#include <QWheelEvent>

#include "ui/widgets/keys.h"

namespace phloxine::ui {

std::optional<ViewKey> viewKey(const QKeyEvent& event) {
    using What = ViewKey::What;
    static const std::pair<const char*, ViewKey> meanings[] = {{"image.power1", {What::Power, 2.5, {}}},
                                                               {"image.power2", {What::Power, 5, {}}},
                                                               {"image.power3", {What::Power, 10, {}}},
                                                               {"image.power4", {What::Power, 20, {}}},
                                                               {"image.power5", {What::Power, 40, {}}},
                                                               {"image.larger", {What::ZoomBy, 1 / keyZoomFactor, {}}},
                                                               {"image.smaller", {What::ZoomBy, keyZoomFactor, {}}},
                                                               {"image.fit", {What::FitTile, 0, {}}},
                                                               {"image.left", {What::Pan, 0, {-1, 0}}},
                                                               {"image.right", {What::Pan, 0, {1, 0}}},
                                                               {"image.up", {What::Pan, 0, {0, -1}}},
                                                               {"image.down", {What::Pan, 0, {0, 1}}},
                                                               {"image.tileLeft", {What::PanTile, 0, {-1, 0}}},
                                                               {"image.tileRight", {What::PanTile, 0, {1, 0}}},
                                                               {"image.tileUp", {What::PanTile, 0, {0, -1}}},
                                                               {"image.tileDown", {What::PanTile, 0, {0, 1}}}};
    const KeyRow* row = Keys::inUse().pressed(KeyPlace::Image, event);
    for (const auto& [id, meaning] : meanings)
        if (row && qstrcmp(row->id, id) == 0) return meaning;
    return std::nullopt;
}

double wheelZoomFactor(const QWheelEvent& event) { return std::exp2(-event.angleDelta().y() / 240.0); }

} // namespace phloxine::ui
