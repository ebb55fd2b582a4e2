#include "core/model/lora.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/model/diffusers_names.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

struct Suffix {
    std::string_view ending;
    enum Part { Down, Up, Alpha } part;
};
constexpr Suffix suffixes[] = {{".lora_A.weight", Suffix::Down},
                               {".lora_B.weight", Suffix::Up},
                               {".lora_A.default.weight", Suffix::Down},
                               {".lora_B.default.weight", Suffix::Up},
                               {".lora_down.weight", Suffix::Down},
                               {".lora_up.weight", Suffix::Up},
                               {".lora.down.weight", Suffix::Down},
                               {".lora.up.weight", Suffix::Up},
                               {"_lora.down.weight", Suffix::Down},
                               {"_lora.up.weight", Suffix::Up},
                               {".lora_linear_layer.down.weight", Suffix::Down},
                               {".lora_linear_layer.up.weight", Suffix::Up},
                               {".alpha", Suffix::Alpha}};

constexpr std::string_view others[] = {".hada_w1_a", ".lokr_w1", ".lokr_w1_a", ".dora_scale", ".lora_mid.weight", ".oft_blocks"};

constexpr std::string_view denoiser = "model.diffusion_model.", text = "cond_stage_model.transformer.text_model.", weight = ".weight";

std::string underscored(std::string name) {
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
}

std::string erased(std::string name, std::string_view part) {
    if (const auto at = name.find(part); at != std::string::npos) name.erase(at, part.size());
    return name;
}

// "unet.down_blocks.0..." and "lora_unet_down_blocks_0_..." become "unet down_blocks_0_...".
std::string layerName(std::string name) {
    struct Prefix {
        std::string_view text, kind;
    };
    constexpr Prefix prefixes[] = {{"lora_unet_", "unet "},    {"lora_te_text_model_", "text "},
                                   {"lora_te_", "text "},      {"text_encoder.text_model.", "text "},
                                   {"text_encoder.", "text "}, {"unet.", "unet "},
                                   {"transformer.", "unet "},  {"base_model.model.", "unet "}};
    for (const auto& [text, kind] : prefixes)
        if (name.starts_with(text)) {
            // Before diffusers 0.22 the attention processors carried the layers: "attn1.processor.to_out_lora" is attn1.to_out.0.
            auto layer = underscored(erased(name.substr(text.size()), "processor."));
            if (name.find("processor.to_out") != std::string::npos) layer += "_0";
            return std::string(kind) + layer;
        }
    return "unet " + underscored(name); // a bare PEFT adapter of the denoiser
}

// PEFT keeps alpha and rank beside the tensors: in the metadata of newer diffusers, else in adapter_config.json.
std::optional<double> alphaBeside(const fs::path& file, const std::map<std::string, std::string>& metadata, const std::string& component) {
    Json config = Json::object();
    std::string key = "lora_alpha"; // save_lora_adapter() of diffusers writes it bare, its pipelines with the name of the part
    if (const auto stored = metadata.find("lora_adapter_metadata"); stored != metadata.end()) {
        config = parseJson(stored->second, file.filename().string());
        for (const auto& prefix : {component + ".", std::string("transformer.")})
            if (config.is_object() && config.contains(prefix + "lora_alpha")) key = prefix + "lora_alpha";
        // Of another part it would be taken for the rank, and the LoRA for many times as strong as it is.
        if (config.is_object() && !config.contains(key))
            for (const auto& [name, value] : config.items())
                if (name.ends_with("lora_alpha") && name.find("text_encoder") == std::string::npos && component != "text_encoder")
                    throw Error(ErrorCode::Unsupported,
                                "The LoRA " + file.filename().string() + " gives its strength for \"" + name +
                                    "\", which is no part that Phloxine knows, so it was not used.",
                                name);
    } else if (isThere(file.parent_path() / "adapter_config.json")) config = readJsonFile(file.parent_path() / "adapter_config.json");
    const auto alpha = config.is_object() ? config.value(key, Json()) : Json(false);
    if (!alpha.is_null() && !alpha.is_number())
        throw Error(ErrorCode::Corrupt,
                    "The settings of the LoRA " + file.filename().string() + " give no usable lora_alpha; get the file again.");
    return alpha.is_number() ? std::optional(alpha.get<double>()) : std::nullopt;
}

} // namespace

LoraNames::LoraNames(const ModelConfig& config) {
    if (const auto* unet = std::get_if<nn::UNetConfig>(&config.network)) m_blocks = unetBlockNames(*unet);
}

std::string LoraNames::layerOf(const std::string& key, const at::Tensor& tensor) const {
    if (!key.ends_with(weight) || tensor.dim() < 2) return {};
    const auto name = [&](std::string_view prefix) { return key.substr(prefix.size(), key.size() - prefix.size() - weight.size()); };
    if (key.starts_with(text)) return "text " + underscored(name(text));
    if (!key.starts_with(denoiser)) return {};
    const auto own = name(denoiser), other = diffusersUNetName(own, m_blocks);
    return "unet " + underscored(other.empty() ? own : other);
}

