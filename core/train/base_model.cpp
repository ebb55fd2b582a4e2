#include "core/train/base_model.h"

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <numbers>

#include <c10/core/GradMode.h>
#include <yaml-cpp/yaml.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/ClipTokenizer.h"
#include "core/model/Model.h"
#include "core/model/compvis_config.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/safetensors.h"
#include "core/train/draws.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t vocabulary = 49408; // of CLIP
constexpr int timesteps = 1000;

// Nichol and Dhariwal 2021, eq. 17, with betas of at most 0.999.
std::vector<double> cosineBetas() {
    const auto rest = [](double u) {
        const double c = std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2);
        return c * c;
    };
    std::vector<double> betas;
    for (int t = 0; t < timesteps; ++t) betas.push_back(std::min(0.999, 1 - rest((t + 1.0) / timesteps) / rest(double(t) / timesteps)));
    return betas;
}

// The convolutions and projections that a network begins without (CompVis zero_module): each block starts as the identity.
bool startsAtZero(const std::string& key) {
    for (const auto* end : {"out.2.weight", ".out_layers.3.weight", ".proj_out.weight"})
        if (key.ends_with(end)) return true;
    return false;
}

// Uniform within 1 / sqrt(inputs), as torch.nn begins; biases at zero, norms at one.
at::Tensor initialWeight(const std::string& salt, const std::string& key, at::IntArrayRef shape) {
    if (key.ends_with("bias") || startsAtZero(key)) return at::zeros(shape, at::kFloat);
    if (shape.size() == 1) return at::ones(shape, at::kFloat);
    return formulaWeight(salt, key, shape, std::sqrt(1.0 / 3));
}

// A vocabulary of zeros but for the words that captions of this set can hold.
at::Tensor initialTokens(const std::string& salt, int width, const std::vector<std::string>& phrases) {
    auto table = at::zeros({vocabulary, width}, at::kFloat);
    const auto fill = [&](std::int64_t id) {
        table[id].copy_(formulaWeight(salt, "token " + std::to_string(id), {1, width}, 0.02 * std::sqrt(double(width)))[0]);
    };
    fill(ClipTokenizer::start), fill(ClipTokenizer::end);
    for (const auto& phrase : phrases)
        for (const auto id : ClipTokenizer::shared().encode(phrase)) fill(id);
    return table;
}

void addText(Weights& weights, const RecipeText& text, const std::string& salt, const std::vector<std::string>& phrases) {
    const std::string root = "cond_stage_model.transformer.text_model.";
    const auto add = [&](const std::string& key, std::vector<std::int64_t> shape) {
        weights[root + key] = initialWeight(salt, root + key, shape);
    };
    const auto pair = [&](const std::string& key, std::vector<std::int64_t> shape) {
        add(key + ".bias", {shape.front()});
        add(key + ".weight", std::move(shape));
    };
    weights[tokenTable] = initialTokens(salt, text.width, phrases);
    weights[root + "embeddings.position_embedding.weight"] =
        formulaWeight(salt, "positions", {77, text.width}, 0.01 * std::sqrt(double(text.width)));
    for (int i = 0; i < text.layers; ++i) {
        const auto layer = "encoder.layers." + std::to_string(i) + ".";
        for (const auto* norm : {"layer_norm1", "layer_norm2"}) pair(layer + norm, {text.width});
        for (const auto* projection : {"q_proj", "k_proj", "v_proj", "out_proj"})
            pair(layer + "self_attn." + projection, {text.width, text.width});
        pair(layer + "mlp.fc1", {4 * text.width, text.width});
        pair(layer + "mlp.fc2", {text.width, 4 * text.width});
    }
    pair("final_layer_norm", {text.width});
}

std::string numbers(const std::vector<int>& values) { // as people write YAML
    std::string text;
    for (const int value : values) text += (text.empty() ? "[" : ", ") + std::to_string(value);
    return values.empty() ? "[]" : text + "]";
}

