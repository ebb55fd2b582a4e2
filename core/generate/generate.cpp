#include <chrono>

#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/headeronly/version.h>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/condition/ClipTokenizer.h"
#include "core/condition/pooled_text.h"
#include "core/diffusion/conventions/diffusers.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"
#include "core/generate/Generator.h"
#include "core/generate/GraphedNetwork.h"
#include "core/generate/WindowedNetwork.h"
#include "core/generate/canvas.h"
#include "core/generate/codec.h"
#include "core/generate/initial_image.h"
#include "core/generate/inpainting.h"
#include "core/generate/preview_stream.h"
#include "core/model/Model.h"
#include "core/tensor/devices.h"
#include "core/tensor/image_tensor.h"
#include "core/tensor/npy.h"

namespace phloxine {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Each tile of a batch draws from its own seed, so that its noise does not depend on its neighbours.
class BatchNoise final : public NoiseSource {
public:
    BatchNoise(const GenerateRequest& request, int first, int count) : m_variation(request.variation) {
        for (int i = first; i < first + count; ++i) {
            const auto tile = forTile(request, i);
            m_tiles.emplace_back(tile.seed);
            if (tile.variationSeed) m_others.emplace_back(*tile.variationSeed);
        }
    }
    at::Tensor draw(at::IntArrayRef shape) override { // the first draw is the start, and only that is varied
        auto one = shape.vec();
        one[0] = 1;
        std::vector<at::Tensor> parts;
        for (std::size_t i = 0; i < m_tiles.size(); ++i) {
            parts.push_back(m_tiles[i].draw(one));
            if (!m_others.empty()) parts.back() = slerp(parts.back(), m_others[i].draw(one), m_variation);
        }
        m_others.clear();
        return at::cat(parts, 0);
    }

private:
    std::vector<PhiloxNoise> m_tiles, m_others;
    double m_variation;
};

std::string beginning(const std::string& text) { // of a cut end that may be long
    constexpr std::size_t most = 80;
    return text.size() <= most ? text : text.substr(0, text.rfind(' ', most)) + " ...";
}

struct Contexts {
    nn::Context conditional, unconditional; // batches of one
};

// A file for one tile: [d], [k, d] tokens or a grid [d, h, w], with or without a leading dimension of one.
at::Tensor vectorsOf(const std::filesystem::path& file) {
    if (file.empty()) return {};
    const auto vectors = readVectors(file);
    const bool batch = vectors.dim() >= 2 && vectors.size(0) == 1;
    if (vectors.dim() < 1 || vectors.dim() > (batch ? 4 : 3))
        throw Error(ErrorCode::Shape, "The feature vectors in " + file.filename().string() + " have the shape " +
                                          shapeText(vectors.sizes()) + "; give [d], [k, d] or [d, h, w].");
    return batch ? vectors : vectors.unsqueeze(0);
}

Condition conditionOf(const GenerateRequest& request, const ModelCard& card) {
    Condition condition;
    if (const auto* c = card.findClass(request.classId)) condition = {{c->prompt}, {std::int64_t(c - card.classes.data())}};
    else condition.texts = {request.prompt};
    if (request.magnification >= 0) condition.labels = {request.magnification};
    condition.vectors = vectorsOf(request.vector), condition.region = vectorsOf(request.region);
    return condition;
}

constexpr const char* ownScheduler = "scheduler"; // the sampler that a diffusers folder brings

// A scheduler has its settings from the model's folder; only DDIM's eta is an argument of the run.
SamplingPlan schedulerPlan(const SchedulerConfig& scheduler, const GenerateRequest& r) {
    const auto refused = [&](const char* parameter) {
        throw Error(ErrorCode::WrongUse, "The scheduler of this model, " + scheduler.className + ", has no parameter " + parameter +
                                             "; leave it out, or choose one of the samplers by name.");
    };
    if (!r.spacing.empty()) refused("spacing");
    if (r.churn) refused("churn");
    if (r.shift) refused("shift");
    if (r.eta && scheduler.className != "DDIMScheduler") refused("eta");
    return diffusersPlan(scheduler, r.steps, r.eta.value_or(0));
}

SamplingPlan planOf(const Model& model, const GenerateRequest& r) {
    const SamplerChoice choice{
        .sampler = r.sampler, .spacing = r.spacing, .steps = r.steps, .eta = r.eta, .churn = r.churn, .shift = r.shift};
    auto plan = r.sampler == ownScheduler ? schedulerPlan(schedulerOf(model.checkpoint.config), r)
                                          : planFor(model.schedule, model.prediction, choice);
    if (!isComposite(r)) return plan;
    if (!plan.moves.empty())
        throw Error(ErrorCode::WrongUse, "The scheduler of this model cannot start from a picture; choose one of the samplers by name.");
    plan.levels = levelsFrom(plan.levels, r.strength);
    return plan;
}

Guidance guidanceOf(const GenerateRequest& r) {
    Guidance guidance(r.guidance);
    guidance.rescale = r.guidanceRescale;
    guidance.lowRatio = r.guidanceLow;
    if (r.guidanceHigh > 0) guidance.highRatio = r.guidanceHigh;
    return guidance;
}

Contexts encode(const Model& model, const GenerateRequest& request, const GenerateHooks& hooks) {
    if (const auto* text = textEncoderOf(model.condition.get()))
        for (const auto& prompt : {request.prompt, request.negative})
            if (const auto tokens = countTokens(prompt, text->maxLength()); !tokens.cut.empty() && hooks.notice)
                hooks.notice("The prompt has " + std::to_string(tokens.count) + " tokens and the model reads " +
                             std::to_string(tokens.limit) + ", so the end was cut, from: " + beginning(tokens.cut));
    Contexts contexts{model.condition->encode(conditionOf(request, model.card)), {}};
    if (request.guidance == 1) return contexts;
    const bool negative = textEncoderOf(model.condition.get()) && !request.negative.empty();
    contexts.unconditional = negative ? model.condition->encode({.texts = {request.negative}}) : model.condition->unconditional(1);
    return contexts;
}

// One batch from noise to pictures. Times are added to `seconds`.
class Run {
public:
    Run(const Model& model, const GenerateRequest& request, const GenerateHooks& hooks, GenerateTimes& seconds)
        : m_model(model), m_request(request), m_hooks(hooks), m_seconds(seconds), m_plan(planOf(model, request)),
          m_contexts(encode(model, request, hooks)), m_canvas(canvasOf(request, model)), m_network(*model.network) {
        m_windows = codecWindows(model.card.tileSizePx, m_canvas.factor, [this] { breathe(); });
        m_initial = readInitialImage(request, m_canvas.widthPx, m_canvas.heightPx, m_canvas.factor / 2);
        if (m_initial) {
            prepareInitial();
            m_startScale = std::exchange(m_plan.startScale, 1); // the start is made at its level
        } else tellOfLateStart();
    }

