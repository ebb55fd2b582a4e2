#include "core/model/diffusers_folder.h"

#include <regex>

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// diffusers counts the decoder's blocks from the coarsest, CompVis from the finest.
std::string compvisKey(std::string key, int levels) {
    static const std::regex down("encoder\\.down_blocks\\.(\\d+)\\.resnets\\."),
        up("decoder\\.up_blocks\\.(\\d+)\\.(resnets|upsamplers)\\."), sampler("encoder\\.down_blocks\\.(\\d+)\\.downsamplers\\.0\\.");
    std::smatch m;
    if (std::regex_search(key, m, sampler)) key = "encoder.down." + m[1].str() + ".downsample." + m.suffix().str();
    else if (std::regex_search(key, m, down)) key = "encoder.down." + m[1].str() + ".block." + m.suffix().str();
    else if (std::regex_search(key, m, up)) {
        const auto level = "decoder.up." + std::to_string(levels - 1 - std::stoi(m[1].str()));
        key = level + (m[2] == "resnets" ? ".block." + m.suffix().str() : ".upsample." + replaced(m.suffix().str(), "0.", ""));
    }
    key = replaced(replaced(key, "mid_block.resnets.0", "mid.block_1"), "mid_block.resnets.1", "mid.block_2");
    if (key.find("mid_block.attentions.0") != std::string::npos) {
        key = replaced(key, "mid_block.attentions.0", "mid.attn_1");
        key = replaced(replaced(replaced(key, ".to_q.", ".q."), ".to_k.", ".k."), ".to_v.", ".v.");
        key = replaced(replaced(key, ".to_out.0.", ".proj_out."), ".group_norm.", ".norm.");
    }
    return replaced(replaced(key, "conv_norm_out", "norm_out"), "conv_shortcut", "nin_shortcut");
}

} // namespace

Checkpoint openDiffusersVae(const std::filesystem::path& folder) {
    const auto json = readJsonFile(folder / "vae" / "config.json");
    if (json.value("_class_name", std::string()) != "AutoencoderKL" || json.value("shift_factor", Json()).is_number())
        throw Error(ErrorCode::Unsupported,
                    "The autoencoder of " + folder.filename().string() + " is not a plain AutoencoderKL, which is not supported yet.");
    nn::KlConfig c;
    const auto widths = json.at("block_out_channels").get<std::vector<int>>();
    c.channels = widths.at(0);
    c.channelMult.clear();
    for (const int width : widths) c.channelMult.push_back(width / c.channels);
    c.resBlocks = json.value("layers_per_block", 2);
    c.zChannels = c.embedDim = json.value("latent_channels", 4);
    Checkpoint checkpoint{folder.filename().string(), {}, {}, false};
    for (const auto& [key, tensor] : readSafetensors(folder / "vae" / "diffusion_pytorch_model.safetensors")) {
        const auto renamed = compvisKey(key, int(widths.size()));
        // The attention's linear layers are 1x1 convolutions in CompVis.
        const bool linear = tensor.dim() == 2 && renamed.find("attn_1") != std::string::npos;
        checkpoint.weights["first_stage_model." + renamed] = linear ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor;
    }
    checkpoint.config.scaleFactor = json.value("scaling_factor", 0.18215);
    checkpoint.config.firstStage = c;
    return checkpoint;
}

Checkpoint openDiffusersText(const std::filesystem::path& folder) {
    Checkpoint checkpoint{folder.filename().string(), {}, {}, false};
    TextEncoderConfig config;
    config.tower = readTowerConfig(folder / "text_encoder" / "config.json");
    const auto pad = readJsonFile(folder / "tokenizer" / "special_tokens_map.json").value("pad_token", Json("<|endoftext|>"));
    const auto word = pad.is_object() ? pad.value("content", std::string()) : pad.is_string() ? pad.get<std::string>() : std::string();
    if (word == "!") config.pad = 0; // Stable Diffusion 2
    else if (word != "<|endoftext|>")
        throw Error(ErrorCode::Unsupported, "The padding token \"" + word + "\" of " + checkpoint.name + " is not known.", word);
    checkpoint.config.condition = config;
    for (const auto& [key, tensor] : readSafetensors(folder / "text_encoder" / "model.safetensors"))
        checkpoint.weights["cond_stage_model.transformer." + key] = tensor;
    return checkpoint;
}

} // namespace phloxine
