#include "core/train/train_step.h"

#include <c10/core/GradMode.h>

namespace phloxine {

at::Tensor lossOfPiece(TrainedModel& model, const WeightedBatch& batch, std::int64_t begin, std::int64_t count) {
    const auto n = batch.weights.size(0);
    if (count == n) return (model.losses(batch.noisy, batch.conditions) * batch.weights).mean();
    const auto part = [&](const at::Tensor& t) { return t.slice(0, begin, begin + count); };
    const auto some = [&](const auto& list) {
        return list.empty() ? list : std::decay_t<decltype(list)>(list.begin() + begin, list.begin() + begin + count);
    };
    const auto losses = model.losses({part(batch.noisy.x), part(batch.noisy.target), part(batch.noisy.t)},
                                     {some(batch.conditions.captions), some(batch.conditions.classes)});
    return (losses * part(batch.weights)).sum() / double(n);
}

StepResult trainOn(TrainedModel& model, Optimiser& optimiser, const WeightedBatch& batch, int microBatch, double rate) {
    const auto n = batch.weights.size(0), piece = microBatch > 0 ? std::min<std::int64_t>(microBatch, n) : n;
    StepResult result;
    const c10::AutoGradMode on(true);
    for (std::int64_t begin = 0; begin < n; begin += piece) {
        const auto loss = lossOfPiece(model, batch, begin, std::min(piece, n - begin));
        result.loss += loss.item<double>();
        if (!std::isfinite(result.loss)) return result;
        if (begin == 0) optimiser.beforeBackward(rate);
        loss.backward();
    }
    result.gradientNorm = optimiser.step(rate);
    return result;
}

OptimiserSettings optimiserSettings(const TrainRecipe& recipe, const std::filesystem::path& folder) {
    const auto& o = recipe.optimiser;
    OptimiserSettings settings;
    settings.beta1 = o.beta1, settings.beta2 = o.beta2, settings.weightDecay = o.weightDecay, settings.clipNorm = o.clipNorm;
    settings.emaDecays = o.emas;
    settings.narrowMoments = recipe.memory.moments == "8bit", settings.inBackward = recipe.memory.updateInBackward;
    if (recipe.memory.means == "file") settings.meansFolder = folder;
    settings.seed = recipe.seed;
    return settings;
}

} // namespace phloxine