    // Tiles first .. first + batch - 1, of which 0 .. request.count - 1 are real; the rest pads the batch, so that a tile's bits do not
    // depend on the count.
    std::vector<Image> tiles(int first, int batch) const {
        const auto start = Clock::now();
        const int from = std::max(first, 0);
        m_now = {from, 0, m_plan.steps()};
        BatchNoise noise(m_request, first, batch);
        const auto device = m_model.binding.device;
        auto x = noise.draw({batch, m_model.network->inChannels(), m_canvas.heightPx / m_canvas.factor, m_canvas.widthPx / m_canvas.factor})
                     .to(device);
        if (m_initial) x = startFrom(m_known, x, m_plan.levels.front(), m_request.strength, m_startScale);
        const WindowedNetwork windowed(m_network, m_canvas.trainedSize, [this] { breathe(); });
        const nn::Network& network = m_canvas.isTile() ? static_cast<const nn::Network&>(m_network) : windowed;
        GuidedDenoiser guided(network, m_model.prediction, nn::expand(m_contexts.conditional, batch),
                              nn::expand(m_contexts.unconditional, batch), guidanceOf(m_request));
        InpaintingDenoiser denoise(guided, m_known);
        PreviewStream previews(m_hooks.preview);
        const auto latent =
            phloxine::run(m_plan, denoise, x, noise, [&](const SamplerStep& step) { tell(step, from, from - first, previews); });
        m_seconds.denoise += since(start);
        const auto decodeStart = Clock::now();
        auto images = decode(latent.slice(0, from - first, std::min(batch, m_request.count - first)));
        m_seconds.decode += since(decodeStart);
        return images;
    }

private:
    // Pure noise taken for a level that still holds some tissue gives pale tiles; as upstream, but worth saying.
    void tellOfLateStart() const {
        const double last = double(m_model.schedule.timesteps() - 1), first = m_plan.levels.front().t;
        if (m_model.prediction == Prediction::Flow || first >= 0.89 * last || !m_hooks.notice) return;
        m_hooks.notice("With this sampler and this number of steps the first step is at " + std::to_string(std::lround(first)) + " of " +
                       std::to_string(std::lround(last)) +
                       " and not at pure noise, so tiles can be pale or noisy; take the spacing \"trailing\" or another number of steps.");
    }

