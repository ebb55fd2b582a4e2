#include "core/model/inspect.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/model/report.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

std::string millions(std::int64_t n) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f million", double(n) / 1e6);
    return text;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string listed(const std::vector<int>& values) {
    std::string text;
    for (const int v : values) text += (text.empty() ? "" : ", ") + std::to_string(v);
    return text;
}

struct Part {
    const char *prefix, *id, *words;
};
constexpr Part parts[] = {{"model.diffusion_model.", "denoiser", "denoiser"},
                          {"first_stage_model.", "autoencoder", "autoencoder"},
                          {"cond_stage_model.", "condition", "condition encoder"}};

std::string precisionOf(const Weights& weights) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& [key, tensor] : weights)
        if (tensor.is_floating_point()) counts[std::string(at::toString(tensor.scalar_type()))] += tensor.numel();
    std::string words;
    for (const auto& [type, n] : counts) words += (words.empty() ? "" : " and ") + type;
    return words;
}

std::string denoiserWords(const ModelConfig& c) {
    const auto transformer = [](const char* kind, int layers, int patch) {
        return std::string("A diffusion transformer (") + kind + ") of " + std::to_string(layers) + " layers, patches of " +
               std::to_string(patch);
    };
    if (const auto* d = std::get_if<nn::DitConfig>(&c.network)) return transformer("DiT", d->layers, d->patch);
    if (const auto* p = std::get_if<nn::PixartConfig>(&c.network)) return transformer("PixArt", p->layers, p->patch);
    if (const auto* u = std::get_if<nn::UNetConfig>(&c.network)) {
        std::vector<int> widths;
        for (int level = 0; level < u->levels(); ++level) widths.push_back(u->width(level));
        return "A U-Net of " + std::to_string(u->levels()) + " levels, " + listed(widths) + " channels wide" +
               (u->contextDim ? ", attending to a context " + std::to_string(u->contextDim) + " wide" : ", without cross-attention");
    }
    return "A denoiser that is not supported: " + std::get<UnsupportedStage>(c.network).target;
}

std::string autoencoderWords(const ModelConfig& c) {
    const auto factor = std::to_string(pixelsPerLatent(c));
    if (const auto* k = std::get_if<nn::KlConfig>(&c.firstStage))
        return "A KL autoencoder, f" + factor + ", " + std::to_string(k->embedDim) + " channels";
    if (const auto* v = std::get_if<nn::VqConfig>(&c.firstStage))
        return "A VQ autoencoder, f" + factor + ", " + std::to_string(v->embedDim) + " channels, " + std::to_string(v->codes) + " codes";
    if (const auto* p = std::get_if<nn::PatchConfig>(&c.firstStage))
        return "A patch autoencoder, f" + factor + ", " + std::to_string(p->zChannels) + " channels";
    if (std::holds_alternative<NoStage>(c.firstStage)) return "No autoencoder: its latents cannot become pictures";
    return "An autoencoder that is not supported: " + std::get<UnsupportedStage>(c.firstStage).target;
}

std::string conditionWords(const ModelConfig& c) {
    if (const auto* t = std::get_if<TextEncoderConfig>(&c.condition))
        return "Guided by a text of up to " + std::to_string(t->maxLength) + " tokens (CLIP" + (t->pathldm ? ", in windows of 77)" : ")");
    if (const auto* k = std::get_if<ClassStage>(&c.condition)) return "Guided by one of " + std::to_string(k->classes) + " classes";
    if (const auto* l = std::get_if<LabelStage>(&c.condition)) return "Guided by one of " + std::to_string(l->classes) + " classes";
    if (std::holds_alternative<NoStage>(c.condition)) return "Not guided by anything";
    if (const auto* u = std::get_if<UnsupportedStage>(&c.condition)) return "Guided in a way that is not supported: " + u->target;
    return "Guided by vectors of an encoder outside (a .npy or safetensors file)";
}

void add(ModelReport& report, const std::string& line) { report.lines.push_back(line + "."); }

