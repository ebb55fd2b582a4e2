#include "core/model/compvis_config.h"

#include <cmath>

#include <yaml-cpp/yaml.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"

namespace phloxine {

namespace {

// A YAML node with the path that led to it, so that a message can say which entry is wrong.
class Entry {
public:
    Entry(YAML::Node node, std::string path, const std::string& file) : m_node(std::move(node)), m_path(std::move(path)), m_file(&file) {}

    Entry operator[](const std::string& name) const {
        if (m_node.IsDefined() && m_node.IsMap()) {                 // the parser takes one of two silently
            if (m_node.size() > 1000) fail("has too many entries"); // looking one up walks through all
            const auto isName = [&](const auto& item) { return item.first.IsScalar() && item.first.Scalar() == name; };
            if (std::count_if(m_node.begin(), m_node.end(), isName) > 1) fail("gives \"" + name + "\" twice");
        }
        return {m_node.IsDefined() && m_node.IsMap() ? m_node[name] : YAML::Node(YAML::NodeType::Undefined),
                m_path.empty() ? name : m_path + "." + name, *m_file};
    }
    explicit operator bool() const { return m_node.IsDefined() && !m_node.IsNull(); }

    bool isList() const { return m_node.IsDefined() && m_node.IsSequence(); }
    bool is(const std::string& word) const { return m_node.IsDefined() && m_node.IsScalar() && m_node.Scalar() == word; }

