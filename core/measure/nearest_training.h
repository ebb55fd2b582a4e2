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
    int index = -1;                 // of it, in the order of the list
    bool checked() const { return notChecked.empty(); }
    bool nearCopy() const { return checked() && distance < limit; }
};

// Only on the thread that owns the tensors. The list of the last model is kept. A list that is missing or cannot be read is a sentence.
NearestTraining nearestTraining(const Image& tile, const std::filesystem::path& modelFolder);

struct TrainingPicture {
    Image picture;
    std::string name; // relative to the folder
};

// The training tile at `index` of the model's list, from a folder or metadata.jsonl that holds the training tiles in the list's order (by
// name). It is believed only where its fingerprint is that of the list. Only on the thread that owns the tensors.
// Error(WrongUse) where the folder holds other tiles, Error(NotFound | Corrupt) where folder, tile or list cannot be read.
TrainingPicture trainingPicture(const std::filesystem::path& modelFolder, int index, const std::filesystem::path& trainingTiles);

} // namespace phloxine