std::string configText(const TrainRecipe& recipe, const Checkpoint& autoencoder, int latentSize, int channels) {
    const auto& u = recipe.model.unet;
    const auto& text = recipe.model.text;
    const auto size = std::to_string(latentSize), z = std::to_string(channels);
    return "# CompVis layout, with norm_num_groups of the network as an extension.\n"
           "model:\n"
           "  target: ldm.models.diffusion.ddpm.LatentDiffusion\n"
           "  params:\n"
           "    parameterization: " +
           recipe.model.prediction +
           "\n"
           "    timesteps: " +
           std::to_string(timesteps) +
           "\n"
           "    beta_schedule: " +
           recipe.model.schedule +
           " # the exact alphas_cumprod lie in the weights file and win\n"
           "    scale_factor: " +
           Json(scaleFactor(autoencoder)).dump() +
           "\n"
           "    conditioning_key: crossattn\n"
           "    cond_stage_key: caption\n"
           "    use_ema: false\n"
           "    image_size: " +
           size +
           "\n"
           "    channels: " +
           z +
           "\n"
           "    unet_config:\n"
           "      target: ldm.modules.diffusionmodules.openaimodel.UNetModel\n"
           "      params: {image_size: " +
           size + ", in_channels: " + z + ", out_channels: " + z + ", model_channels: " + std::to_string(u.modelChannels) +
           ", attention_resolutions: " + numbers(u.attentionResolutions) + ", num_res_blocks: " + std::to_string(u.resBlocks) +
           ", channel_mult: " + numbers(u.channelMult) + ", num_head_channels: " + std::to_string(u.headChannels) +
           ", use_spatial_transformer: true, transformer_depth: " + std::to_string(u.transformerDepth) +
           ", context_dim: " + std::to_string(text.width) + ", legacy: false, norm_num_groups: " + std::to_string(u.normGroups) +
           (text.pooled ? ", num_classes: sequential, adm_in_channels: " + std::to_string(text.width) : std::string()) +
           "}\n"
           "    first_stage_config: " +
           firstStageToYaml(autoencoder.config.firstStage) +
           "\n"
           "    cond_stage_config:\n"
           "      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder\n"
           "      params: {max_length: " +
           std::to_string(text.maxLength) + (text.ownLength ? ", own_length: true" : "") + ", text_config: text_config.json}\n";
}

std::string textConfigText(const RecipeText& text) {
    return Json({{"hidden_size", text.width},
                 {"num_hidden_layers", text.layers},
                 {"num_attention_heads", text.heads},
                 {"intermediate_size", 4 * text.width},
                 {"hidden_act", "quick_gelu"},
                 {"max_position_embeddings", 77},
                 {"vocab_size", vocabulary}})
               .dump(1) +
           "\n";
}

void fillCard(ModelCard& card, const TrainRecipe& recipe, const TrainingSet& set) {
    const auto say = [](std::string& entry, const std::string& words) {
        if (!words.empty()) entry = words;
    };
    say(card.id, recipe.model.id), say(card.title, recipe.model.title), say(card.licence, recipe.data.licence);
    say(card.dataSource, recipe.data.source),
        say(card.groupsHeldOut, recipe.data.holdOutWords.empty() ? recipe.data.holdOut : recipe.data.holdOutWords);
    if (card.id.empty()) card.id = "trained";
    if (card.title.empty()) card.title = card.id;
    card.weightsSha256.clear();
    card.promptVocabulary = recipe.captions.composed && recipe.captions.attributeChance > 0 ? "class-levels" : "";
    card.classes.clear();
    for (std::size_t i = 0; i < set.classes.size(); ++i) {
        const auto& c = set.classes[i];
        card.classes.push_back({c.id, c.label, c.code, c.colour.empty() ? "#888888" : c.colour, c.prompts.front(), 0});
        for (const auto& tile : set.tiles) card.classes.back().trainingTiles += !tile.heldOut && tile.classIndex == int(i);
    }
}

