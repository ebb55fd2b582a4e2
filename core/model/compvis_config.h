#pragma once
// The YAML beside a CompVis checkpoint, read as data: what a `target:` names is recognised from a table and never run.
#include <filesystem>
#include <string>
#include <variant>

#include "core/condition/encoders.h"
#include "core/nn/kl_autoencoder.h"
#include "core/nn/patch_autoencoder.h"
#include "core/nn/unet.h"

namespace phloxine {

struct ClassStage {
    int classes = 0;
};
struct UnsupportedStage {
    std::string target; // named, so that the message can say what is missing
};

struct ModelConfig {
    std::string prediction = "eps", betaSchedule = "linear";
    int timesteps = 1000;
    double linearStart = 0.0015, linearEnd = 0.0195, scaleFactor = 1;
    bool useEma = false;
    int latentSize = 0;
    nn::UNetConfig unet;
    std::variant<UnsupportedStage, nn::KlConfig, nn::PatchConfig> firstStage;
    std::variant<UnsupportedStage, TextEncoderConfig, ClassStage> condition;
};

// `textConfig`: JSON with the shape of the text tower (heads and activation cannot be read from weights); may not exist.
// Error(NotFound | Yaml | Unsupported).
ModelConfig readCompvisConfig(const std::filesystem::path& yaml, const std::filesystem::path& textConfig = {});

// Heads and activation from a CLIP text tower's config.json; the usual ones where the file is not there. Error(Corrupt | Unsupported).
nn::ClipTextConfig readTowerConfig(const std::filesystem::path& file);

} // namespace phloxine
