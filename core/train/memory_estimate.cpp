#include "core/train/memory_estimate.h"

#include <unistd.h>

#include <c10/core/Allocator.h>
#include <c10/core/GradMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/tensor/devices.h"
#include "core/tensor/noise.h"
#include "core/train/TrainedModel.h"
#include "core/train/base_model.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// Counts what Torch allocates on this thread and gives back.
class Meter final : public c10::MemoryReportingInfoBase {
public:
    std::int64_t now = 0;
    void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override { now += bytes; }
    bool memoryProfilingEnabled() const override { return true; }
};

std::int64_t bytesOf(const Weights& weights) {
    std::int64_t bytes = 0;
    for (const auto& [key, tensor] : weights) bytes += std::int64_t(tensor.nbytes());
    return bytes;
}

// What the forward pass of a batch leaves for the backward pass, casts of the masters included.
std::int64_t activationsOf(TrainedModel& model, std::int64_t batch, int channels, int size) {
    PhiloxNoise draws(1);
    const auto latents = draws.draw({batch, channels, size, size});
    const std::vector<Level> levels(std::size_t(batch), trainingLevel(model.schedule(), model.prediction(), 0.5));
    BatchConditions conditions{std::vector<std::string>(std::size_t(batch), ""), std::vector<int>(std::size_t(batch), 0)};
    for (std::int64_t i = 0; i < batch; ++i) conditions.captions[std::size_t(i)] = std::string(std::size_t(i), ','); // each its own
    const auto meter = std::make_shared<Meter>();
    const c10::DebugInfoGuard metered(c10::DebugInfoKind::PROFILER_STATE, meter);
    const auto noisy = noisyBatch(model.prediction(), latents, latents, levels);
    const c10::AutoGradMode on(true);
    const auto loss = model.losses(noisy, conditions).mean();
    return meter->now;
}

class TemporaryFolder {
public:
    TemporaryFolder() : m_path((fs::temp_directory_path() / "phloxine-estimate-XXXXXX").string()) {
        if (!::mkdtemp(m_path.data())) throwFileError(errno, "write", m_path);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    fs::path path() const { return m_path; }

private:
    std::string m_path;
};

} // namespace

MemoryEstimate estimateMemory(const TrainRecipe& recipe) {
    TrainingSet set;
    set.classes = recipe.classes;
    if (set.classes.empty()) set.classes.push_back({"tile", "Tile", {}, {}, {"tile"}});
    const TemporaryFolder folder;
    writeBaseModel(recipe, set, folder.path() / "base");
    TrainedModel model(folder.path() / "base", recipe, set, choosePrecision(recipe.precision, at::kCPU));
    const auto& masters = model.masters();
    MemoryEstimate estimate;
    estimate.parameters = parameterCount(masters);
    estimate.gradients = bytesOf(masters);
    estimate.weights = estimate.gradients;
    for (const auto& [key, tensor] : model.base().weights)
        if (!masters.count(key)) estimate.weights += std::int64_t(tensor.nbytes());
    estimate.optimiser = 2 * estimate.gradients;
    estimate.means = std::int64_t(recipe.optimiser.emas.size()) * estimate.gradients;
    const auto autoencoder = bindAutoencoder(model.base(), Binding::train());
    const int size = recipe.data.tileSizePx / autoencoder->factor();
    const int channels = autoencoder->latentChannels();
    const auto one = activationsOf(model, 1, channels, size), two = activationsOf(model, 2, channels, size);
    estimate.activations = one + (two - one) * (recipe.batch - 1);
    return estimate;
}

Json toJson(const MemoryEstimate& e) {
    return {{"parameters", e.parameters},     {"weights_bytes", e.weights}, {"gradients_bytes", e.gradients},
            {"optimiser_bytes", e.optimiser}, {"means_bytes", e.means},     {"activations_bytes", e.activations},
            {"total_bytes", e.total()}};
}

} // namespace phloxine
