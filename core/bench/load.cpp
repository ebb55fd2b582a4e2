#include "core/bench/load.h"

#include <chrono>
#include <cstdio>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/bench/rows.h"
#include "core/model/Model.h"
#include "core/model/formula_checkpoint.h"
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

struct Size {
    const char* name;
    const char* parts; // JSON, as the YAML of the model has it
    const char* yaml;
};

// The networks of PathLDM (Yellapragada et al. 2024) and of Stable Diffusion 1 (Rombach et al. 2022) in full size.
constexpr Size sizes[] = {
    {"pathldm",
     R"([["UNetModel", {"image_size": 64, "in_channels": 3, "out_channels": 3, "model_channels": 192, "attention_resolutions": [8, 4, 2],
          "num_res_blocks": 2, "channel_mult": [1, 2, 3, 5], "num_heads": 1, "use_spatial_transformer": true, "context_dim": 512}],
         ["VQModelInterface", {"embed_dim": 3, "n_embed": 8192, "ddconfig": {"z_channels": 3, "resolution": 256, "in_channels": 3,
          "out_ch": 3, "ch": 128, "ch_mult": [1, 2, 4], "num_res_blocks": 2, "attn_resolutions": []}}],
         ["CLIPTextModel", {"vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12,
          "num_attention_heads": 8, "max_position_embeddings": 77}]])",
     R"({"linear_start": 0.0015, "linear_end": 0.0195, "timesteps": 1000, "image_size": 64, "use_ema": false})"},
    {"sd15",
     R"([["UNetModel", {"image_size": 32, "in_channels": 4, "out_channels": 4, "model_channels": 320, "attention_resolutions": [4, 2, 1],
          "num_res_blocks": 2, "channel_mult": [1, 2, 4, 4], "num_heads": 8, "use_spatial_transformer": true, "context_dim": 768}],
         ["AutoencoderKL", {"embed_dim": 4, "ddconfig": {"z_channels": 4, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 128,
          "ch_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_resolutions": []}}],
         ["CLIPTextModel", {"vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
          "num_attention_heads": 12, "max_position_embeddings": 77}]])",
     R"({"linear_start": 0.00085, "linear_end": 0.012, "timesteps": 1000, "image_size": 32, "scale_factor": 0.18215, "use_ema": false})"}};

// YAML is a superset of JSON.
std::string configText(const Size& size) {
    auto params = Json::parse(size.yaml);
    const auto parts = Json::parse(size.parts);
    params["unet_config"] = {{"target", "ldm.modules.diffusionmodules.openaimodel.UNetModel"}, {"params", parts[0][1]}};
    params["first_stage_config"] = {{"target", "ldm.models.autoencoder." + parts[1][0].get<std::string>()}, {"params", parts[1][1]}};
    params["cond_stage_config"] = {{"target", "ldm.modules.encoders.modules.FrozenCLIPEmbedder"}};
    return Json{{"model", {{"params", params}}}}.dump(1) + "\n";
}

fs::path modelFile(const Size& size, const BenchOptions& options) {
    const auto file = options.folder / (std::string(size.name) + ".safetensors");
    if (fs::exists(file)) return file;
    if (options.progress) options.progress(std::string("Writing a file of the size of ") + size.name);
    makeWritableFolder(options.folder);
    std::vector<FormulaPart> parts;
    for (const auto& part : Json::parse(size.parts)) parts.push_back({part[0], part[1]});
    auto weights = formulaCheckpoint(parts, "bench/", 1).weights;
    for (auto& [key, tensor] : weights) tensor = tensor.to(at::kHalf);
    writeFileAtomically(options.folder / (std::string(size.name) + ".yaml"), configText(size), IfExists::Replace);
    writeSafetensors(file, weights);
    return file;
}

constexpr const char* pythonLoad = R"(
import json, os, resource, time
import torch
from safetensors.torch import load_file
dtype = {'bf16': torch.bfloat16, 'fp32': torch.float32}[os.environ['PHLOXINE_BENCH_PRECISION']]
before = time.perf_counter()
weights = load_file(os.environ['PHLOXINE_BENCH_FILE'])
for key in list(weights): weights[key] = weights[key].to(dtype)
seconds = time.perf_counter() - before
print(json.dumps({'seconds': seconds, 'peak_memory_bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
)";

struct Samples {
    std::vector<double> seconds;
    std::uint64_t peak = 0;
    void add(const Json& json) {
        seconds.push_back(json.at("seconds"));
        peak = std::max(peak, json.at("peak_memory_bytes").get<std::uint64_t>());
    }
    BenchResult result(const std::string& name, const std::string& note) const {
        auto row = resultOf(name, seconds, note);
        row.peakMemoryBytes = peak;
        return row;
    }
};

std::string ratioNote(std::uint64_t peak, std::int64_t weights) {
    char text[80];
    std::snprintf(text, sizeof text, "peak %.2f x the weights in this precision", double(peak) / double(weights));
    return text;
}

} // namespace

Json measureLoad(const fs::path& file, const std::string& precision) {
    initDevices("cpu");
    const auto binding = Binding::forInference(choosePrecision(precision, at::kCPU));
    const auto start = Clock::now();
    const auto checkpoint = openCheckpoint(file);
    const auto network = bindNetwork(checkpoint, binding);
    const auto autoencoder = bindAutoencoder(checkpoint, binding);
    const auto condition = bindCondition(checkpoint, binding);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return {{"seconds", seconds},
            {"peak_memory_bytes", peakMemoryBytes()},
            {"weights_bytes", parameterCount(checkpoint.weights) * std::int64_t(at::elementSize(binding.dtype))}};
}

std::vector<BenchResult> benchLoad(const BenchOptions& options) {
    initDevices("cpu");
    std::vector<BenchResult> results;
    for (const auto& size : sizes) {
        const auto file = modelFile(size, options);
        setenv("PHLOXINE_BENCH_FILE", file.c_str(), 1);
        setenv("PHLOXINE_BENCH_PROGRAM", options.program.c_str(), 1);
        setenv("PHLOXINE_BENCH_PYTHON", options.python.c_str(), 1);
        setenv("PHLOXINE_BENCH_SCRIPT", pythonLoad, 1);
        for (const std::string precision : {"bf16", "fp32"}) {
            setenv("PHLOXINE_BENCH_PRECISION", precision.c_str(), 1);
            Samples ours, peer;
            std::int64_t weights = 1;
            for (int run = 0; run <= options.runs; ++run) { // in turns, so that both meet the same load; the first round warms the cache
                if (options.progress) options.progress("Opening " + file.filename().string() + " in " + precision);
                const auto json = outputOf(
                    "\"$PHLOXINE_BENCH_PROGRAM\" bench --measure-load \"$PHLOXINE_BENCH_FILE\" --precision \"$PHLOXINE_BENCH_PRECISION\"");
                weights = json.at("weights_bytes");
                if (run > 0) ours.add(json);
                if (!options.python.empty()) {
                    const auto other = outputOf("\"$PHLOXINE_BENCH_PYTHON\" -c \"$PHLOXINE_BENCH_SCRIPT\"");
                    if (run > 0) peer.add(other);
                }
            }
            const auto name = "load/" + std::string(size.name) + "-" + precision + "/";
            results.push_back(ours.result(name + "phloxine", ratioNote(ours.peak, weights)));
            if (!options.python.empty()) results.push_back(peer.result(name + "pytorch", ratioNote(peer.peak, weights)));
        }
    }
    return results;
}

} // namespace phloxine