    void prepareInitial() {
        const auto& real = m_initial->image.scale;
        const auto& made = m_model.card.scale;
        if (m_hooks.notice && real.known() && made.known() && std::abs(real.micronsPerPixel / made.micronsPerPixel - 1) > 0.1)
            m_hooks.notice("The initial image has " + Json(real.micronsPerPixel).dump() + " um per pixel and the model was trained at " +
                           Json(made.micronsPerPixel).dump() + ", so what it paints is of another size than the real tissue.");
        m_known = knownLatent(*m_initial, m_model, m_windows);
    }

    // Within a long step or decode, for progress and stopping.
    void breathe() const {
        if (m_hooks.step && m_now.steps > 0) m_hooks.step(m_now.tile, m_now.step, m_now.steps);
    }

    void tell(const SamplerStep& step, int tile, int place, PreviewStream& previews) const {
        m_now = {tile, step.index, step.count};
        if (m_hooks.step) m_hooks.step(tile, step.index, step.count);
        if (!m_hooks.preview || !step.x0.defined() || step.index == step.count) return;
        TilePreview preview{{}, tile, step.index, step.count};
        preview.image.scale = m_model.card.scale;
        preview.image.scale.micronsPerPixel *= m_model.autoencoder->factor();
        previews.put(m_model.autoencoder->preview(m_model.unscaled(step.x0.slice(0, place, place + 1)))[0], std::move(preview));
    }

    std::vector<Image> decode(const at::Tensor& latents) const {
        const auto unscaled = m_model.unscaled(latents);
        const auto decoded = decodeImages(*m_model.autoencoder, unscaled, m_windows);
        std::vector<Image> images;
        for (std::size_t i = 0; i < decoded.size(); ++i) {
            const auto at = std::int64_t(i);
            images.push_back(finished(decoded[i], unscaled.slice(0, at, at + 1)));
        }
        return images;
    }

    Image finished(std::optional<Image> image, const at::Tensor& unscaled) const {
        if (!image) {
            logWarning("A decoded tile was not finite; it is decoded again in fp32.");
            const auto autoencoder = bindAutoencoder(m_model.checkpoint, Binding::forInference(at::kFloat, m_model.binding.device));
            image = decodeImage(*autoencoder, unscaled, m_windows);
        }
        if (!image)
            throw Error(ErrorCode::Nan,
                        "The decoder gave values that are not numbers, so the tile was dropped; try another seed or less guidance.");
        if (m_initial && m_initial->mask) image = composited(m_initial->image, *image, *m_initial->mask);
        image->scale = m_initial && m_initial->image.scale.known() ? m_initial->image.scale : m_model.card.scale;
        return std::move(*image);
    }

    const Model& m_model;
    const GenerateRequest& m_request;
    const GenerateHooks& m_hooks;
    GenerateTimes& m_seconds;
    SamplingPlan m_plan;
    double m_startScale = 1;
    Contexts m_contexts;
    Canvas m_canvas;
    GraphedNetwork m_network;
    CodecWindows m_windows;
    std::optional<InitialImage> m_initial;
    KnownLatent m_known;
    struct Position {
        int tile = 0, step = 0, steps = 0;
    };
    mutable Position m_now;
};

} // namespace

