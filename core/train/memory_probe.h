#pragma once
// The estimate of memory_estimate.h for a model that is there already.
#include "core/train/TrainedModel.h"
#include "core/train/memory_estimate.h"

namespace phloxine {

// Leaves the model and its masters as they were.
MemoryEstimate estimateMemory(const TrainRecipe& recipe, TrainedModel& model);

} // namespace phloxine
