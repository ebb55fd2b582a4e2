#include "core/train/memory_probe.h"

#include <malloc.h>

#include <c10/core/Allocator.h>
#include <c10/core/GradMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "core/tensor/noise.h"
#include "core/tensor/peak_memory.h"
#include "core/train/base_model.h"
#include "core/train/train_step.h"

namespace phloxine {

namespace {

// Every allocation and release of Torch on this thread in the memory of one device, in order.
class Meter final : public c10::MemoryReportingInfoBase {
public:
    explicit Meter(at::Device device) : m_device(device) {}
    std::vector<std::int64_t> changes;
    void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device device) override {
        if (device.type() == m_device.type()) changes.push_back(bytes);
    }
    bool memoryProfilingEnabled() const override { return true; }

private:
    at::Device m_device;
};

std::int64_t peakOf(const std::vector<std::int64_t>& changes) {
    std::int64_t now = 0, peak = 0;
    for (const auto change : changes) peak = std::max(peak, now += change);
    return peak;
}

// Frees a gradient when it is complete, as an update in the backward pass does.
struct DropHook final : torch::autograd::PostAccumulateGradHook {
    void operator()(const torch::autograd::Variable& master) override { const_cast<at::Tensor&>(master).mutable_grad() = at::Tensor(); }
};

void dropGradients(const Weights& masters) {
    for (const auto& [key, master] : masters) const_cast<at::Tensor&>(master).mutable_grad() = at::Tensor();
}

std::vector<std::int64_t> changesOfStep(TrainedModel& model, std::int64_t tiles, int channels, int size) {
    PhiloxNoise draws(1);
    const auto latents = draws.draw({tiles, channels, size, size}).to(model.device());
    const std::vector<Level> levels(std::size_t(tiles), trainingLevel(model.schedule(), model.prediction(), 0.5));
    BatchConditions conditions{std::vector<std::string>(std::size_t(tiles), ""), std::vector<int>(std::size_t(tiles), 0)};
    for (std::int64_t i = 0; i < tiles; ++i) { // as long as the model reads, each its own, of a token that every vocabulary has
        auto& caption = conditions.captions[std::size_t(i)] = std::string(std::size_t(i), ' ');
        for (int word = 0; word < 200; ++word) caption += ", ";
    }
    const auto meter = std::make_shared<Meter>(model.device());
    const c10::DebugInfoGuard metered(c10::DebugInfoKind::PROFILER_STATE, meter);
    const WeightedBatch batch{noisyBatch(model.prediction(), latents, latents, levels), conditions, at::ones({tiles}).to(model.device())};
    const c10::AutoGradMode on(true);
    lossOfPiece(model, batch, 0, tiles).backward();
    return meter->changes;
}

std::int64_t bytesOf(const Weights& weights) {
    std::int64_t bytes = 0;
    for (const auto& [key, tensor] : weights) bytes += std::int64_t(tensor.nbytes());
    return bytes;
}

std::int64_t momentBytes(const Weights& masters, bool narrow) {
    std::int64_t bytes = 0;
    for (const auto& [key, master] : masters)
        bytes += narrow && master.numel() >= OptimiserSettings::narrowFrom ? 2 * master.numel() + master.numel() / 32 : 8 * master.numel();
    return bytes;
}

} // namespace

MemoryEstimate estimateMemory(const TrainRecipe& recipe, TrainedModel& model) {
    const auto& masters = model.masters();
    const auto& memory = recipe.memory;
    MemoryEstimate estimate;
    estimate.parameters = parameterCount(masters);
    estimate.weights = bytesOf(masters) + model.frozenBytes();
    const auto gradients = bytesOf(masters);
    estimate.optimiser = momentBytes(masters, memory.moments == "8bit");
    if (memory.means == "memory") estimate.means = std::int64_t(recipe.optimiser.emas.size()) * 4 * estimate.parameters;
    const auto autoencoder = bindAutoencoder(model.base(), Binding::train());
    const int size = recipe.data.tileSizePx / autoencoder->factor(), channels = autoencoder->latentChannels();

    const bool pieces = memory.microBatch > 0 && memory.microBatch < recipe.batch;
    if (memory.updateInBackward)
        for (const auto& [key, master] : masters) torch::autograd::impl::set_post_acc_grad_hooks(master, std::make_unique<DropHook>());
    ::malloc_trim(0);
    const auto before = std::int64_t(residentMemoryBytes());
    (void)changesOfStep(model, 2, channels, size); // the first brings the libraries into memory, and with pieces the gradients are there
    dropGradients(masters);
    ::malloc_trim(0);
    if (model.device().is_cpu()) estimate.program = std::max<std::int64_t>(0, std::int64_t(residentMemoryBytes()) - before);
    if (pieces) (void)changesOfStep(model, 2, channels, size);
    const auto two = changesOfStep(model, 2, channels, size);
    if (!pieces) dropGradients(masters);
    const auto three = changesOfStep(model, 3, channels, size);
    dropGradients(masters);
    if (memory.updateInBackward)
        for (const auto& [key, master] : masters) torch::autograd::impl::set_post_acc_grad_hooks(master, nullptr);

    const std::int64_t tiles = pieces ? memory.microBatch : recipe.batch;
    std::int64_t peak = 0;
    if (two.size() == three.size()) {
        auto changes = two;
        for (std::size_t i = 0; i < two.size(); ++i) changes[i] = two[i] + (three[i] - two[i]) * (tiles - 2);
        peak = peakOf(changes);
    } else peak = peakOf(two) + (peakOf(three) - peakOf(two)) * (tiles - 2);
    if (pieces) estimate.gradients = gradients, estimate.activations = peak;
    else { // the peak counts the gradients that are there then; they are told apart as far as they fit into it
        estimate.gradients = memory.updateInBackward ? 0 : std::min(gradients, peak);
        estimate.activations = peak - estimate.gradients;
    }
    // What gradients and activations leave unused between each other; little where gradients are freed at once.
    const auto whole = double(4 * estimate.parameters), kept = double(estimate.activations);
    estimate.unseen = std::int64_t(memory.updateInBackward ? 0.2 * whole + 0.05 * kept : 0.45 * whole + 0.42 * kept);
    return estimate;
}

} // namespace phloxine
