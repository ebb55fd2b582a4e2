#pragma once
// How near the nearest training tile of a model is to one synthetic tile, by the fingerprints that the model folder carries
// (neighbours.h). Only the detector of features looks: pieces and pixels need the training tiles themselves.
#include <filesystem>
#include <string>

#include "core/image/Image.h"

namespace phloxine {

struct NearestTraining {
    std::string notChecked;         // why not, in one sentence; empty: it was checked
    double distance = 0, limit = 0; // 1 - cosine of the fingerprints; nearer than the limit is a near copy
    int trainingTiles = 0;          // among which it is the nearest
    bool checked() const { return notChecked.empty(); }
    bool nearCopy() const { return checked() && distance < limit; }
};

// Only on the thread that owns the tensors. The list of the last model is kept. A list that is missing or cannot be read is a sentence.
NearestTraining nearestTraining(const Image& tile, const std::filesystem::path& modelFolder);

} // namespace phloxine
