#pragma once
// Speed and memory of the steps of a recipe over latents made up: what `packaging/bench/train-peer` sets beside PyTorch.
#include <cstdint>
#include <vector>

#include "core/train/TrainRecipe.h"

namespace phloxine {

struct TrainMeasure {
    std::vector<double> seconds; // of each step
    std::uint64_t peakBytes = 0; // above what was in use before the model was loaded; on a GPU its own memory
    std::int64_t parameters = 0; // that are trained
    double lastLoss = 0;
};
// captionWords: tokens in the caption of each tile. One step before the measured ones.
TrainMeasure measureTraining(const TrainRecipe& recipe, int steps, int captionWords, const std::string& device = "cpu");

} // namespace phloxine