std::string deviceHere(const std::string& wished, const std::string& made) {
    if (wished != "auto") return wished;
    try {
        chooseDevice(made);
    } catch (const Error& e) {
        if (e.code() == ErrorCode::Unsupported) return wished;
        throw;
    }
    return made;
}

std::string buildName(const std::string& device) {
    const auto where = chooseDevice(device);
    const auto name = std::string(PHLOXINE_VERSION) + " torch-" + TORCH_VERSION + " " + deviceName(where);
    const auto& cuda = at::detail::getCUDAHooks();
    return where.is_cuda() && cuda.hasCuDNN() ? name + " cudnn-" + std::to_string(cuda.versionRuntimeCuDNN()) : name;
}

namespace {

// A condition that the model does not know is refused, and one that it needs is asked for.
void requireOffered(const GenerateRequest& r, const ModelCard& card) {
    const auto offers = [&](const char* kind) { return std::count(card.conditions.begin(), card.conditions.end(), kind) > 0; };
    if (card.conditions.empty()) return; // guided by nothing
    if (r.vector.empty() && r.classId.empty() && !offers("text"))
        throw Error(ErrorCode::WrongUse, "The model " + card.id +
                                             (offers("vector") ? " is guided by feature vectors; give a .npy or safetensors file with them."
                                                               : " is guided by a tissue class only; choose a class."));
    if (!r.vector.empty() && !offers("vector"))
        throw Error(ErrorCode::WrongUse, "The model " + card.id + " is not guided by feature vectors; leave the file out.");
}

} // namespace

GenerateRequest resolve(const GenerateRequest& request, const ModelEntry& entry) {
    validate(request);
    const auto& card = entry.card;
    auto r = request;
    const auto hash = weightsHash(entry.path);
    if (!r.modelSha256.empty() && r.modelSha256 != hash)
        throw Error(ErrorCode::NotFound,
                    "This tile was made by another version of the model " + card.id + "; its weights are not on this machine.",
                    r.modelSha256);
    const auto settings = settingsHash(entry.path, card);
    if (!r.modelSettings.empty() && r.modelSettings != settings)
        throw Error(ErrorCode::NotFound,
                    "This tile was made with other settings of the model " + card.id +
                        " (its configuration, scheduler or classes); they are not on this machine.",
                    r.modelSettings);
    if (!r.classId.empty() && !card.findClass(r.classId)) {
        std::string known;
        for (const auto& c : card.classes) known += (known.empty() ? "" : ", ") + c.id;
        throw Error(ErrorCode::NotFound,
                    "The model " + card.id + " has no class \"" + r.classId + "\"; " +
                        (known.empty() ? "it has no classes." : "its classes are " + known + "."),
                    r.classId);
    }
    requireOffered(r, card);
    r.model = card.id;
    r.modelSha256 = hash, r.modelSettings = settings;
    if (r.sampler.empty()) r.sampler = card.defaultSampler;
    if (r.sampler != ownScheduler) r.sampler = findSampler(r.sampler).id;
    if (r.steps == 0) r.steps = card.defaultSteps;
    if (r.guidance == -1) r.guidance = card.defaultGuidance;
    resolveCanvas(r, card);
    resolveFiles(r);
    resolveInitialImage(r);
    initDevices(r.device);
    const auto device = chooseDevice(r.device);
    r.precision = precisionWord(choosePrecision(r.precision, device));
    r.device = deviceWord(device);
    r.build = buildName(r.device);
    return r;
}

LoadOptions loadOptions(const GenerateRequest& resolved) {
    LoadOptions options{resolved.precision, resolved.device, {}};
    for (const auto& lora : resolved.loras) options.loras.push_back({lora.file, lora.strength, lora.sha256});
    return options;
}

