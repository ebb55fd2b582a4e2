#pragma once
// How large the picture of a request is, and whether its model can make it.
#include "core/generate/GenerateRequest.h"
#include "core/model/ModelStore.h"

namespace phloxine {

struct Canvas {
    int widthPx = 0, heightPx = 0;
    int factor = 1;      // pixels per latent element
    int trainedSize = 0; // latent elements of a tile
    bool isTile() const { return widthPx == trainedSize * factor && heightPx == trainedSize * factor; }
};

// A side that is not given becomes the tile's; the tile's own size is written as 0, so that a plain tile has one request only.
// Error(WrongUse) below one tile.
void resolveCanvas(GenerateRequest& request, const ModelCard& card);

Canvas canvasOf(const GenerateRequest& resolved, const Model& model); // Error(WrongUse) when a side is not a multiple of the factor

// What can be refused only by looking at the model and the files, before anything is written. Loads the model where that is needed.
void requireFit(ModelStore& store, const GenerateRequest& resolved, const ModelEntry& entry);

} // namespace phloxine
