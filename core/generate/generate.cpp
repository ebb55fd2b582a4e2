#include <chrono>

#include <torch/headeronly/version.h>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/condition/ClipTokenizer.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/generate/Generator.h"
#include "core/model/Model.h"
#include "core/tensor/devices.h"
#include "core/tensor/image_tensor.h"

namespace phloxine {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Each tile of a batch draws from its own seed, so that its noise does not depend on its neighbours.
class BatchNoise final : public NoiseSource {
public:
    BatchNoise(std::uint64_t firstSeed, int count) {
        for (int i = 0; i < count; ++i) m_tiles.emplace_back(firstSeed + std::uint64_t(i));
    }
    at::Tensor draw(at::IntArrayRef shape) override {
        auto one = shape.vec();
        one[0] = 1;
        std::vector<at::Tensor> parts;
        for (auto& tile : m_tiles) parts.push_back(tile.draw(one));
        return at::cat(parts, 0);
    }

private:
    std::vector<PhiloxNoise> m_tiles;
};

std::string beginning(const std::string& text) { // of a cut end that may be long
    constexpr std::size_t most = 80;
    return text.size() <= most ? text : text.substr(0, text.rfind(' ', most)) + " ...";
}

struct Contexts {
    nn::Context conditional, unconditional; // batches of one
};

Condition conditionOf(const GenerateRequest& request, const ModelCard& card) {
    if (request.classId.empty()) return {{request.prompt}, {}};
    const auto* c = card.findClass(request.classId);
    return {{c->prompt}, {std::int64_t(c - card.classes.data())}};
}

Contexts encode(const Model& model, const GenerateRequest& request, const GenerateHooks& hooks) {
    if (const auto* text = dynamic_cast<const TextEncoder*>(model.condition.get()))
        for (const auto& prompt : {request.prompt, request.negative})
            if (const auto tokens = countTokens(prompt, text->maxLength()); !tokens.cut.empty() && hooks.notice)
                hooks.notice("The prompt has " + std::to_string(tokens.count) + " tokens and the model reads " +
                             std::to_string(tokens.limit) + ", so the end was cut, from: " + beginning(tokens.cut));
    Contexts contexts{model.condition->encode(conditionOf(request, model.card)), {}};
    if (request.guidance != 1) contexts.unconditional = model.condition->encode({{request.negative}, {}});
    return contexts;
}

// One batch from noise to pictures. Times are added to `seconds`.
class Run {
public:
    Run(const Model& model, const GenerateRequest& request, const GenerateHooks& hooks, GenerateTimes& seconds)
        : m_model(model), m_request(request), m_hooks(hooks), m_seconds(seconds),
          m_plan(planFor(model.schedule, model.prediction, {.sampler = request.sampler, .steps = request.steps})),
          m_contexts(encode(model, request, hooks)) {}

    // Tiles first .. first + batch - 1, of which those below request.count are real; the rest pads the batch, so that a tile's bits do not
    // depend on the count.
    std::vector<Image> tiles(int first, int batch) const {
        const auto& config = m_model.checkpoint.config;
        const auto start = Clock::now();
        BatchNoise noise(m_request.seed + std::uint64_t(first), batch);
        const auto device = m_model.binding.device;
        const auto x = noise.draw({batch, m_model.network->inChannels(), config.latentSize, config.latentSize}).to(device);
        GuidedDenoiser denoise(*m_model.network, m_model.prediction, nn::expand(m_contexts.conditional, batch),
                               nn::expand(m_contexts.unconditional, batch), m_request.guidance);
        const auto latent = phloxine::run(m_plan, denoise, x, noise, [&](const SamplerStep& step) { tell(step, first); });
        m_seconds.denoise += since(start);
        const auto decodeStart = Clock::now();
        std::vector<Image> images;
        for (int i = 0; i < std::min(batch, m_request.count - first); ++i) images.push_back(decode(latent.slice(0, i, i + 1)));
        m_seconds.decode += since(decodeStart);
        return images;
    }

private:
    void tell(const SamplerStep& step, int tile) const {
        if (m_hooks.step) m_hooks.step(tile, step.index, step.count);
        if (!m_hooks.preview || !step.x0.defined() || step.index == step.count) return;
        TilePreview preview{imageFrom(m_model.autoencoder->preview(step.x0.slice(0, 0, 1) / m_model.scale)[0]), tile, step.index,
                            step.count};
        auto& scale = preview.image.scale = m_model.card.scale;
        scale.micronsPerPixel *= m_model.autoencoder->factor();
        m_hooks.preview(preview);
    }

