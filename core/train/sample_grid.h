#pragma once
// A sheet of tiles of a model in training: a row per class, made with the same noise each time, so that progress can be seen.
#include "core/model/Checkpoint.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

struct SampleGrid {
    int perClass = 2, steps = 20;
    double guidance = 2;
    std::uint64_t seed = 0;
};

// Replaces the file. A tile that is not finite stays grey.
void saveSampleGrid(const std::filesystem::path& file, const Checkpoint& model, const std::vector<RecipeClass>& classes, int tileSizePx,
                    const SampleGrid& grid, at::ScalarType precision, at::Device device = at::kCPU);

} // namespace phloxine
