#include "core/train/train_measure.h"

#include <unistd.h>

#include <chrono>

#include <c10/core/GradMode.h>

#include "core/base/Files.h"
#include "core/tensor/devices.h"
#include "core/tensor/noise.h"
#include "core/tensor/peak_memory.h"
#include "core/train/base_model.h"
#include "core/train/temporary_folder.h"
#include "core/train/train_step.h"

namespace phloxine {

namespace {

WeightedBatch batchOf(const TrainRecipe& recipe, const TrainedModel& model, int channels, int size, int words, std::uint64_t seed) {
    PhiloxNoise draws(seed);
    const std::vector<std::int64_t> shape{recipe.batch, channels, size, size};
    std::vector<Level> levels;
    WeightedBatch batch;
    for (int i = 0; i < recipe.batch; ++i) {
        levels.push_back(trainingLevel(model.schedule(), model.prediction(), (i + 0.5) / recipe.batch));
        std::string caption(std::size_t(i), ' ');                 // each its own, to be encoded for itself
        for (int word = 0; word < words; ++word) caption += ", "; // a token each, which every vocabulary has
        batch.conditions.captions.push_back(caption), batch.conditions.classes.push_back(0);
    }
    const auto clean = draws.draw(shape).to(model.device());
    batch.noisy = noisyBatch(model.prediction(), clean, draws.draw(shape).to(model.device()), levels);
    batch.weights = at::ones({recipe.batch}).to(model.device());
    return batch;
}

} // namespace

TrainMeasure measureTraining(const TrainRecipe& recipe, int steps, int captionWords, const std::string& word) {
    const auto device = chooseDevice(word);
    TrainMeasure measure;
    TrainingSet set;
    set.classes = recipe.classes;
    if (set.classes.empty()) set.classes.push_back({"tile", "Tile", {}, {}, {"tile"}});
    const TemporaryFolder folder;
    writeBaseModel(recipe, set, folder.path() / "base");
    resetPeakMemory(device);
    const auto before = usedMemory(device);
    TrainedModel model(folder.path() / "base", recipe, set, choosePrecision(recipe.precision, device), device);
    measure.parameters = parameterCount(model.masters());
    Optimiser optimiser(model.masters(), optimiserSettings(recipe, folder.path()));
    const auto autoencoder = bindAutoencoder(model.base(), Binding::train());
    const int size = recipe.data.tileSizePx / autoencoder->factor(), channels = autoencoder->latentChannels();
    for (int i = -1; i < steps; ++i) {
        const auto batch = batchOf(recipe, model, channels, size, captionWords, std::uint64_t(i + 2));
        const auto start = std::chrono::steady_clock::now();
        measure.lastLoss = trainOn(model, optimiser, batch, recipe.memory.microBatch, recipe.optimiser.rate).loss;
        if (i >= 0) measure.seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    measure.peakBytes = peakMemory(device) - before;
    return measure;
}

} // namespace phloxine
