#include "core/model/Model.h"

#include "core/base/Error.h"
#include "core/base/FileHashes.h"
#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "core/condition/pooled_text.h"
#include "core/model/lora.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

template <typename... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

[[noreturn]] void unsupported(const char* part, const std::string& target, const Checkpoint& checkpoint) {
    throw Error(ErrorCode::Unsupported, std::string("The ") + part + " \"" + target + "\" of " + checkpoint.name + " is not supported.",
                target);
}

} // namespace

SchedulerConfig schedulerOf(const ModelConfig& config) {
    if (!config.scheduler.is_object())
        throw Error(ErrorCode::WrongUse, "This model brings no scheduler of its own; choose one of the samplers by name.");
    return {config.scheduler.value("_class_name", std::string("DDIMScheduler")), config.scheduler};
}

NoiseSchedule bindSchedule(const Checkpoint& checkpoint) {
    const auto& c = checkpoint.config;
    const auto stored = checkpoint.weights.find("alphas_cumprod");
    if (c.prediction == "flow") return {}; // its levels need no table
    if (stored == checkpoint.weights.end() && c.scheduler.is_object()) return diffusersSchedule(schedulerOf(c));
    if (stored == checkpoint.weights.end()) return scheduleFromBetas(compvisBetas(c.betaSchedule, c.timesteps, c.linearStart, c.linearEnd));
    const auto values = stored->second.to(at::kDouble).contiguous();
    if (values.dim() != 1 || values.numel() != c.timesteps)
        throw Error(ErrorCode::Shape, "The schedule in " + checkpoint.name + " has " + std::to_string(values.numel()) +
                                          " steps, its configuration says " + std::to_string(c.timesteps) + ".");
    const auto* first = values.data_ptr<double>();
    NoiseSchedule schedule{{first, first + values.numel()}};
    for (const double a : schedule.alphasCumprod)
        if (!(a >= 0 && a <= 1))
            throw Error(ErrorCode::Corrupt, "The schedule in " + checkpoint.name + " holds values outside 0..1; get the file again.");
    return schedule;
}

std::unique_ptr<nn::Network> bindNetwork(const Checkpoint& checkpoint, const Binding& binding) {
    const WeightView w(checkpoint.weights, binding, "model.diffusion_model");
    using Result = std::unique_ptr<nn::Network>;
    return std::visit(Overloaded{[&](const UnsupportedStage& s) -> Result { unsupported("denoiser", s.target, checkpoint); },
                                 [&](const nn::UNetConfig& c) -> Result { return std::make_unique<nn::UNet>(w, c); },
                                 [&](const nn::DitConfig& c) -> Result { return std::make_unique<nn::Dit>(w, c); },
                                 [&](const nn::PixartConfig& c) -> Result { return std::make_unique<nn::Pixart>(w, c); }},
                      checkpoint.config.network);
}

std::unique_ptr<nn::Autoencoder> bindAutoencoder(const Checkpoint& checkpoint, const Binding& binding) {
    const WeightView w(checkpoint.weights, binding, "first_stage_model");
    using Result = std::unique_ptr<nn::Autoencoder>;
    return std::visit(Overloaded{[&](const UnsupportedStage& s) -> Result { unsupported("first stage", s.target, checkpoint); },
                                 [](const NoStage&) -> Result { return nullptr; },
                                 [&](const nn::KlConfig& c) -> Result { return std::make_unique<nn::KlAutoencoder>(w, c); },
                                 [&](const nn::VqConfig& c) -> Result { return std::make_unique<nn::VqAutoencoder>(w, c); },
                                 [&](const nn::PatchConfig& c) -> Result { return std::make_unique<nn::PatchAutoencoder>(w, c); }},
                      checkpoint.config.firstStage);
}

// A network that reads a vector where the condition is a text: the vector is the text's pooled state.
bool readsPooledText(const ModelConfig& config) {
    const auto* unet = std::get_if<nn::UNetConfig>(&config.network);
    return unet && unet->vectorInput == nn::VectorInput::Sequential && std::holds_alternative<TextEncoderConfig>(config.condition);
}

std::unique_ptr<ConditionEncoder> bindCondition(const Checkpoint& checkpoint, const Binding& binding) {
    const WeightView w(checkpoint.weights, binding, "cond_stage_model");
    using Result = std::unique_ptr<ConditionEncoder>;
    return std::visit(
        Overloaded{[&](const UnsupportedStage& s) -> Result { unsupported("condition", s.target, checkpoint); },
                   [](const NoStage&) -> Result { return std::make_unique<NoEncoder>(); },
                   [&](const TextEncoderConfig& c) -> Result {
                       const auto tower = w / "transformer.text_model";
                       if (readsPooledText(checkpoint.config)) return std::make_unique<PooledTextEncoder>(tower, c);
                       return std::make_unique<TextEncoder>(tower, c);
                   },
                   [&](const ClassStage&) -> Result { return std::make_unique<ClassEncoder>(w); },
                   [&](const LabelStage& c) -> Result { return std::make_unique<LabelEncoder>(c.classes, c.null, binding.device); },
                   [&](const TokenStage&) -> Result {
                       const WeightView network(checkpoint.weights, binding, "model.diffusion_model.caption_projection");
                       return network.has("uncond_embedding") ? std::make_unique<TokenEncoder>(network, "uncond_embedding")
                                                              : std::make_unique<TokenEncoder>(w);
                   },
                   [&](const PatchEncoderConfig& c) -> Result { return std::make_unique<PatchEncoder>(w, c); },
                   [&](const nn::VitConditionConfig& c) -> Result { return std::make_unique<VitEncoder>(w, c); }},
        checkpoint.config.condition);
}