namespace {

// What a run goes on with after the memory was full: fewer tiles at once, and of one tile the same again once unused memory was given back.
// Error(OutOfMemory) when that was done already.
std::string recoveryFrom(int& batch, bool& triedAgain) {
    if (batch == 1 && triedAgain)
        throw Error(ErrorCode::OutOfMemory, "The memory is not enough for one tile of this model; close other programs and try again.");
    if (batch == 1) {
        triedAgain = true;
        giveBackUnusedMemory();
        return "gave unused memory back and made the tile again";
    }
    batch = (batch + 1) / 2;
    return batch == 1 ? "went on with one tile at once" : "went on with " + std::to_string(batch) + " tiles at once";
}

// One line: what was done, what is safe.
std::string recoveryWords(const std::string& how, const GenerateResult& result) {
    const auto safe = result.tiles == 0 ? std::string("Nothing is lost")
                                        : std::to_string(result.tiles) + " of " + std::to_string(result.resolved.count) +
                                              " tiles were finished and are safe";
    return "The memory was full, so the run " + how + ". " + safe + ", and the seeds did not change.";
}

// Loading and the encoding of conditions: when the memory was full, once more after unused memory was given back.
template <class Work>
auto withMemory(ModelStore& store, const std::string& device, const GenerateHooks& hooks, const Work& work) {
    try {
        return work();
    } catch (const std::exception& e) {
        if (!tellsOfFullMemory(e)) throw;
    }
    store.unloadAll();
    giveBackUnusedMemory();
    if (hooks.notice) hooks.notice("The memory was full, so the run gave unused memory back and began again. Nothing is lost.");
    try {
        return work();
    } catch (const std::exception& e) {
        if (!tellsOfFullMemory(e)) throw;
        throw Error(ErrorCode::OutOfMemory,
                    device == "cpu"
                        ? "The memory is not enough to load this model; close other programs and try again, or take a smaller model."
                        : "The memory of the GPU is not enough to load this model; close other programs that use it, or choose the CPU.");
    }
}

} // namespace

GenerateResult generate(ModelStore& store, const GenerateRequest& request, const GenerateHooks& hooks) {
    const auto start = Clock::now();
    const auto entry = store.find(request.model, request.modelSha256, request.modelSettings);
    GenerateResult result;
    result.resolved = resolve(request, entry);
    const auto [model, run] = withMemory(store, result.resolved.device, hooks, [&] {
        auto loaded = store.load(entry, loadOptions(result.resolved));
        result.seconds.load = since(start);
        auto begun = std::make_unique<Run>(*loaded, result.resolved, hooks, result.seconds);
        return std::pair(std::move(loaded), std::move(begun));
    });
    int batch = result.resolved.batch, begin = -result.resolved.place; // the tile in the first place of the next batch
    bool triedAgain = false;                                           // the tile that is next
    while (result.tiles < result.resolved.count) {
        const auto tileStart = Clock::now();
        std::vector<Image> images;
        try {
            images = run->tiles(begin, batch);
        } catch (const std::exception& e) {
            if (!tellsOfFullMemory(e)) throw;
        }
        if (images.empty()) {
            const auto how = recoveryFrom(batch, triedAgain);
            begin = result.tiles;
            if (hooks.notice) hooks.notice(recoveryWords(how, result));
            continue;
        }
        triedAgain = false;
        for (auto& image : images) {
            Tile tile{std::move(image), forTile(result.resolved, result.tiles), since(tileStart) / double(images.size())};
            tile.request.batch = batch, tile.request.place = result.tiles - begin;
            if (hooks.tile) hooks.tile(result.tiles, tile);
            ++result.tiles;
            if (hooks.stopAfterTile && hooks.stopAfterTile()) throw Cancelled();
        }
        begin += batch;
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
        for (const auto& row : samplers()) {
            const auto models = fits(row, Prediction::Flow) ? SamplerModels::FlowMatching : SamplerModels::Others;
            list.push_back({row.id, row.title, models, row.spacing, row.callsPerStep, row.drawsNoise(), row.parameters});
        }
        list.push_back({ownScheduler, "As the model's scheduler", SamplerModels::WithScheduler, {}, {}, {}, {}});
        return list;
    }();
    return rows;
}

const std::vector<SpacingRow>& spacingRows() {
    static const auto rows = [] {
        std::vector<SpacingRow> list;
        for (const auto& row : spacings()) list.push_back({row.id, row.title});
        return list;
    }();
    return rows;
}

} // namespace phloxine
