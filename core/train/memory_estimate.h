#pragma once
// What a training will hold in memory, that of a GPU where it runs on one, by part. Weights, gradients, moments and means are counted; what
// a step needs beside them is taken from real steps of two and three tiles: every allocation of the one has its fellow in the other, so
// each is carried on along a straight line to the recipe's batch, and the largest sum that the step passes through is the peak.
#include <cstdint>
#include <optional>

#include "core/train/TrainRecipe.h"

namespace phloxine {

struct MemoryEstimate {
    std::int64_t parameters = 0;  // that are trained
    std::int64_t weights = 0;     // bytes from here on: masters and all that is frozen
    std::int64_t gradients = 0;   // that exist together
    std::int64_t optimiser = 0;   // two moments
    std::int64_t means = 0;       // exponential means of the weights; none where they lie in a file
    std::int64_t activations = 0; // at the peak of a step, beside all the above: kept for the backward pass, casts, work space
    std::int64_t program = 0;     // libraries' code and tables that a step brings into memory
    // Scratch of oneDNN and holes of the allocator, which Torch does not report: shares of the gradients and the activations, as was found
    // on fifteen recipes and tried on six others (packaging/docs/train).
    std::int64_t unseen = 0;
    std::int64_t total() const { return weights + gradients + optimiser + means + activations + program + unseen; }
};
// Needs the autoencoder or the model that the recipe names, and no data. Above the program's size before it. Samples and the sheet of them
// are not counted.
MemoryEstimate estimateMemory(const TrainRecipe& recipe, const std::string& device = "cpu");
Json toJson(const MemoryEstimate& estimate);

struct MemoryChoice {
    RecipeMemory memory;
    MemoryEstimate estimate;
    std::string words; // what differs from the recipe
};
// The first that fits, of the recipe as it is and then of one means of saving after another, those first that cost the least time. Where
// none fits, the last with its estimate above `bytes`.
MemoryChoice chooseMemory(TrainRecipe recipe, std::int64_t bytes, const std::string& device = "cpu");

} // namespace phloxine
