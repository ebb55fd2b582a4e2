// The folders that diffusers writes: model_index.json, and a folder for each part with its config.json and weights.
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/ClipTokenizer.h"
#include "core/model/Checkpoint.h"
#include "core/model/compvis_config.h"
#include "core/model/diffusers_names.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// A config.json with clear words for what is missing or of the wrong kind.
class Config {
public:
    explicit Config(const fs::path& file)
        : m_json(parsePythonJson(readFile(file, largest), file.filename().string())),
          m_file(file.parent_path().filename().string() + "/" + file.filename().string()) {
        if (!m_json.is_object()) fail("is not an object");
    }
    template <typename T>
    T get(const char* key, T fallback) const {
        const auto it = m_json.find(key);
        if (it == m_json.end() || it->is_null()) return fallback;
        try {
            return it->get<T>();
        } catch (const Json::exception&) { fail(std::string("has a \"") + key + "\" of the wrong kind"); }
    }
    int number(const char* key, int fallback, int low, int high) const {
        const auto it = m_json.find(key);
        return whole(key, it == m_json.end() || it->is_null() ? Json(fallback) : *it, low, high);
    }
    std::vector<int> numbers(const char* key, int high = 65536) const {
        const auto it = m_json.find(key);
        if (it == m_json.end() || !it->is_array() || it->empty() || it->size() > 8) fail(std::string("has no usable \"") + key + "\"");
        std::vector<int> values;
        for (const auto& value : *it) values.push_back(whole(key, value, 1, high));
        return values;
    }
    double positive(const char* key, double fallback) const {
        const auto value = get<double>(key, fallback);
        if (!(value > 0)) fail(std::string("has an impossible \"") + key + "\"");
        return value;
    }
    // Options that change the network and that Phloxine knows only at their usual value.
    void require(const char* key, const Json& usual) const {
        const auto it = m_json.find(key);
        if (it != m_json.end() && !it->is_null() && *it != usual)
            throw Error(ErrorCode::Unsupported,
                        "The model sets \"" + std::string(key) + "\" to " + it->dump() + " in " + m_file + ", which is not supported.",
                        key);
    }
    const Json& json() const { return m_json; }
    [[noreturn]] void fail(const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The file " + m_file + " " + why + "; correct it or get the model again.");
    }

private:
    static constexpr std::uint64_t largest = 8u << 20;
    int whole(const char* key, const Json& value, int low, int high) const {
        if (!value.is_number_integer()) fail(std::string("has a \"") + key + "\" that is no whole number");
        const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t(high);
        if (huge || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
            fail(std::string("has an impossible \"") + key + "\"");
        return value.get<int>();
    }
    Json m_json;
    std::string m_file;
};

// The files that hold the weights of one part: a single file, a variant of it, or the shards that an index lists.
std::vector<fs::path> weightFiles(const fs::path& part) {
    for (const auto* stem : {"diffusion_pytorch_model", "model", "pytorch_model"}) {
        for (const auto* ending : {".safetensors", ".fp16.safetensors"})
            if (isThere(part / (std::string(stem) + ending))) return {part / (std::string(stem) + ending)};
        for (const auto* ending : {".safetensors.index.json", ".bin.index.json"}) {
            const auto index = part / (std::string(stem) + ending);
            if (!isThere(index)) continue;
            std::vector<fs::path> shards;
            const Config json(index);
            const auto map = json.get<Json>("weight_map", Json::object());
            if (!map.is_object()) json.fail("has no table of shards");
            for (const auto& [key, name] : map.items()) {
                // A name of a stranger: only a file of this folder will do.
                const auto file = name.is_string() ? fs::path(name.get<std::string>()) : fs::path();
                if (file.empty() || file.has_parent_path() || file == "." || file == "..") json.fail("names a file outside its folder");
                if (!isThere(part / file))
                    throw Error(ErrorCode::NotFound,
                                "The folder " + part.filename().string() + " of the model lacks " + file.string() +
                                    ", which its index names; get the model again.",
                                part.string());
                if (std::find(shards.begin(), shards.end(), part / file) == shards.end()) shards.push_back(part / file);
            }
            if (!shards.empty()) return shards;
        }
        for (const auto* ending : {".bin", ".fp16.bin"})
            if (isThere(part / (std::string(stem) + ending))) return {part / (std::string(stem) + ending)};
    }
    throw Error(ErrorCode::NotFound,
                "The folder " + part.filename().string() +
                    " of the model holds no weights (diffusion_pytorch_model.safetensors or model.safetensors); get the model again.",
                part.string());
}

Weights readPart(const fs::path& part) {
    Weights weights;
    for (const auto& file : weightFiles(part)) weights.merge(readCheckpoint(file));
    return weights;
}

// A tensor of a part under its key in a Checkpoint.
class Keys {
public:
    Keys(std::string part, NamePairs blocks) : m_part(std::move(part)), m_blocks(std::move(blocks)) {}
    std::string of(const std::string& key) const {
        if (m_part == "text_encoder")
            return std::string("cond_stage_model.transformer.") + (key.starts_with("text_model.") ? "" : "text_model.") + key;
        const auto renamed = m_part == "unet"  ? compvisUNetName(key, m_blocks)
                             : m_part == "vae" ? compvisAutoencoderName(key, m_blocks)
                                               : key;
        return (m_part == "vae" ? "first_stage_model." : "model.diffusion_model.") + (renamed.empty() ? key : renamed);
    }

private:
    std::string m_part;
    NamePairs m_blocks;
};

void addTensors(const fs::path& part, const Keys& keys, Checkpoint& checkpoint) {
    for (const auto& [name, tensor] : readPart(part)) {
        const auto key = keys.of(name);
        // The attention's linear layers of an autoencoder are 1x1 convolutions in CompVis.
        const bool linear = tensor.dim() == 2 && key.starts_with("first_stage_model.") && key.find("attn_1") != std::string::npos;
        checkpoint.weights[key] = linear ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor;
    }
}

nn::UNetConfig unetConfig(const Config& config) {
    for (const auto& [key, usual] : std::initializer_list<std::pair<const char*, Json>>{{"act_fn", "silu"},
                                                                                        {"downsample_padding", 1},
                                                                                        {"flip_sin_to_cos", true},
                                                                                        {"freq_shift", 0},
                                                                                        {"mid_block_scale_factor", 1},
                                                                                        {"center_input_sample", false},
                                                                                        {"dual_cross_attention", false},
                                                                                        {"only_cross_attention", false},
                                                                                        {"addition_embed_type", Json()},
                                                                                        {"encoder_hid_dim", Json()},
                                                                                        {"time_cond_proj_dim", Json()},
                                                                                        {"conv_in_kernel", 3},
                                                                                        {"conv_out_kernel", 3},
                                                                                        {"mid_block_type", "UNetMidBlock2DCrossAttn"},
                                                                                        {"time_embedding_type", "positional"}})
        config.require(key, usual);
    const auto widths = config.numbers("block_out_channels");
    const auto down = config.get<std::vector<std::string>>("down_block_types", {});
    if (down.size() != widths.size()) config.fail("lists another number of blocks than of widths");
    nn::UNetConfig c;
    c.inChannels = config.number("in_channels", 4, 1, 64);
    c.outChannels = config.number("out_channels", 4, 1, 64);
    c.modelChannels = widths.front();
    c.levelWidths = widths;
    const auto isList = [&](const char* key) { return config.json().contains(key) && config.json()[key].is_array(); };
    if (isList("layers_per_block")) c.resBlocksPerLevel = config.numbers("layers_per_block", 16);
    else c.resBlocks = config.number("layers_per_block", 2, 1, 16);
    c.normGroups = config.number("norm_num_groups", 32, 1, 1024);
    c.normEps = config.positive("norm_eps", 1e-5);
    c.contextDim = config.number("cross_attention_dim", 1280, 1, 65536);
    if (isList("transformer_layers_per_block")) c.transformerDepthPerLevel = config.numbers("transformer_layers_per_block", 64);
    else c.transformerDepth = config.number("transformer_layers_per_block", 1, 1, 64);
    for (const auto* list : {&c.resBlocksPerLevel, &c.transformerDepthPerLevel})
        if (!list->empty() && list->size() != widths.size()) config.fail("lists another number of layers than of widths");
    const auto shift = config.get<std::string>("resnet_time_scale_shift", "default");
    if (shift != "default" && shift != "scale_shift")
        throw Error(ErrorCode::Unsupported, "The norm \"" + shift + "\" of the U-Net is not supported.", shift);
    c.scaleShiftNorm = shift == "scale_shift";
    if (const int classes = config.number("num_class_embeds", 0, 0, 1 << 20); classes > 0)
        c.vectorInput = nn::VectorInput::Labels, c.classes = classes;
    else config.require("class_embed_type", Json());
    c.linearProjection = config.get("use_linear_projection", false);
    for (std::size_t level = 0; level < down.size(); ++level) {
        if (down[level] == "CrossAttnDownBlock2D") c.attentionResolutions.push_back(1 << level);
        else if (down[level] != "DownBlock2D")
            throw Error(ErrorCode::Unsupported, "The U-Net block \"" + down[level] + "\" is not supported.", down[level]);
    }
    // "attention_head_dim" has always been the number of heads in these files.
    const auto heads = config.json().contains("num_attention_heads") && !config.json()["num_attention_heads"].is_null()
                           ? "num_attention_heads"
                           : "attention_head_dim";
    if (isList(heads)) {
        c.headsPerLevel = config.numbers(heads, 1024);
        if (c.headsPerLevel.size() != widths.size()) config.fail("lists another number of heads than of widths");
    } else c.heads = config.number(heads, 8, 1, 1024);
    return c;
}

// What DiT and PixArt name alike.
template <typename Transformer>
void readTransformer(const Config& config, Transformer& c) {
    c.heads = config.number("num_attention_heads", c.heads, 1, 1024);
    c.layers = config.number("num_layers", c.layers, 1, 1024);
    c.inChannels = config.number("in_channels", c.inChannels, 1, 256);
    c.outChannels = config.number("out_channels", c.inChannels, 1, 512);
    c.patch = config.number("patch_size", c.patch, 1, 64);
    c.sampleSize = config.number("sample_size", c.sampleSize, 1, 8192);
    c.attentionBias = config.get("attention_bias", true);
    c.normEps = config.positive("norm_eps", c.normEps);
}

nn::DitConfig ditConfig(const Config& config) {
    for (const auto& [key, usual] : std::initializer_list<std::pair<const char*, Json>>{
             {"activation_fn", "gelu-approximate"}, {"norm_type", "ada_norm_zero"}, {"norm_elementwise_affine", false}})
        config.require(key, usual);
    nn::DitConfig c;
    readTransformer(config, c);
    c.classes = config.number("num_embeds_ada_norm", c.classes, 1, 1 << 20);
    return c;
}

nn::PixartConfig pixartConfig(const Config& config) {
    for (const auto& [key, usual] : std::initializer_list<std::pair<const char*, Json>>{{"activation_fn", "gelu-approximate"},
                                                                                        {"norm_type", "ada_norm_single"},
                                                                                        {"norm_elementwise_affine", false},
                                                                                        {"attention_type", "default"}})
        config.require(key, usual);
    nn::PixartConfig c;
    readTransformer(config, c);
    c.interpolationScale = config.get("interpolation_scale", 0.0); // null: it follows from the size
    if (!(c.interpolationScale >= 0)) config.fail("has an impossible \"interpolation_scale\"");
    c.captionChannels = config.number("caption_channels", 0, 0, 65536);
    c.crossAttentionDim = config.number("cross_attention_dim", 0, 0, 65536);
    c.additionalConditions = config.get("use_additional_conditions", c.sampleSize == 128);
    return c;
}

void addDenoiser(const fs::path& folder, Checkpoint& checkpoint) {
    const bool unet = isThere(folder / "unet" / "config.json");
    const auto part = folder / (unet ? "unet" : "transformer");
    if (!isThere(part / "config.json"))
        throw Error(ErrorCode::MissingKey, "The folder " + checkpoint.name + " holds no denoiser (unet/ or transformer/).");
    const Config config(part / "config.json");
    const auto name = config.get<std::string>("_class_name", "");
    auto& c = checkpoint.config;
    c.latentSize = config.number("sample_size", 0, 0, 8192);
    NamePairs blocks;
    if (name == "UNet2DConditionModel") {
        const auto network = unetConfig(config);
        blocks = unetBlockNames(network);
        c.network = network, c.family = "diffusers-sd";
    } else if (name == "DiTTransformer2DModel") c.network = ditConfig(config), c.family = "diffusers-dit";
    else if (name == "PixArtTransformer2DModel") c.network = pixartConfig(config), c.family = "diffusers-pixart";
    else c.network = UnsupportedStage{name.empty() ? "of a class that config.json does not name" : name};
    addTensors(part, Keys(unet ? "unet" : "transformer", blocks), checkpoint);
}

void addAutoencoder(const fs::path& part, Checkpoint& checkpoint) {
    auto& c = checkpoint.config;
    if (!isThere(part / "config.json")) {
        c.firstStage = NoStage{};
        return;
    }
    const Config config(part / "config.json");
    const auto name = config.get<std::string>("_class_name", "");
    if (name != "AutoencoderKL") {
        c.firstStage = UnsupportedStage{name};
        return;
    }
    for (const auto& [key, usual] :
         std::initializer_list<std::pair<const char*, Json>>{{"act_fn", "silu"}, {"latents_mean", Json()}, {"latents_std", Json()}})
        config.require(key, usual);
    const auto widths = config.numbers("block_out_channels");
    nn::KlConfig kl;
    kl.channels = widths.front();
    kl.levelWidths = widths;
    kl.inChannels = config.number("in_channels", 3, 1, 64);
    kl.outChannels = config.number("out_channels", 3, 1, 64);
    kl.resBlocks = config.number("layers_per_block", 1, 1, 16);
    kl.zChannels = kl.embedDim = config.number("latent_channels", 4, 1, 256);
    kl.normGroups = config.number("norm_num_groups", 32, 1, 1024);
    kl.quantConv = config.get("use_quant_conv", true);
    kl.postQuantConv = config.get("use_post_quant_conv", true);
    kl.middleAttention = config.get("mid_block_add_attention", true);
    kl.attentionResolutions.clear();
    c.firstStage = kl;
    c.scaleFactor = config.positive("scaling_factor", 0.18215);
    c.shiftFactor = config.get("shift_factor", 0.0);
    addTensors(part, Keys("vae", autoencoderBlockNames(int(widths.size()), kl.resBlocks)), checkpoint);
}

// The padding token stands in special_tokens_map.json; transformers 5 writes it to tokenizer_config.json only.
std::int64_t paddingToken(const fs::path& tokenizer, const std::string& model) {
    Json pad;
    for (const auto* name : {"special_tokens_map.json", "tokenizer_config.json"})
        if (pad.is_null() && isThere(tokenizer / name)) pad = Config(tokenizer / name).get<Json>("pad_token", Json());
    if (pad.is_object()) pad = pad.contains("content") ? pad["content"] : Json("");
    const auto word = pad.is_null() ? std::string("<|endoftext|>") : pad.is_string() ? pad.get<std::string>() : std::string();
    if (word == "!") return 0; // Stable Diffusion 2
    if (word != "<|endoftext|>")
        throw Error(ErrorCode::Unsupported, "The padding token \"" + word + "\" of " + model + " is not known.", word);
    return ClipTokenizer::end;
}

void addCondition(const fs::path& folder, Checkpoint& checkpoint) {
    auto& stage = checkpoint.config.condition;
    const auto text = folder / "text_encoder";
    if (isThere(text / "config.json")) {
        const Config json(text / "config.json");
        // What the folder says first counts; older ones say no architecture, only the kind.
        const auto architectures = json.get<Json>("architectures", Json::array());
        const auto kind = json.get<std::string>("model_type", "");
        const bool said = !architectures.is_array() || !architectures.empty();
        const auto name = !said ? kind : architectures.is_array() ? architectures[0].dump() : architectures.dump();
        if (said ? name.find("CLIPTextModel") == std::string::npos : kind != "clip_text_model") {
            stage = UnsupportedStage{name};
            return;
        }
        TextEncoderConfig config;
        config.tower = readTowerConfig(text / "config.json");
        config.pad = paddingToken(folder / "tokenizer", checkpoint.name);
        stage = config;
        addTensors(text, Keys("text_encoder", {}), checkpoint);
    } else if (const auto* dit = std::get_if<nn::DitConfig>(&checkpoint.config.network)) stage = LabelStage{dit->classes + 1, dit->classes};
    else if (std::holds_alternative<nn::PixartConfig>(checkpoint.config.network)) {
        const auto null = folder / "null_embedding.safetensors"; // one tensor, the tokens that stand for none
        if (isThere(null))
            for (const auto& [key, tensor] : readSafetensors(null)) checkpoint.weights["cond_stage_model.uncond"] = tensor;
        stage = TokenStage{};
    } else stage = NoStage{};
}

// diffusers' "scaled_linear" is CompVis' "linear", its "linear" CompVis' "sqrt_linear".
void addSchedule(const fs::path& folder, Checkpoint& checkpoint) {
    const auto file = folder / "scheduler" / "scheduler_config.json";
    if (!isThere(file)) return;
    const Config config(file);
    auto& c = checkpoint.config;
    c.scheduler = config.json();
    const auto prediction = config.get<std::string>("prediction_type", "epsilon"), name = config.get<std::string>("_class_name", "");
    c.prediction = name.starts_with("FlowMatch")  ? "flow"
                   : prediction == "v_prediction" ? "v"
                   : prediction == "sample"       ? "x0"
                   : prediction == "epsilon"      ? "eps"
                                                  : prediction;
    c.timesteps = config.number("num_train_timesteps", 1000, 2, 100000);
    c.linearStart = config.get("beta_start", 0.0001);
    c.linearEnd = config.get("beta_end", 0.02);
    if (!(c.linearStart > 0 && c.linearStart <= c.linearEnd && c.linearEnd < 1))
        config.fail("has beta_start and beta_end that make no noise schedule");
    const auto betas = config.get<std::string>("beta_schedule", "linear");
    c.betaSchedule = betas == "scaled_linear" ? "linear" : betas == "linear" ? "sqrt_linear" : betas;
}

} // namespace

