#pragma once
// The weights and the configuration of a checkpoint, whatever file or folder they came from, before anything is bound.
#include <filesystem>
#include <string>
#include <vector>

#include "core/model/ModelConfig.h"
#include "core/tensor/Weights.h"

namespace phloxine {

// Masters stay memory-mapped. Keys are those of CompVis: model.diffusion_model.*, first_stage_model.*, cond_stage_model.*; transformers
// keep diffusers' names below model.diffusion_model.
struct Checkpoint {
    std::string name; // for messages
    Weights weights;
    ModelConfig config;
    bool emaUsed = false;
    std::int64_t emaUpdates = 0; // 0 = not stated
};

enum class WeightChoice { EmaIfThere, Live };
struct OpenOptions {
    std::filesystem::path config, textConfig; // empty: found beside the file
    WeightChoice weights = WeightChoice::EmaIfThere;
};

// A format of checkpoints is a row: how a file or folder is recognised, and what opens it.
struct FormatRow {
    const char *id, *title;
    bool (*recognise)(const std::filesystem::path& path);
    Checkpoint (*open)(const std::filesystem::path& path, const OpenOptions& options);
    std::vector<std::filesystem::path> (*weightFiles)(const std::filesystem::path& path); // what the hash is taken of
};
const std::vector<FormatRow>& formats();
const FormatRow& formatOf(const std::filesystem::path& path); // Error(NotFound | NotAModel)

// Error(NotFound | NotAModel | Truncated | Corrupt | Unsafe | Yaml | Unsupported | ...). Nothing of the file runs.
Checkpoint openCheckpoint(const std::filesystem::path& path, const OpenOptions& options = {});

// One loader per format.
Checkpoint openCompvis(const std::filesystem::path& file, const OpenOptions& options);       // weights with a YAML beside
Checkpoint openDiffusers(const std::filesystem::path& folder, const OpenOptions& options);   // model_index.json
Checkpoint openModelFolder(const std::filesystem::path& folder, const OpenOptions& options); // model.json
std::vector<std::filesystem::path> settingsBeside(const std::filesystem::path& file);        // what openCompvis() reads beside the weights
// What a model folder's weights are read from: a file, or a folder of diffusers inside it; another path is its own source.
std::filesystem::path sourceOfModel(const std::filesystem::path& path);
// A folder like `original` with other weights, under the keys of a Checkpoint; parts that Phloxine does not read (a safety checker) are
// left out. Error(Exists | MissingKey | Shape | DiskFull | ...).
void writeDiffusers(const std::filesystem::path& original, const Weights& weights, const std::filesystem::path& folder);
Checkpoint openDiffusersAutoencoder(const std::filesystem::path& folder); // "vae" alone: config.json and its weights
std::vector<std::filesystem::path> weightFilesOfDiffusers(const std::filesystem::path& folder);
std::vector<std::filesystem::path> weightFilesOfModelFolder(const std::filesystem::path& folder);

} // namespace phloxine
