#pragma once
// One step of a training: gradients of a batch, whole or in pieces, and the update.
#include "core/train/TrainedModel.h"
#include "core/train/optimiser.h"

namespace phloxine {

struct WeightedBatch {
    NoisyBatch noisy;
    BatchConditions conditions;
    at::Tensor weights; // of the loss of each tile, [n]
};

struct StepResult {
    double loss = 0, gradientNorm = 0; // of the whole batch; the first that is no number ends the step
};

// microBatch: tiles at a time, whose gradients are added up; 0 = all. The same gradient up to rounding: to
// 24 bits with masters of float32, to 8 with those of bfloat16, where 64 pieces cost 0.8 % of it.
StepResult trainOn(TrainedModel& model, Optimiser& optimiser, const WeightedBatch& batch, int microBatch, double rate);
// The weighted mean loss of the tiles begin .. begin + count, as its share of the whole batch; differentiable.
at::Tensor lossOfPiece(TrainedModel& model, const WeightedBatch& batch, std::int64_t begin, std::int64_t count);

OptimiserSettings optimiserSettings(const TrainRecipe& recipe, const std::filesystem::path& folder); // folder: for means on file

} // namespace phloxine