int pixelsPerLatent(const ModelConfig& config) {
    return std::visit(Overloaded{[](const nn::PatchConfig& c) { return c.patch; },
                                 [](const nn::KlConfig& c) { return nn::downsampling(c); },
                                 [](const nn::VqConfig& c) { return nn::downsampling(c); }, [](const auto&) { return 0; }},
                      config.firstStage);
}

void requirePictures(const Checkpoint& checkpoint) {
    if (std::holds_alternative<NoStage>(checkpoint.config.firstStage))
        throw Error(ErrorCode::MissingKey, "The model " + checkpoint.name +
                                               " has no autoencoder, so its latents cannot become pictures; get the folder with its vae/.");
}

double scaleFactor(const Checkpoint& checkpoint) {
    const auto stored = checkpoint.weights.find("scale_factor");
    if (stored == checkpoint.weights.end()) return checkpoint.config.scaleFactor;
    const double scale = stored->second.numel() == 1 ? stored->second.to(at::kDouble).item<double>() : 0;
    if (!(scale > 0))
        throw Error(ErrorCode::Corrupt, "The scale factor in " + checkpoint.name + " is not a positive number; get the file again.");
    return scale;
}

std::string weightsHash(const fs::path& path) {
    const auto files = formatOf(path).weightFiles(path);
    if (files.empty()) throw Error(ErrorCode::MissingKey, "The model folder " + path.string() + " holds no weights; get it again.");
    if (files.size() == 1) return rememberedSha256(files.front());
    // Names count from the folder that all files share, so that a model keeps its hash when it is added to the others.
    auto shared = files.front().parent_path();
    for (const auto& file : files)
        while (*file.lexically_relative(shared).begin() == "..") shared = shared.parent_path();
    std::string lines;
    for (const auto& file : files) lines += rememberedSha256(file) + "  " + file.lexically_relative(shared).generic_string() + "\n";
    return sha256(lines);
}

std::string settingsHash(const fs::path& path, const ModelCard& card) {
    Json decisive{{"tile_px", card.tileSizePx}, {"classes", Json::array()}};
    for (const auto& c : card.classes) decisive["classes"].push_back({c.id, c.prompt});
    const auto source = sourceOfModel(path);
    if (!isFolder(source)) {
        for (const auto& file : settingsBeside(source)) decisive["files"][file.extension().string()].push_back(rememberedSha256(file));
        return sha256(decisive.dump());
    }
    std::map<std::string, std::string> files; // a folder of diffusers: those of its parts
    for (const auto& item : fs::recursive_directory_iterator(source))
        if (item.path().extension() == ".json" && item.path().filename() != "model.json")
            files[item.path().lexically_relative(source).generic_string()] = rememberedSha256(item.path());
    decisive["files"] = files;
    return sha256(decisive.dump());
}

std::shared_ptr<const Model> loadModel(const fs::path& path, const ModelCard& card, const Binding& binding,
                                       const std::vector<LoraFile>& loras) {
    logInfo("Loading the model " + card.id);
    auto checkpoint = openCheckpoint(path);
    const auto hash = weightsHash(path);
    if (!card.weightsSha256.empty() && card.weightsSha256 != hash)
        throw Error(ErrorCode::Corrupt, "The weights of the model " + card.id +
                                            " are not the ones that its card describes (SHA-256 differs); get the model folder again.");
    requireFinite(checkpoint.weights, "the model " + card.id);
    for (const auto& lora : loras) mergeLora(checkpoint, readLora(lora.file), lora.strength);
    auto model = std::make_shared<Model>(Model{card, std::move(checkpoint), binding, hash, {}, {}, 1, 0, nullptr, nullptr, nullptr});
    model->network = bindNetwork(model->checkpoint, binding);
    model->schedule = bindSchedule(model->checkpoint);
    model->prediction = predictionFrom(model->checkpoint.config.prediction);
    model->scale = scaleFactor(model->checkpoint), model->shift = model->checkpoint.config.shiftFactor;
    model->autoencoder = bindAutoencoder(model->checkpoint, binding);
    model->condition = bindCondition(model->checkpoint, binding);
    requirePictures(model->checkpoint);
    const int tile = model->checkpoint.config.latentSize * model->autoencoder->factor();
    if (card.tileSizePx != tile)
        throw Error(ErrorCode::Shape, "The card of the model " + card.id + " says tiles of " + std::to_string(card.tileSizePx) +
                                          " px, its weights make " + std::to_string(tile) + " px; correct tile_px in model.json.");
    return model;
}

} // namespace phloxine