void writeLora(const fs::path& file, const Lora& lora) {
    Weights tensors;
    for (const auto& [name, layer] : lora.layers) {
        const bool ofText = name.starts_with("text ");
        const auto prefix = (ofText ? "lora_te_text_model_" : "lora_unet_") + name.substr(5);
        tensors[prefix + ".lora_down.weight"] = layer.down.detach().contiguous();
        tensors[prefix + ".lora_up.weight"] = layer.up.detach().contiguous();
        tensors[prefix + ".alpha"] = at::scalar_tensor(layer.alpha.value_or(double(layer.down.size(0))), at::kFloat);
    }
    writeSafetensors(file, tensors);
}

Lora readLora(const fs::path& file) {
    Lora lora{file.filename().string(), {}};
    std::map<std::string, std::string> metadata;
    const auto tensors = file.extension() == ".safetensors" ? readSafetensors(file, &metadata) : readCheckpoint(file);
    for (const auto& [key, tensor] : tensors) {
        for (const auto other : others)
            if (key.ends_with(other))
                throw Error(ErrorCode::Unsupported,
                            "The file " + lora.name + " is not a plain LoRA (it holds \"" + key + "\"); only LoRA is supported.", key);
        const auto* row = std::find_if(std::begin(suffixes), std::end(suffixes), [&](const Suffix& s) { return key.ends_with(s.ending); });
        if (row == std::end(suffixes)) continue;
        auto& layer = lora.layers[layerName(key.substr(0, key.size() - row->ending.size()))];
        if (row->part == Suffix::Alpha) {
            if (tensor.numel() != 1)
                throw Error(ErrorCode::Corrupt, "The LoRA " + lora.name + " has an alpha that is not one number: \"" + key + "\".", key);
            layer.alpha = tensor.to(at::kDouble).item<double>();
        } else (row->part == Suffix::Down ? layer.down : layer.up) = tensor;
    }
    if (lora.layers.empty()) throw Error(ErrorCode::NotAModel, "The file " + lora.name + " holds no LoRA.");
    for (auto& [name, layer] : lora.layers) {
        if (!layer.down.defined() || !layer.up.defined())
            throw Error(ErrorCode::MissingKey,
                        "The LoRA " + lora.name + " lacks one half of the layer \"" + name + "\"; get the file again.", name);
        // up is a matrix, also where it is stored as a 1 x 1 convolution: [out, rank]
        const auto rank = layer.down.dim() < 2 ? 0 : layer.down.size(0);
        if (rank < 1 || layer.up.dim() < 2 || layer.up.size(1) != rank || layer.up.numel() != layer.up.size(0) * rank)
            throw Error(ErrorCode::Shape,
                        "The two halves of the layer \"" + name + "\" in the LoRA " + lora.name +
                            " do not fit: " + shapeText(layer.down.sizes()) + " and " + shapeText(layer.up.sizes()) + ".",
                        name);
        if (!layer.alpha) layer.alpha = alphaBeside(file, metadata, name.starts_with("text ") ? "text_encoder" : "unet");
    }
    requireFinite(tensors, "the LoRA " + lora.name);
    return lora;
}

void mergeLora(Checkpoint& checkpoint, const Lora& lora, double strength) {
    const LoraNames names(checkpoint.config), ownNames{ModelConfig{}};
    std::map<std::string, std::string> keys; // every name that a layer is known by, to its key
    for (const auto& [key, tensor] : checkpoint.weights)
        for (const auto* known : {&names, &ownNames})
            if (const auto layer = known->layerOf(key, tensor); !layer.empty()) keys[layer] = key;
    for (const auto& [name, layer] : lora.layers) {
        const auto key = keys.find(name);
        if (key == keys.end())
            throw Error(ErrorCode::MissingKey,
                        "The LoRA " + lora.name + " changes the layer \"" + name + "\", which " + checkpoint.name +
                            " does not have; it was made for another model.",
                        name);
        auto& master = checkpoint.weights.at(key->second);
        const auto rank = layer.down.size(0);
        const auto out = layer.up.size(0), in = layer.down.numel() / rank; // checked before the product is made
        if (out != master.size(0) || in != master.numel() / std::max<std::int64_t>(out, 1))
            throw Error(ErrorCode::Shape,
                        "The layer \"" + name + "\" of the LoRA " + lora.name + " has the shape " + shapeText({out, in}) + " where " +
                            checkpoint.name + " has " + shapeText(master.sizes()) + ".",
                        name);
        const auto change = at::matmul(layer.up.to(at::kFloat).flatten(1), layer.down.to(at::kFloat).flatten(1));
        master = master.to(at::kFloat) + strength * layer.alpha.value_or(double(rank)) / double(rank) * change.view(master.sizes());
    }
}

} // namespace phloxine
