#pragma once
// A small Stable Diffusion 1 in both forms: the folder models/sd1-tiny of tests/reference, its twin under CompVis' names, and a folder of
// diffusers made from that again. Upstream's own table gives the names (tests/data/sd1-tiny-keys.tsv).
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include <QTemporaryDir>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

struct KeyPair {
    std::string compvis, part, diffusers, compvisShape, diffusersShape;
};
inline std::vector<KeyPair> keyPairs() {
    std::vector<KeyPair> pairs;
    std::ifstream file(PHLOXINE_TEST_DATA "/sd1-tiny-keys.tsv");
    std::string line;
    for (std::getline(file, line); std::getline(file, line);) {
        std::istringstream fields(line);
        std::string compvis, other, shape, otherShape;
        std::getline(fields, compvis, '\t'), std::getline(fields, other, '\t');
        std::getline(fields, shape, '\t'), std::getline(fields, otherShape, '\t');
        const auto slash = other.find('/');
        pairs.push_back({compvis, other.substr(0, slash), other.substr(slash + 1), shape, otherShape});
    }
    return pairs;
}

// The twin of the folder models/sd1-tiny under CompVis' names, which upstream's own table gives; made once for a process.
inline std::filesystem::path compvisFile() {
    static const QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString(), file = folder / "model.safetensors";
    if (std::filesystem::exists(file)) return file;
    const std::filesystem::path source = PHLOXINE_TEST_REFERENCE "/models/sd1-tiny";
    std::map<std::string, Weights> parts{{"unet", readSafetensors(source / "unet/diffusion_pytorch_model.safetensors")},
                                         {"vae", readSafetensors(source / "vae/diffusion_pytorch_model.safetensors")},
                                         {"text_encoder", readSafetensors(source / "text_encoder/model.safetensors")}};
    Weights weights;
    for (const auto& pair : keyPairs()) {
        auto tensor = parts.at(pair.part).at(pair.diffusers);
        if (pair.compvisShape != pair.diffusersShape)
            tensor = tensor.unsqueeze(-1).unsqueeze(-1); // linear layers that CompVis has as 1x1 convolutions
        weights[pair.compvis] = tensor;
    }
    for (const auto& [key, tensor] : parts.at("text_encoder")) weights["cond_stage_model.transformer." + key] = tensor;
    for (const auto* name : {"v1-inference.yaml", "text_config.json"})
        std::filesystem::copy_file(std::filesystem::path(PHLOXINE_TEST_DATA "/sd1-tiny-singlefile") / name, folder / name);
    writeSafetensors(file, weights);
    return file;
}

inline void writeJson(const std::filesystem::path& file, const Json& json) {
    std::filesystem::create_directories(file.parent_path());
    writeFileAtomically(file, json.dump(), IfExists::Replace);
}

inline std::filesystem::path makeDiffusersFolder(const std::filesystem::path& folder) {
    writeJson(folder / "model_index.json", {{"_class_name", "StableDiffusionPipeline"}});
    writeJson(folder / "scheduler/scheduler_config.json", {{"_class_name", "PNDMScheduler"},
                                                           {"beta_start", 0.00085},
                                                           {"beta_end", 0.012},
                                                           {"beta_schedule", "scaled_linear"},
                                                           {"num_train_timesteps", 1000}});
    writeJson(folder / "text_encoder/config.json",
              {{"architectures", {"CLIPTextModel"}}, {"hidden_act", "quick_gelu"}, {"num_attention_heads", 2}, {"num_hidden_layers", 2}});
    writeJson(folder / "tokenizer/special_tokens_map.json", {{"pad_token", "<|endoftext|>"}});
    writeJson(folder / "unet/config.json", {{"_class_name", "UNet2DConditionModel"},
                                            {"attention_head_dim", 8},
                                            {"block_out_channels", {32, 32, 64}},
                                            {"cross_attention_dim", 8},
                                            {"down_block_types", {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"}},
                                            {"in_channels", 4},
                                            {"out_channels", 4},
                                            {"layers_per_block", 1},
                                            {"sample_size", 8}});
    writeJson(folder / "vae/config.json", {{"_class_name", "AutoencoderKL"},
                                           {"block_out_channels", {32, 32, 32, 32}},
                                           {"layers_per_block", 1},
                                           {"latent_channels", 4},
                                           {"scaling_factor", 0.18215}});
    const auto all = readSafetensors(compvisFile());
    std::map<std::string, Weights> parts;
    for (const auto& pair : keyPairs()) {
        auto tensor = all.at(pair.compvis);
        if (pair.compvisShape != pair.diffusersShape) tensor = tensor.flatten(1); // 1 x 1 convolutions that are linear layers there
        parts[pair.part][pair.diffusers] = tensor;
    }
    for (const auto& [key, tensor] : subset(all, "cond_stage_model.transformer.")) parts["text_encoder"][key] = tensor;
    writeSafetensors(folder / "unet/diffusion_pytorch_model.safetensors", parts["unet"]);
    writeSafetensors(folder / "vae/diffusion_pytorch_model.safetensors", parts["vae"]);
    writeSafetensors(folder / "text_encoder/model.safetensors", parts["text_encoder"]);
    return folder;
}

// A copy whose weights are links, so that one piece can be changed.
inline std::filesystem::path linkedCopy(const std::filesystem::path& from, const std::filesystem::path& to) {
    namespace fs = std::filesystem;
    fs::remove_all(to);
    for (const auto& item : fs::recursive_directory_iterator(from)) {
        if (!item.is_regular_file()) continue;
        const auto target = to / item.path().lexically_relative(from);
        fs::create_directories(target.parent_path());
        if (target.extension() == ".safetensors") fs::create_symlink(fs::absolute(item.path()), target);
        else fs::copy_file(item.path(), target);
    }
    return to;
}

} // namespace phloxine
