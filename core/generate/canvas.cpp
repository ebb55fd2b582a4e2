#include "core/generate/canvas.h"

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "core/generate/initial_image.h"
#include "core/model/Model.h"

namespace phloxine {

void resolveCanvas(GenerateRequest& request, const ModelCard& card) {
    for (int* side : {&request.widthPx, &request.heightPx}) {
        if (*side == 0) *side = card.tileSizePx;
        if (*side < card.tileSizePx)
            throw Error(ErrorCode::WrongUse, "A canvas with a side of " + std::to_string(*side) +
                                                 " pixels is smaller than one tile of the model " + card.id + " (" +
                                                 std::to_string(card.tileSizePx) + "); make it larger.");
    }
    if (request.widthPx == card.tileSizePx && request.heightPx == card.tileSizePx) request.widthPx = request.heightPx = 0;
}

Canvas canvasOf(const GenerateRequest& resolved, const Model& model) {
    const int factor = model.autoencoder->factor(), tile = model.card.tileSizePx;
    const Canvas canvas{resolved.widthPx ? resolved.widthPx : tile, resolved.heightPx ? resolved.heightPx : tile, factor, tile / factor};
    for (const int side : {canvas.widthPx, canvas.heightPx})
        if (side % factor)
            throw Error(ErrorCode::WrongUse, "A side of " + std::to_string(side) + " pixels is not a multiple of " +
                                                 std::to_string(factor) + ", as the model " + model.card.id + " needs; " +
                                                 std::to_string(side / factor * factor) + " is.");
    return canvas;
}

void requireFit(ModelStore& store, const GenerateRequest& resolved, const ModelEntry& entry) {
    if (resolved.widthPx == 0 && !isComposite(resolved)) return;
    const auto canvas = canvasOf(resolved, *store.load(entry, loadOptions(resolved)));
    (void)readInitialImage(resolved, canvas.widthPx, canvas.heightPx, 1);
}

} // namespace phloxine
