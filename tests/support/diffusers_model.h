#pragma once
// A small Stable Diffusion 1 in both forms: the folder of diffusers in tests/reference, and a CompVis file made from it with upstream's own
// table of names (tests/data/sd1-tiny-keys.tsv).
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

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

inline void writeJson(const std::filesystem::path& file, const Json& json) {
    std::filesystem::create_directories(file.parent_path());
    writeFileAtomically(file, json.dump(), IfExists::Replace);
}

inline std::filesystem::path diffusersModel() { return PHLOXINE_TEST_REFERENCE "/models/sd1-tiny"; }

// In the layout of CompVis, with the numbers of that model.
inline constexpr const char* compvisYaml = R"(model:
  params:
    linear_start: 0.00085
    linear_end: 0.012
    timesteps: 1000
    image_size: 8
    scale_factor: 0.18215
    use_ema: false
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        in_channels: 4
        out_channels: 4
        model_channels: 32
        attention_resolutions:
        - 1
        - 2
        num_res_blocks: 1
        channel_mult:
        - 1
        - 1
        - 2
        num_heads: 8
        use_spatial_transformer: true
        transformer_depth: 1
        context_dim: 8
        legacy: false
    first_stage_config:
      target: ldm.models.autoencoder.AutoencoderKL
      params:
        embed_dim: 4
        ddconfig:
          z_channels: 4
          resolution: 64
          in_channels: 3
          out_ch: 3
          ch: 32
          ch_mult:
          - 1
          - 1
          - 1
          - 1
          num_res_blocks: 1
          attn_resolutions: []
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
)";

// model.safetensors, with v1-inference.yaml and text_config.json beside it.
inline std::filesystem::path makeCompvisFile(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    std::map<std::string, Weights> parts;
    for (const std::string part : {"unet", "vae"})
        parts[part] = readSafetensors(diffusersModel() / part / "diffusion_pytorch_model.safetensors");
    Weights all;
    for (const auto& pair : keyPairs()) {
        auto tensor = parts.at(pair.part).at(pair.diffusers);
        if (pair.compvisShape != pair.diffusersShape)
            tensor = tensor.unsqueeze(-1).unsqueeze(-1); // linear layers that are 1 x 1 convolutions there
        all[pair.compvis] = tensor;
    }
    for (const auto& [key, tensor] : readSafetensors(diffusersModel() / "text_encoder/model.safetensors"))
        all["cond_stage_model.transformer." + key] = tensor;
    writeSafetensors(folder / "model.safetensors", all);
    writeFileAtomically(folder / "v1-inference.yaml", std::string_view(compvisYaml));
    writeFileAtomically(folder / "text_config.json", std::string_view(R"({"hidden_act":"quick_gelu","num_attention_heads":2})"));
    return folder / "model.safetensors";
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
