#include "core/train/sample_grid.h"

#include <c10/core/GradMode.h>

#include "core/diffusion/guidance.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/generate/Generator.h"
#include "core/generate/codec.h"
#include "core/image/ImageFile.h"
#include "core/model/Model.h"
#include "core/tensor/noise.h"

namespace phloxine {

void saveSampleGrid(const std::filesystem::path& file, const Checkpoint& model, const std::vector<RecipeClass>& classes, int tileSizePx,
                    const SampleGrid& grid, at::ScalarType precision, at::Device device) {
    const c10::AutoGradMode off(false);
    const auto binding = Binding::forInference(precision, device);
    const auto network = bindNetwork(model, binding);
    const auto autoencoder = bindAutoencoder(model, binding);
    const auto condition = bindCondition(model, binding);
    const auto prediction = predictionFrom(model.config.prediction);
    SamplerChoice choice;
    choice.sampler = prediction == Prediction::Flow ? "flow_euler" : "dpmpp_2m";
    choice.steps = grid.steps;
    const auto plan = planFor(bindSchedule(model), prediction, choice);
    const int size = tileSizePx / autoencoder->factor();
    Image sheet(grid.perClass * tileSizePx, int(classes.size()) * tileSizePx);
    fill(sheet, 0, 0, sheet.width, sheet.height, 128, 128, 128);
    // Without a condition, or a class that stands for none, there is nothing to guide away from.
    const auto* labels = std::get_if<LabelStage>(&model.config.condition);
    const bool free = std::holds_alternative<NoStage>(model.config.condition) || (labels && labels->null < 0);
    for (std::size_t i = 0; i < classes.size(); ++i) {
        PhiloxNoise noise(grid.seed + i);
        const auto given =
            nn::expand(condition->encode({.texts = {classes[i].prompts.front()}, .labels = {std::int64_t(i)}}), grid.perClass);
        const bool guided = grid.guidance != 1 && !free;
        GuidedDenoiser denoise(*network, prediction, given, guided ? condition->unconditional(grid.perClass) : nn::Context(),
                               guided ? grid.guidance : 1);
        const auto latents =
            run(plan, denoise, noise.draw({grid.perClass, network->inChannels(), size, size}).to(device), noise) / scaleFactor(model) +
            model.config.shiftFactor;
        for (int j = 0; j < grid.perClass; ++j)
            if (const auto tile = decodeImage(*autoencoder, latents.slice(0, j, j + 1), codecWindows(tileSizePx, autoencoder->factor())))
                paste(sheet, *tile, j * tileSizePx, int(i) * tileSizePx);
    }
    makeWritableFolder(file.parent_path());
    writePng(file, sheet, {{"XML:com.adobe.xmp", xmpOfSource(false)}}, IfExists::Replace);
}

} // namespace phloxine