    Image decode(const at::Tensor& latent) const {
        const auto unscaled = latent / m_model.scale;
        auto picture = m_model.autoencoder->decode(unscaled);
        if (!at::isfinite(picture).all().item<bool>()) {
            logWarning("A decoded tile was not finite; it is decoded again in fp32.");
            picture = bindAutoencoder(m_model.checkpoint, Binding::forInference(at::kFloat, m_model.binding.device))->decode(unscaled);
            if (!at::isfinite(picture).all().item<bool>())
                throw Error(ErrorCode::Nan,
                            "The decoder gave values that are not numbers, so the tile was dropped; try another seed or less guidance.");
        }
        auto image = imageFrom(picture[0]);
        image.scale = m_model.card.scale;
        return image;
    }

    const Model& m_model;
    const GenerateRequest& m_request;
    const GenerateHooks& m_hooks;
    GenerateTimes& m_seconds;
    SamplingPlan m_plan;
    Contexts m_contexts;
};

} // namespace

std::string buildName() { return std::string(PHLOXINE_VERSION) + " torch-" + TORCH_VERSION + " " + at::get_cpu_capability(); }

GenerateRequest resolve(const GenerateRequest& request, const ModelEntry& entry) {
    validate(request);
    const auto& card = entry.card;
    auto r = request;
    const auto hash = weightsHash(entry.path);
    if (!r.modelSha256.empty() && r.modelSha256 != hash)
        throw Error(ErrorCode::NotFound,
                    "This tile was made by another version of the model " + card.id + "; its weights are not on this machine.",
                    r.modelSha256);
    if (!r.classId.empty() && !card.findClass(r.classId)) {
        std::string known;
        for (const auto& c : card.classes) known += (known.empty() ? "" : ", ") + c.id;
        throw Error(ErrorCode::NotFound,
                    "The model " + card.id + " has no class \"" + r.classId + "\"; " +
                        (known.empty() ? "it has no classes." : "its classes are " + known + "."),
                    r.classId);
    }
    const auto offers = [&](const char* kind) {
        return card.conditions.empty() || std::count(card.conditions.begin(), card.conditions.end(), kind) > 0;
    };
    if (r.classId.empty() && !offers("text"))
        throw Error(ErrorCode::WrongUse, "The model " + card.id + " is guided by a tissue class only; choose a class.");
    r.model = card.id;
    r.modelSha256 = hash;
    r.sampler = findSampler(r.sampler.empty() ? card.defaultSampler : r.sampler).id;
    if (r.steps == 0) r.steps = card.defaultSteps;
    if (r.guidance == -1) r.guidance = card.defaultGuidance;
    initDevices(r.device);
    const auto device = chooseDevice(r.device);
    r.precision = precisionWord(choosePrecision(r.precision, device));
    r.device = device.is_cuda() ? "cuda" : "cpu";
    r.build = buildName();
    return r;
}

GenerateResult generate(ModelStore& store, const GenerateRequest& request, const GenerateHooks& hooks) {
    const auto start = Clock::now();
    const auto entry = store.find(request.model, request.modelSha256);
    GenerateResult result;
    result.resolved = resolve(request, entry);
    const auto model = store.load(entry, {result.resolved.precision, result.resolved.device});
    result.seconds.load = since(start);
    const Run run(*model, result.resolved, hooks, result.seconds);
    int batch = result.resolved.batch;
    while (result.tiles < result.resolved.count) {
        const auto tileStart = Clock::now();
        std::vector<Image> images;
        try {
            images = run.tiles(result.tiles, batch);
        } catch (const c10::OutOfMemoryError&) {
        } catch (const std::bad_alloc&) {}
        if (images.empty()) {
            if (batch == 1)
                throw Error(ErrorCode::OutOfMemory,
                            "The memory is not enough for one tile of this model; close other programs and try again.");
            batch = (batch + 1) / 2;
            if (hooks.notice) hooks.notice("The memory was full, so the run goes on with " + std::to_string(batch) + " tiles at once.");
            continue;
        }
        for (auto& image : images) {
            Tile tile{std::move(image), forTile(result.resolved, result.tiles), since(tileStart) / double(images.size())};
            tile.request.batch = batch;
            if (hooks.tile) hooks.tile(result.tiles, tile);
            ++result.tiles;
            if (hooks.stopAfterTile && hooks.stopAfterTile()) throw Cancelled();
        }
    }
    result.seconds.total = since(start);
    return result;
}

PromptTokens countTokens(const std::string& prompt, int limit) {
    const auto tokens = tokenIds(ClipTokenizer::shared(), prompt, limit);
    return {tokens.count, limit, tokens.cut};
}

const std::vector<SamplerRow>& samplerRows() {
    static const auto rows = [] {
        std::vector<SamplerRow> list;
        for (const auto& row : samplers())
            if (fits(row, Prediction::Eps)) list.push_back({row.id, row.title});
        return list;
    }();
    return rows;
}

} // namespace phloxine
