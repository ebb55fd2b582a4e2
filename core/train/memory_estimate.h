#pragma once
// What a training will hold in memory, by part: counted from the model, and for activations measured on batches of one and two.
#include <cstdint>

#include "core/train/TrainRecipe.h"

namespace phloxine {

struct MemoryEstimate {
    std::int64_t parameters = 0;  // that are trained
    std::int64_t weights = 0;     // bytes from here on: masters and all that is frozen
    std::int64_t gradients = 0;   // float32
    std::int64_t optimiser = 0;   // two moments
    std::int64_t means = 0;       // exponential means of the weights
    std::int64_t activations = 0; // kept from the forward pass at the recipe's batch, by a straight line through batches of one and two
    std::int64_t total() const { return weights + gradients + optimiser + means + activations; }
};
// Needs the autoencoder or the model that the recipe names, and no data. Without the program itself (about 0.25 GB with LibTorch).
MemoryEstimate estimateMemory(const TrainRecipe& recipe);
Json toJson(const MemoryEstimate& estimate);

} // namespace phloxine
