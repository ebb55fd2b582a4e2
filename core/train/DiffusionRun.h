#pragma once
// One training of a diffusion model in a run folder: recipe.json, data.json (hashes, what leaks), base/ (the model before), latents/,
// log.jsonl, checkpoints/, samples/, and model/ at the end, beside a LoRA model-lora.safetensors. A caller asks for one step after another,
// and may do other work on the thread in between.
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/Progress.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

struct TrainHooks {
    ProgressHook progress;                          // of the preparation; throws Cancelled to stop
    std::function<void(const std::string&)> notice; // leaks, faults, a broken state: one sentence each
    std::filesystem::path latents = {};             // shared by runs over the same tiles; empty: in the run folder
    std::string device = "auto";                    // auto, cpu, cuda, cuda:1
};

struct TrainStep {
    std::int64_t step = 0, images = 0; // done, this one included
    double loss = 0, rate = 0, gradientNorm = 0, imagesPerSecond = 0;
    std::uint64_t memoryBytes = 0; // resident size; on a GPU what the training holds there, as the figures below
    // Its largest value in training (or in this process, where the system cannot tell) above that before the model was loaded, and what
    // memory_estimate told. Samples and the caller's own work may add to the first.
    std::uint64_t peakBytes = 0, estimatedPeakBytes = 0;
    std::optional<double> validationLoss; // plain squared error on held-out tiles, by the mean of the weights
    std::optional<double> captionGap;     // the same with the empty caption, minus it: above zero, captions are read
};

class DiffusionRun {
public:
    // Prepares a new run, or goes on with the one in `folder` when `resume`. Error(Exists) for a run without `resume` or of another recipe,
    // NotFound when there is nothing to resume, Busy when another program is at it.
    DiffusionRun(const TrainRecipe& recipe, const std::filesystem::path& data, const std::filesystem::path& folder, bool resume,
                 const TrainHooks& hooks = {});
    ~DiffusionRun();

    std::int64_t stepsDone() const;
    bool finished() const; // all steps are done
    // One step, with its row in the log and, where their turn has come, validation, samples, a saved state, and the finished model.
    // Error(Nan) when the loss is not finite: the batch is saved beside the log.
    TrainStep step();
    void save(); // the state as it is now
    // The model as it is now, by the mean that the recipe names; nothing happens where `folder` is.
    void writeModel(const std::filesystem::path& folder) const;

private:
    struct State;
    std::unique_ptr<State> m;
};

} // namespace phloxine