void addConfig(const Checkpoint& checkpoint, ModelReport& report) {
    const auto& c = checkpoint.config;
    add(report, denoiserWords(c));
    add(report, autoencoderWords(c));
    add(report, conditionWords(c));
    add(report, "Predicts " + c.prediction + " over " + std::to_string(c.timesteps) + " steps (" + c.betaSchedule +
                    " schedule); latents are scaled by " + number(scaleFactor(checkpoint)) +
                    (c.shiftFactor ? " after a shift by " + number(-c.shiftFactor) : ""));
    add(report, checkpoint.emaUsed ? "The moving average (EMA) of the weights is used" : "There is no moving average (EMA) to use");
    for (const auto& note : c.notes) add(report, note);
    report.json.update({{"family", c.family},
                        {"prediction", c.prediction},
                        {"timesteps", c.timesteps},
                        {"beta_schedule", c.betaSchedule},
                        {"scale_factor", scaleFactor(checkpoint)},
                        {"shift_factor", c.shiftFactor},
                        {"condition", conditionWord(c)},
                        {"classes", classCount(c)},
                        {"ema_used", checkpoint.emaUsed},
                        {"ema_num_updates", checkpoint.emaUpdates},
                        {"latent_size", c.latentSize},
                        {"tile_px", c.latentSize * pixelsPerLatent(c)},
                        {"notes", c.notes}});
}

void addParameters(const Checkpoint& checkpoint, ModelReport& report) {
    for (const auto& part : parts) {
        const auto weights = trainable(subset(checkpoint.weights, part.prefix));
        report.json["parameters"][part.id] = parameterCount(weights);
        if (!weights.empty())
            add(report, millions(parameterCount(weights)) + " parameters in the " + part.words + ", stored as " + precisionOf(weights));
    }
}

// Binding checks every key and shape; the first that does not fit is named.
void addFit(const Checkpoint& checkpoint, ModelReport& report) {
    auto& fit = report.json["fits"];
    try {
        const auto unused = bindAll(checkpoint);
        requireFinite(checkpoint.weights, checkpoint.name);
        fit = true;
        add(report, "Every tensor that is needed is there and fits");
        report.json["extra_keys"] = unused;
        if (unused.empty()) return;
        std::string some;
        for (std::size_t i = 0; i < std::min<std::size_t>(unused.size(), 5); ++i) some += (i ? ", " : "") + unused[i];
        add(report, std::to_string(unused.size()) + (unused.size() == 1 ? " tensor is" : " tensors are") + " not used: " + some +
                        (unused.size() > 5 ? ", ..." : ""));
    } catch (const Error& e) {
        fit = false;
        report.json["problem"] = {{"code", toString(e.code())}, {"message", e.what()}, {"key", e.context()}};
        report.lines.push_back(std::string("It does not fit. ") + e.what());
    }
}

} // namespace

ModelReport inspectModel(const fs::path& path) {
    initDevices();
    const auto& format = formatOf(path);
    ModelReport report;
    report.json = {{"kind", format.id}, {"parameters", Json::object()}};
    add(report, std::string(format.title) + ": " + fs::absolute(path).lexically_normal().filename().string() + "; nothing of it was run");
    if (isThere(path / "model.json")) {
        const auto card = modelCardFromJson(readJsonFile(path / "model.json"), path.filename().string() + "/model.json");
        report.json["card"] = toJson(card);
        report.cardLine = int(report.lines.size());
        add(report, card.title + ". Licence: " + card.licence + ". Limits: " + card.limits);
        if (!card.weightsSha256.empty() && card.weightsSha256 != weightsHash(path))
            throw Error(ErrorCode::Corrupt, "The weights of the model " + card.id +
                                                " are not the ones that its card describes (SHA-256 differs); get the model folder again.");
    }
    const auto checkpoint = openCheckpoint(path);
    addConfig(checkpoint, report);
    addParameters(checkpoint, report);
    addFit(checkpoint, report);
    report.json["weights_sha256"] = weightsHash(path);
    return report;
}

} // namespace phloxine
