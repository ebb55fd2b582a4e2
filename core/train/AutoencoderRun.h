#pragma once
// Training of an autoencoder in a run folder: recipe.json, data.json (hash of the tiles), base/ (what it begins with), log.jsonl,
// checkpoints/, and at the end autoencoder/ with config.yaml, weights.safetensors and report.json, which a diffusion recipe names as its
// "model.autoencoder".
#include <filesystem>
#include <memory>
#include <optional>

#include "core/train/DiffusionRun.h"
#include "core/train/reconstruction.h"

namespace phloxine {

struct AutoencoderStep {
    std::int64_t step = 0;
    double loss = 0, rate = 0, imagesPerSecond = 0;
};

class AutoencoderRun {
public:
    // As DiffusionRun. Tiles that cannot be decoded or are not square are named to the notice and left out.
    AutoencoderRun(const AutoencoderRecipe& recipe, const std::filesystem::path& data, const std::filesystem::path& folder, bool resume,
                   const TrainHooks& hooks = {});
    ~AutoencoderRun();

    std::int64_t stepsDone() const;
    bool finished() const;
    AutoencoderStep step();
    void save();
    ReconstructionReport finish(); // writes autoencoder/ unless it is there, and measures it

private:
    struct State;
    std::unique_ptr<State> m;
};

} // namespace phloxine
