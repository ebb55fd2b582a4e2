#include "core/model/Model.h"

#include <mutex>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "core/tensor/checkpoint.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// EMA weights stand under "model_ema." + the parameter path of the wrapper without its dots.
bool takeEma(Weights& weights) {
    Weights ema = subset(weights, "model_ema.");
    if (ema.empty()) return false;
    bool used = false;
    for (auto& [key, tensor] : weights) {
        if (!key.starts_with("model.")) continue;
        auto plain = key.substr(6);
        std::erase(plain, '.');
        if (const auto it = ema.find(plain); it != ema.end()) tensor = it->second, used = true;
    }
    return used;
}

fs::path yamlBeside(const fs::path& file) {
    for (const auto* name : {"config.yaml", "project.yaml"})
        if (fs::exists(file.parent_path() / name)) return file.parent_path() / name;
    auto same = file;
    return same.replace_extension(".yaml");
}

} // namespace

Checkpoint openCheckpoint(const fs::path& file, fs::path yaml, fs::path textConfig, WeightChoice choice) {
    if (yaml.empty()) yaml = yamlBeside(file);
    if (textConfig.empty()) textConfig = file.parent_path() / "text_config.json";
    Checkpoint checkpoint{file.filename().string(), readCheckpoint(file), readCompvisConfig(yaml, textConfig), false};
    if (choice == WeightChoice::EmaIfThere && checkpoint.config.useEma) checkpoint.emaUsed = takeEma(checkpoint.weights);
    return checkpoint;
}

NoiseSchedule bindSchedule(const Checkpoint& checkpoint) {
    const auto& c = checkpoint.config;
    const auto stored = checkpoint.weights.find("alphas_cumprod");
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
    return std::make_unique<nn::UNet>(WeightView(checkpoint.weights, binding, "model.diffusion_model"), checkpoint.config.unet);
}

std::unique_ptr<nn::Autoencoder> bindAutoencoder(const Checkpoint& checkpoint, const Binding& binding) {
    const WeightView w(checkpoint.weights, binding, "first_stage_model");
    if (const auto* kl = std::get_if<nn::KlConfig>(&checkpoint.config.firstStage)) return std::make_unique<nn::KlAutoencoder>(w, *kl);
    if (const auto* patch = std::get_if<nn::PatchConfig>(&checkpoint.config.firstStage))
        return std::make_unique<nn::PatchAutoencoder>(w, *patch);
    const auto& target = std::get<UnsupportedStage>(checkpoint.config.firstStage).target;
    throw Error(ErrorCode::Unsupported, "The first stage \"" + target + "\" of " + checkpoint.name + " is not supported yet.", target);
}

std::unique_ptr<ConditionEncoder> bindCondition(const Checkpoint& checkpoint, const Binding& binding) {
    const WeightView w(checkpoint.weights, binding, "cond_stage_model");
    if (const auto* text = std::get_if<TextEncoderConfig>(&checkpoint.config.condition))
        return std::make_unique<TextEncoder>(w / "transformer.text_model", *text);
    if (std::holds_alternative<ClassStage>(checkpoint.config.condition)) return std::make_unique<ClassEncoder>(w);
    const auto& target = std::get<UnsupportedStage>(checkpoint.config.condition).target;
    throw Error(ErrorCode::Unsupported, "The condition \"" + target + "\" of " + checkpoint.name + " is not supported yet.", target);
}

double scaleFactor(const Checkpoint& checkpoint) {
    const auto stored = checkpoint.weights.find("scale_factor");
    return stored == checkpoint.weights.end() ? checkpoint.config.scaleFactor : stored->second.to(at::kDouble).item<double>();
}

std::string weightsHash(const fs::path& folder) {
    static std::mutex mutex;
    static std::map<std::string, std::pair<fs::file_time_type, std::string>> known;
    const auto file = folder / "weights.safetensors";
    std::error_code error;
    const auto time = fs::last_write_time(file, error);
    if (error) throw Error(ErrorCode::NotFound, "The model folder " + folder.filename().string() + " holds no weights.safetensors.");
    const std::lock_guard lock(mutex);
    auto& entry = known[file.string()];
    if (entry.second.empty() || entry.first != time) entry = {time, sha256OfFile(file)};
    return entry.second;
}

std::shared_ptr<const Model> loadModelFolder(const fs::path& folder, const ModelCard& card, const Binding& binding) {
    logInfo("Loading the model " + card.id);
    auto checkpoint = openCheckpoint(folder / "weights.safetensors", folder / "config.yaml", folder / "text_config.json");
    const auto hash = weightsHash(folder);
    if (!card.weightsSha256.empty() && card.weightsSha256 != hash)
        throw Error(ErrorCode::Corrupt, "The weights of the model " + card.id +
                                            " are not the ones that its card describes (SHA-256 differs); get the model folder again.");
    requireFinite(checkpoint.weights, "the model " + card.id);
    auto model = std::make_shared<Model>(Model{card, std::move(checkpoint), binding, hash, {}, {}, 1, nullptr, nullptr, nullptr});
    model->network = bindNetwork(model->checkpoint, binding);
    model->schedule = bindSchedule(model->checkpoint);
    model->prediction = predictionFrom(model->checkpoint.config.prediction);
    model->scale = scaleFactor(model->checkpoint);
    model->autoencoder = bindAutoencoder(model->checkpoint, binding);
    model->condition = bindCondition(model->checkpoint, binding);
    const int latent = model->checkpoint.config.latentSize, tile = latent * model->autoencoder->factor();
    if (card.tileSizePx != tile)
        throw Error(ErrorCode::Shape, "The card of the model " + card.id + " says tiles of " + std::to_string(card.tileSizePx) +
                                          " px, its weights make " + std::to_string(tile) + " px; correct tile_px in model.json.");
    return model;
}

} // namespace phloxine
