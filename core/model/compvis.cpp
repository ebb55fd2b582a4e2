// Checkpoint files of CompVis and of those who built on it: Lightning .ckpt, bare state dictionaries and single-file safetensors, with a
// YAML beside.
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/Checkpoint.h"
#include "core/model/compvis_config.h"
#include "core/tensor/checkpoint.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// EMA weights stand under "model_ema." + the parameter path of the wrapper without its dots.
void takeEma(Checkpoint& checkpoint, WeightChoice choice) {
    const auto ema = subset(checkpoint.weights, "model_ema.");
    std::erase_if(checkpoint.weights, [](const auto& item) { return item.first.starts_with("model_ema."); });
    if (const auto updates = ema.find("num_updates"); updates != ema.end() && updates->second.numel() == 1) {
        const double count = updates->second.to(at::kDouble).item<double>();
        if (!(count >= 0 && count < 1e15))
            throw Error(ErrorCode::Corrupt,
                        "The number of updates of the moving average in " + checkpoint.name + " is impossible; get the file again.");
        checkpoint.emaUpdates = std::int64_t(count);
    }
    if (choice == WeightChoice::Live || !checkpoint.config.useEma) return;
    for (auto& [key, tensor] : checkpoint.weights) {
        if (!key.starts_with("model.")) continue;
        auto plain = key.substr(6);
        std::erase(plain, '.');
        if (const auto it = ema.find(plain); it != ema.end()) tensor = it->second, checkpoint.emaUsed = true;
    }
}

// What other parts of the training left in the file: not ours to check or to keep.
void dropForeign(Weights& weights) {
    std::erase_if(weights, [](const auto& item) {
        for (const auto* prefix : {"inception.", "loss.", "first_stage_model.loss.", "first_stage_model.model_ema.",
                                   "cond_stage_model.transformer.vision_model.", "cond_stage_model.model.visual."})
            if (item.first.starts_with(prefix)) return true;
        return false;
    });
}

fs::path yamlBeside(const fs::path& file) {
    auto same = file;
    if (isThere(same.replace_extension(".yaml"))) return same;
    for (const auto* name : {"config.yaml", "project.yaml", "v1-inference.yaml", "v2-inference.yaml", "v2-inference-v.yaml"})
        if (isThere(file.parent_path() / name)) return file.parent_path() / name;
    return same;
}

// OpenCLIP's names and its packed projections in the names of transformers' CLIPTextModel.
void renameOpenClip(Weights& weights) {
    const std::string from = "cond_stage_model.model.", to = "cond_stage_model.transformer.text_model.";
    const auto old = subset(weights, from);
    if (old.empty() || !old.count("token_embedding.weight")) return;
    std::erase_if(weights, [&](const auto& item) { return item.first.starts_with(from); });
    int layers = 0;
    while (old.count("transformer.resblocks." + std::to_string(layers) + ".ln_1.weight")) ++layers;
    const std::pair<const char*, const char*> parts[] = {{"ln_1", "layer_norm1"},
                                                         {"ln_2", "layer_norm2"},
                                                         {"attn.out_proj", "self_attn.out_proj"},
                                                         {"mlp.c_fc", "mlp.fc1"},
                                                         {"mlp.c_proj", "mlp.fc2"}};
    for (int i = 0; i < layers; ++i) {
        const auto block = "transformer.resblocks." + std::to_string(i) + ".", layer = to + "encoder.layers." + std::to_string(i) + ".";
        for (const std::string kind : {"weight", "bias"}) {
            for (const auto& [open, clip] : parts)
                if (const auto it = old.find(block + open + "." + kind); it != old.end()) weights[layer + clip + "." + kind] = it->second;
            const auto packed = old.find(block + "attn.in_proj_" + kind);
            if (packed == old.end() || packed->second.dim() == 0 || packed->second.size(0) % 3) continue;
            const auto rows = packed->second.size(0) / 3;
            for (int part = 0; part < 3; ++part)
                weights[layer + "self_attn." + "qkv"[part] + "_proj." + kind] = packed->second.slice(0, part * rows, (part + 1) * rows);
        }
    }
    const std::pair<const char*, const char*> ends[] = {{"token_embedding.weight", "embeddings.token_embedding.weight"},
                                                        {"positional_embedding", "embeddings.position_embedding.weight"},
                                                        {"ln_final.weight", "final_layer_norm.weight"},
                                                        {"ln_final.bias", "final_layer_norm.bias"}};
    for (const auto& [open, clip] : ends)
        if (const auto it = old.find(open); it != old.end()) weights[to + clip] = it->second;
}

// Some files leave out "text_model".
void renameBareClip(Weights& weights) {
    const std::string bare = "cond_stage_model.transformer.";
    for (const auto* part : {"embeddings.", "encoder.", "final_layer_norm."})
        for (const auto& [key, tensor] : subset(weights, bare + part)) {
            weights[bare + "text_model." + part + key] = tensor;
            weights.erase(bare + part + key);
        }
}

} // namespace

std::vector<fs::path> settingsBeside(const fs::path& file) {
    std::vector<fs::path> files;
    for (const auto& found : {yamlBeside(file), file.parent_path() / "text_config.json"})
        if (isThere(found)) files.push_back(found);
    return files;
}

Checkpoint openCompvis(const fs::path& file, const OpenOptions& options) {
    const auto yaml = options.config.empty() ? yamlBeside(file) : options.config;
    const auto text = options.textConfig.empty() ? file.parent_path() / "text_config.json" : options.textConfig;
    Checkpoint checkpoint;
    checkpoint.name = file.filename().string();
    checkpoint.weights = readCheckpoint(file);
    checkpoint.config =
        isThere(yaml) || !options.config.empty() ? readCompvisConfig(yaml, text) : configFromWeights(checkpoint.weights, checkpoint.name);
    takeEma(checkpoint, options.weights);
    dropForeign(checkpoint.weights);
    renameOpenClip(checkpoint.weights);
    renameBareClip(checkpoint.weights);
    return checkpoint;
}

} // namespace phloxine