ModelFolderParts fromScratch(const TrainRecipe& recipe, const TrainingSet& set) {
    const auto& m = recipe.model;
    const auto autoencoder = openAutoencoder(m.autoencoder);
    const auto stage = bindAutoencoder(autoencoder, Binding::train());
    if (!stage) requirePictures(autoencoder);
    const int factor = stage->factor(), size = recipe.data.tileSizePx / factor;
    if (recipe.data.tileSizePx % factor || size < 1 << (m.unet.channelMult.size() - 1))
        throw Error(ErrorCode::Shape, "Tiles of " + std::to_string(recipe.data.tileSizePx) + " px give no latent that this autoencoder (" +
                                          std::to_string(factor) +
                                          " px an element) and the levels of the U-Net can divide; change \"data.tile_px\".");
    ModelFolderParts parts;
    parts.config = configText(recipe, autoencoder, size, stage->latentChannels());
    parts.textConfig = textConfigText(m.text);
    const auto salt = std::to_string(recipe.seed) + ":";
    for (const auto& [key, tensor] : autoencoder.weights)
        if (key.starts_with("first_stage_model.")) parts.weights[key] = tensor;
    nn::UNetConfig unet;
    unet.inChannels = unet.outChannels = stage->latentChannels(), unet.modelChannels = m.unet.modelChannels,
    unet.resBlocks = m.unet.resBlocks;
    unet.attentionResolutions = m.unet.attentionResolutions, unet.channelMult = m.unet.channelMult, unet.headChannels = m.unet.headChannels;
    unet.legacy = false, unet.transformerDepth = m.unet.transformerDepth, unet.contextDim = m.text.width,
    unet.normGroups = m.unet.normGroups;
    if (m.text.pooled) unet.vectorInput = nn::VectorInput::Sequential, unet.admChannels = m.text.width;
    TensorSource source{parts.weights, [&](const std::string& key, at::IntArrayRef shape) { return initialWeight(salt, key, shape); }};
    auto making = Binding::train();
    making.source = &source;
    nn::UNet(WeightView(parts.weights, making, "model.diffusion_model"), unet);
    addText(parts.weights, m.text, salt, possiblePhrases(set, recipe.captions));
    const auto betas = m.schedule == "cosine" ? cosineBetas() : compvisBetas("linear", timesteps, 0.0015, 0.0195);
    std::vector<float> alphas;
    for (const double a : scheduleFromBetas(betas).alphasCumprod) alphas.push_back(float(a));
    parts.weights["alphas_cumprod"] = at::tensor(alphas);
    parts.card.tileSizePx = recipe.data.tileSizePx, parts.card.maxTokens = m.text.maxLength;
    parts.card.conditions = {"class", "text"}, parts.card.version = "1", parts.card.stain = "H&E", parts.card.defaultGuidance = 2;
    parts.card.intendedUse = "research; not for diagnosis";
    return parts;
}

ModelFolderParts fromModel(const TrainRecipe& recipe) {
    auto parts = partsOf(recipe.model.start);
    if (parts.card.tileSizePx != recipe.data.tileSizePx)
        throw Error(ErrorCode::Shape, "The model to start from makes tiles of " + std::to_string(parts.card.tileSizePx) +
                                          " px and the recipe says " + std::to_string(recipe.data.tileSizePx) +
                                          " px; correct \"data.tile_px\".");
    return parts;
}

// Only the rows of the vocabulary that are not zero, with their numbers, where that is less than half.
void compactTokens(Weights& weights) {
    const auto it = weights.find(tokenTable);
    if (it == weights.end()) return;
    const auto rows = it->second.ne(0).any(1).nonzero().view({-1});
    if (rows.numel() == 0 || rows.numel() * 2 > it->second.size(0)) return;
    it->second = it->second.index_select(0, rows);
    weights["cond_stage_model.transformer.text_model.embeddings.token_embedding.rows"] = rows;
}

} // namespace

ModelFolderParts partsOf(const fs::path& model) {
    const auto checkpoint = openCheckpoint(model);
    requirePictures(checkpoint);
    ModelFolderParts parts;
    parts.weights = checkpoint.weights;
    const bool own = isFolder(model) && isThere(model / "model.json");
    parts.card = own ? modelCardFromJson(readJsonFile(model / "model.json"), "of the model") : cardFromCheckpoint(model, checkpoint);
    const auto source = sourceOfModel(model);
    if (isFolder(source)) parts.diffusers = source;
    else
        for (const auto& file : settingsBeside(source)) // none beside a file whose settings follow from its shapes
            (file.extension() == ".yaml" ? parts.config : parts.textConfig) = readFile(file, 1 << 20);
    return parts;
}