Checkpoint openDiffusers(const fs::path& folder, const OpenOptions&) {
    const Config index(folder / "model_index.json");
    Checkpoint checkpoint;
    checkpoint.name = fs::absolute(folder / "model_index.json").lexically_normal().parent_path().filename().string();
    addDenoiser(folder, checkpoint);
    addAutoencoder(folder / "vae", checkpoint);
    addCondition(folder, checkpoint);
    addSchedule(folder, checkpoint);
    return checkpoint;
}

Checkpoint openDiffusersAutoencoder(const fs::path& folder) {
    Checkpoint checkpoint;
    checkpoint.name = folder.filename().string();
    addAutoencoder(folder, checkpoint);
    return checkpoint;
}

void writeDiffusers(const fs::path& original, const Weights& weights, const fs::path& folder) {
    if (isThere(folder))
        throw Error(ErrorCode::Exists, "The folder " + folder.filename().string() + " is there already; nothing was overwritten.");
    const auto checkpoint = openDiffusers(original, {});
    const auto* unet = std::get_if<nn::UNetConfig>(&checkpoint.config.network);
    const auto* kl = std::get_if<nn::KlConfig>(&checkpoint.config.firstStage);
    const std::pair<const char*, Keys> parts[] = {{"unet", {"unet", unet ? unetBlockNames(*unet) : NamePairs()}},
                                                  {"transformer", {"transformer", {}}},
                                                  {"vae", {"vae", kl ? autoencoderBlockNames(kl->levels(), kl->resBlocks) : NamePairs()}},
                                                  {"text_encoder", {"text_encoder", {}}}};
    for (const auto& [part, keys] : parts) {
        if (!isThere(original / part / "config.json")) continue;
        fs::create_directories(folder / part);
        fs::copy_file(original / part / "config.json", folder / part / "config.json");
        Weights own;
        for (const auto& [name, tensor] : readPart(original / part)) {
            const auto it = weights.find(keys.of(name));
            if (it == weights.end())
                throw Error(ErrorCode::MissingKey, "The weights for the model like " + checkpoint.name + " lack \"" + name + "\".", name);
            if (it->second.numel() != tensor.numel())
                throw Error(ErrorCode::Shape,
                            "\"" + name + "\" has the shape " + shapeText(it->second.sizes()) + ", and " + checkpoint.name + " has " +
                                shapeText(tensor.sizes()) + ".",
                            name);
            own[name] = it->second.reshape(tensor.sizes());
        }
        const bool text = part == std::string("text_encoder");
        writeSafetensors(folder / part / (text ? "model.safetensors" : "diffusion_pytorch_model.safetensors"), own);
    }
    for (const auto* other : {"scheduler", "tokenizer"})
        if (isFolder(original / other)) fs::copy(original / other, folder / other);
    if (isThere(original / "null_embedding.safetensors"))
        fs::copy_file(original / "null_embedding.safetensors", folder / "null_embedding.safetensors");
    auto index = Config(original / "model_index.json").json();
    for (auto& [name, entry] : index.items())
        if (entry.is_array() && !isThere(folder / name)) entry = Json::array({nullptr, nullptr});
    writeFileAtomically(folder / "model_index.json", index.dump(2) + "\n");
}

std::vector<fs::path> weightFilesOfDiffusers(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto* part : {"text_encoder", "transformer", "unet", "vae"})
        if (isThere(folder / part / "config.json"))
            for (const auto& file : weightFiles(folder / part)) files.push_back(file);
    if (isThere(folder / "null_embedding.safetensors")) files.push_back(folder / "null_embedding.safetensors");
    return files;
}

} // namespace phloxine