    template <typename T>
    T as() const {
        if (!*this) fail("is missing");
        try {
            return m_node.as<T>();
        } catch (const YAML::Exception&) { fail("has a value of the wrong kind"); }
    }
    template <typename T>
    T as(T fallback) const {
        return *this ? as<T>() : fallback;
    }
    double real(double fallback) const {
        const double value = as<double>(fallback);
        if (!std::isfinite(value)) fail("is no number");
        return value;
    }
    int number(int fallback, int low, int high) const {
        const int value = as<int>(fallback);
        if (value < low || value > high) fail("is out of range");
        return value;
    }
    std::vector<int> numbers() const {
        const auto values = as<std::vector<int>>();
        for (const int v : values)
            if (v < 0 || v > 4096) fail("is out of range");
        if (values.size() > 64) fail("has too many numbers");
        return values;
    }
    [[noreturn]] void fail(const std::string& why) const {
        throw Error(ErrorCode::Yaml, "The configuration " + *m_file + " cannot be used: \"" + m_path + "\" " + why + "; correct it.",
                    m_path);
    }

private:
    YAML::Node m_node;
    std::string m_path;
    const std::string* m_file;
};

nn::UNetConfig unetConfig(const Entry& stage) {
    const auto target = stage["target"].as<std::string>();
    if (!target.ends_with("openaimodel.UNetModel"))
        throw Error(ErrorCode::Unsupported, "The denoiser \"" + target + "\" is not supported.", target);
    const auto p = stage["params"];
    if (p["n_embed"]) throw Error(ErrorCode::Unsupported, "A U-Net that predicts codebook entries (n_embed) is not supported.");
    if (p["disable_self_attentions"] || p["num_attention_blocks"])
        throw Error(ErrorCode::Unsupported,
                    "A U-Net without self-attention (disable_self_attentions) or with attention in some blocks only is not supported.");
    if (p["dims"].as<int>(2) != 2) throw Error(ErrorCode::Unsupported, "Only U-Nets for pictures (dims 2) are supported.");
    nn::UNetConfig c;
    c.inChannels = p["in_channels"].number(4, 1, 64);
    c.outChannels = p["out_channels"].number(4, 1, 64);
    c.modelChannels = p["model_channels"].number(0, 1, 4096);
    if (p["num_res_blocks"].isList()) c.resBlocksPerLevel = p["num_res_blocks"].numbers();
    else c.resBlocks = p["num_res_blocks"].number(2, 1, 16);
    c.attentionResolutions = p["attention_resolutions"].numbers();
    c.channelMult = p["channel_mult"].numbers();
    if (c.channelMult.empty() || c.channelMult.size() > 8) p["channel_mult"].fail("must have one to eight numbers");
    c.heads = p["num_heads"].number(-1, -1, 65536);
    c.headChannels = p["num_head_channels"].number(-1, -1, 65536);
    if (c.heads < 1 && c.headChannels < 1) p["num_heads"].fail("or num_head_channels is needed");
    c.headsUpsample = p["num_heads_upsample"].number(-1, -1, 65536);
    c.legacy = p["legacy"].as<bool>(true);
    c.spatialTransformer = p["use_spatial_transformer"].as<bool>(false);
    c.newAttentionOrder = p["use_new_attention_order"].as<bool>(false);
    if (p["transformer_depth"].isList()) c.transformerDepthPerLevel = p["transformer_depth"].numbers();
    else c.transformerDepth = p["transformer_depth"].number(1, 1, 64);
    c.transformerDepthMiddle = p["transformer_depth_middle"].number(-1, -1, 64);
    const auto context = p["context_dim"].isList() ? p["context_dim"].numbers() : std::vector{p["context_dim"].number(0, 0, 65536)};
    c.contextDim = context.empty() ? 0 : context.front();
    if (std::count(context.begin(), context.end(), c.contextDim) != std::ptrdiff_t(context.size()))
        p["context_dim"].fail("lists several widths, which is not supported");
    for (const auto* list : {&c.resBlocksPerLevel, &c.transformerDepthPerLevel})
        if (!list->empty() && list->size() != c.channelMult.size())
            p["channel_mult"].fail("and the lists of blocks have different lengths");
    c.normGroups = p["norm_num_groups"].number(32, 1, 1024);
    c.linearProjection = p["use_linear_in_transformer"].as<bool>(false);
    c.scaleShiftNorm = p["use_scale_shift_norm"].as<bool>(false);
    c.resblockUpdown = p["resblock_updown"].as<bool>(false);
    c.convResample = p["conv_resample"].as<bool>(true);
    if (p["num_classes"].is("continuous")) c.vectorInput = nn::VectorInput::Continuous;
    else if (p["num_classes"].is("sequential")) {
        c.vectorInput = nn::VectorInput::Sequential;
        c.admChannels = p["adm_in_channels"].number(0, 1, 65536);
    } else if (p["num_classes"]) {
        c.vectorInput = nn::VectorInput::Labels;
        c.classes = p["num_classes"].number(0, 1, 1 << 20);
    }
    return c;
}

void readBody(const Entry& d, nn::AutoencoderConfig& c) {
    c.channels = d["ch"].number(128, 1, 4096);
    c.resBlocks = d["num_res_blocks"].number(2, 1, 16);
    c.zChannels = d["z_channels"].number(4, 1, 256);
    c.resolution = d["resolution"].number(256, 8, 8192);
    c.inChannels = d["in_channels"].number(3, 1, 16);
    c.outChannels = d["out_ch"].number(3, 1, 16);
    c.channelMult = d["ch_mult"].numbers();
    c.attentionResolutions = d["attn_resolutions"].numbers();
    const auto attention = d["attn_type"].as<std::string>("vanilla");
    if (attention != "vanilla" && attention != "vanilla-xformers" && attention != "none")
        throw Error(ErrorCode::Unsupported, "The attention \"" + attention + "\" of the autoencoder is not supported.", attention);
    c.attention = attention != "none";
    c.convResample = d["resamp_with_conv"].as<bool>(true);
    c.tanhOut = d["tanh_out"].as<bool>(false);
}

decltype(ModelConfig::firstStage) firstStage(const Entry& stage) {
    if (stage.is("__is_first_stage__")) return NoStage{};
    const auto target = stage["target"].as<std::string>();
    const auto p = stage["params"];
    if (target.ends_with("autoencoder.AutoencoderKL")) {
        nn::KlConfig c;
        readBody(p["ddconfig"], c);
        c.embedDim = p["embed_dim"].number(c.zChannels, 1, 256);
        return c;
    }
    if (target.ends_with("autoencoder.VQModelInterface") || target.ends_with("autoencoder.VQModel") || target.ends_with("vqgan.VQModel")) {
        nn::VqConfig c;
        readBody(p["ddconfig"], c);
        c.embedDim = p["embed_dim"].number(c.zChannels, 1, 256);
        c.codes = p["n_embed"].number(0, 1, 1 << 24);
        return c;
    }
    if (target == "phloxine.PatchAutoencoder") {
        nn::PatchConfig c;
        c.patch = p["patch"].number(16, 2, 64);
        c.zChannels = p["z_channels"].number(16, 1, 256);
        c.normGroups = p["norm_num_groups"].number(32, 1, 1024);
        c.decoderWidths = p["decoder_widths"].numbers();
        return c;
    }
    return UnsupportedStage{target};
}

decltype(ModelConfig::condition) conditionStage(const Entry& stage, const std::filesystem::path& textConfig) {
    if (stage.is("__is_unconditional__")) return NoStage{};
    const auto target = stage["target"].as<std::string>();
    const auto p = stage["params"];
    if (target.ends_with("modules.FrozenCLIPEmbedder")) {
        TextEncoderConfig c;
        c.maxLength = p["max_length"].number(77, 3, 77 * 64);
        // PathLDM's class of the same name cuts the text into windows; its configurations name PLIP or ask for more than one window.
        c.pathldm = c.maxLength > 77 || p["version"].as<std::string>("").find("plip") != std::string::npos;
        c.ownLength = p["own_length"].as<bool>(false); // Phloxine's own
        c.tower = readTowerConfig(textConfig);
        return c;
    }
    if (target.ends_with("modules.FrozenOpenCLIPEmbedder")) {
        TextEncoderConfig c;
        c.tower = readTowerConfig(textConfig);
        c.tower.activation = nn::Activation::Gelu;
        c.pad = 0;
        c.tower.skip = p["layer"].as<std::string>("last") == "penultimate" ? 1 : 0;
        return c;
    }
    if (target.ends_with("modules.PatchEmbedder") || target.ends_with("modules.SSLEmbedder")) {
        PatchEncoderConfig c;
        c.normalise = p["normalize_ssl"].as<bool>(false);
        c.region = target.ends_with("SSLEmbedder");
        return c;
    }
    if (target.ends_with("modules.EmbeddingViT2_5") || target.ends_with("modules.EmbeddingViT2")) {
        nn::VitConditionConfig c;
        c.heads = p["num_heads"].number(c.heads, 1, 1024);
        c.layers = p["num_layers"].number(c.layers, 1, 1024);
        c.finalNorm = target.ends_with("2_5");
        return c;
    }
    if (target.ends_with("modules.ClassEmbedder")) return ClassStage{p["n_classes"].number(1000, 1, 1 << 20)};
    return UnsupportedStage{target};
}

} // namespace

nn::UNetConfig unetFromYaml(const std::string& stage, const std::string& name) { return unetConfig(Entry(YAML::Load(stage), "", name)); }

decltype(ModelConfig::firstStage) firstStageFromYaml(const std::string& stage, const std::string& name) {
    return firstStage(Entry(YAML::Load(stage), "", name));
}

std::string firstStageToYaml(const decltype(ModelConfig::firstStage)& stage) {
    const auto list = [](const std::vector<int>& values) { return Json(values).dump(); };
    const auto number = [](int value) { return std::to_string(value); };
    const auto body = [&](const nn::AutoencoderConfig& c, const std::string& target, int embedDim, const std::string& more) {
        std::vector<int> mult = c.channelMult;
        bool fits = c.middleAttention && c.normGroups == 32;
        if (!c.levelWidths.empty()) {
            mult.clear();
            for (const int width : c.levelWidths) mult.push_back(width / c.channels), fits = fits && width % c.channels == 0;
        }
        if (!fits)
            throw Error(ErrorCode::Unsupported,
                        "This autoencoder has a shape that the configurations of CompVis cannot say; give another one.");
        return "{target: " + target + ", params: {embed_dim: " + number(embedDim) + more +
               ", ddconfig: {double_z: " + (more.empty() ? "true" : "false") + ", z_channels: " + number(c.zChannels) +
               ", resolution: " + number(c.resolution) + ", in_channels: " + number(c.inChannels) + ", out_ch: " + number(c.outChannels) +
               ", ch: " + number(c.channels) + ", ch_mult: " + list(mult) + ", num_res_blocks: " + number(c.resBlocks) +
               ", attn_resolutions: " + list(c.attentionResolutions) + (c.attention ? "" : ", attn_type: none") +
               (c.convResample ? "" : ", resamp_with_conv: false") + (c.tanhOut ? ", tanh_out: true" : "") + ", dropout: 0.0}}}";
    };
    if (const auto* kl = std::get_if<nn::KlConfig>(&stage); kl && kl->quantConv && kl->postQuantConv)
        return body(*kl, "ldm.models.autoencoder.AutoencoderKL", kl->embedDim, "");
    if (const auto* vq = std::get_if<nn::VqConfig>(&stage))
        return body(*vq, "ldm.models.autoencoder.VQModelInterface", vq->embedDim, ", n_embed: " + number(vq->codes));
    if (const auto* patch = std::get_if<nn::PatchConfig>(&stage))
        return "{target: phloxine.PatchAutoencoder, params: {patch: " + number(patch->patch) + ", z_channels: " + number(patch->zChannels) +
               ", decoder_widths: " + list(patch->decoderWidths) + ", norm_num_groups: " + number(patch->normGroups) + "}}";
    throw Error(ErrorCode::Unsupported, "This autoencoder has a shape that the configurations of CompVis cannot say; give another one.");
}

nn::ClipTextConfig readTowerConfig(const std::filesystem::path& file) {
    nn::ClipTextConfig config;
    if (file.empty() || !isThere(file)) return config;
    const auto json = readJsonFile(file);
    const auto valueOf = [&](const char* key, const Json& usual) { return json.is_object() ? json.value(key, usual) : Json(); };
    const auto heads = valueOf("num_attention_heads", 12), hidden = valueOf("hidden_act", "quick_gelu");
    if (!heads.is_number_integer() || heads.get<std::int64_t>() < 1 || heads.get<std::int64_t>() > 1024 || !hidden.is_string())
        throw Error(ErrorCode::Corrupt,
                    "The file " + file.filename().string() + " gives no usable num_attention_heads or hidden_act; correct it.");
    config.heads = heads.get<int>();
    const auto activation = hidden.get<std::string>();
    if (activation == "gelu") config.activation = nn::Activation::Gelu;
    else if (activation != "quick_gelu")
        throw Error(ErrorCode::Unsupported, "The activation \"" + activation + "\" of the text encoder is not known.", activation);
    return config;
}

ModelConfig readCompvisConfig(const std::filesystem::path& path, const std::filesystem::path& textConfig) {
    const auto file = path.filename().string();
    YAML::Node root;
    try {
        root = YAML::Load(readFile(path, 1 << 20));
    } catch (const YAML::Exception& e) {
        throw Error(ErrorCode::Yaml, "The configuration " + file + " is not valid YAML near line " + std::to_string(e.mark.line + 1) + ".",
                    e.what());
    }
    const auto model = Entry(root, "", file)["model"];
    const auto p = model["params"];
    if (!model || !p) model.fail("is missing");
    ModelConfig c;
    c.prediction = p["parameterization"].as<std::string>("eps");
    c.betaSchedule = p["beta_schedule"].as<std::string>("linear");
    c.timesteps = p["timesteps"].number(1000, 2, 100000);
    c.linearStart = p["linear_start"].real(1e-4);
    c.linearEnd = p["linear_end"].real(2e-2);
    if (!(c.linearStart > 0 && c.linearStart <= c.linearEnd && c.linearEnd < 1))
        p["linear_start"].fail("and linear_end do not make a noise schedule");
    c.scaleFactor = p["scale_factor"].real(1);
    if (!(c.scaleFactor > 0)) p["scale_factor"].fail("must be larger than zero");
    c.useEma = p["use_ema"].as<bool>(true);
    c.latentSize = p["image_size"].number(0, 0, 8192);
    c.network = unetConfig(p["unet_config"]);
    c.firstStage = firstStage(p["first_stage_config"]);
    c.condition = conditionStage(p["cond_stage_config"], textConfig);
    // A network with its own table of classes needs no encoder.
    if (const auto* unet = std::get_if<nn::UNetConfig>(&c.network);
        unet && unet->vectorInput == nn::VectorInput::Labels && std::holds_alternative<NoStage>(c.condition))
        c.condition = LabelStage{unet->classes, -1};
    return c;
}

} // namespace phloxine