Checkpoint openAutoencoder(const fs::path& path) {
    if (!isFolder(path) || isThere(path / "model.json") || isThere(path / "model_index.json")) return openCheckpoint(path);
    if (isThere(path / "config.json")) return openDiffusersAutoencoder(path);
    const auto name = path.filename().string();
    if (!isThere(path / "config.yaml") || !isThere(path / "weights.safetensors"))
        throw Error(ErrorCode::NotAModel,
                    "The folder " + name + " holds no autoencoder (config.yaml and weights.safetensors); give another one.");
    Checkpoint checkpoint;
    checkpoint.name = name;
    checkpoint.weights = readSafetensors(path / "weights.safetensors");
    try {
        const auto params = YAML::Load(readFile(path / "config.yaml", 1 << 20))["model"]["params"];
        checkpoint.config.firstStage = firstStageFromYaml(YAML::Dump(params["first_stage_config"]), name);
        checkpoint.config.scaleFactor = params["scale_factor"].as<double>(1);
    } catch (const YAML::Exception& e) {
        throw Error(ErrorCode::Yaml, "The configuration of the autoencoder " + name + " cannot be read; make it again.", e.what());
    }
    return checkpoint;
}

void writeAutoencoderFolder(const fs::path& folder, const Checkpoint& autoencoder) {
    makeWritableFolder(folder);
    writeWeightsSynced(folder / "weights.safetensors", autoencoder.weights);
    writeFileAtomically(
        folder / "config.yaml",
        "# CompVis layout, the first stage alone.\nmodel:\n  params:\n    scale_factor: " + Json(autoencoder.config.scaleFactor).dump() +
            "\n    first_stage_config: " + firstStageToYaml(autoencoder.config.firstStage) + "\n",
        IfExists::Fail, Durability::Synced);
}

void syncFolder(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
    const bool good = fd >= 0 && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!good) throwFileError(error, "write", folder);
}

void writeWeightsSynced(const fs::path& file, const Weights& weights) {
    writeSafetensors(file, weights);
    syncFolder(file);
}

void writeModelFolder(const fs::path& folder, ModelFolderParts parts) {
    if (isThere(folder))
        throw Error(ErrorCode::Exists, "The folder " + folder.filename().string() + " is there already; nothing was overwritten.");
    const auto temporary = folder.parent_path() / (std::string(temporaryPrefix) + folder.filename().string());
    fs::remove_all(temporary);
    makeWritableFolder(temporary);
    try {
        parts.card.weightsSha256.clear();
        auto card = toJson(parts.card);
        if (!parts.diffusers.empty()) {
            writeDiffusers(parts.diffusers, parts.weights, temporary / "source");
            card["source"] = "source";
        } else {
            compactTokens(parts.weights);
            writeWeightsSynced(temporary / "weights.safetensors", parts.weights);
            for (const auto& [name, text] : {std::pair("config.yaml", parts.config), std::pair("text_config.json", parts.textConfig)})
                if (!text.empty()) writeFileAtomically(temporary / name, text, IfExists::Fail, Durability::Synced);
        }
        const auto file = temporary / "model.json";
        writeFileAtomically(file, card.dump(1) + "\n", IfExists::Fail, Durability::Synced);
        card["weights_sha256"] = weightsHash(temporary);
        writeFileAtomically(file, card.dump(1) + "\n", IfExists::Replace, Durability::Synced);
        fs::rename(temporary, folder);
        syncFolder(folder.parent_path());
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(temporary, ignored);
        throw;
    }
}

void writeBaseModel(const TrainRecipe& recipe, const TrainingSet& set, const fs::path& folder) {
    const c10::AutoGradMode off(false);
    auto parts = recipe.model.start.empty() ? fromScratch(recipe, set) : fromModel(recipe);
    fillCard(parts.card, recipe, set);
    writeModelFolder(folder, std::move(parts));
}

} // namespace phloxine
