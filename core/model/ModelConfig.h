#pragma once
// What a checkpoint is made of, as data: read from a CompVis YAML, from the JSON files of a diffusers folder, or from the weights
// themselves.
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/condition/encoders.h"
#include "core/condition/vector_encoders.h"
#include "core/nn/dit.h"
#include "core/nn/kl_autoencoder.h"
#include "core/nn/patch_autoencoder.h"
#include "core/nn/pixart.h"
#include "core/nn/unet.h"
#include "core/nn/vq_autoencoder.h"

namespace phloxine {

struct UnsupportedStage {
    std::string target; // named, so that the message can say what is missing
};
struct NoStage {}; // a model without this part
struct LabelStage {
    int classes = 0, null = -1; // rows of the network's own table; the one that stands for none, -1 where there is none
};
struct TokenStage {}; // the vectors are the tokens

struct ModelConfig {
    std::string family = "compvis-ldm";                      // "compvis-ldm", "diffusers-sd", "diffusers-pixart", "diffusers-dit"
    std::string prediction = "eps", betaSchedule = "linear"; // "eps", "v", "x0", "flow"; the schedule by its CompVis name
    int timesteps = 1000;
    double linearStart = 0.0015, linearEnd = 0.0195;
    double scaleFactor = 1, shiftFactor = 0; // latent = (encode(image) - shift) * scale
    bool useEma = false;
    int latentSize = 0; // edge that the denoiser was trained on
    std::variant<UnsupportedStage, nn::UNetConfig, nn::DitConfig, nn::PixartConfig> network;
    std::variant<UnsupportedStage, NoStage, nn::KlConfig, nn::VqConfig, nn::PatchConfig> firstStage;
    std::variant<UnsupportedStage, NoStage, TextEncoderConfig, ClassStage, LabelStage, TokenStage, PatchEncoderConfig,
                 nn::VitConditionConfig>
        condition;
    std::vector<std::string> notes; // settings that were assumed, in words
    Json scheduler;                 // of a diffusers folder: its scheduler_config.json; else null
};

int pixelsPerLatent(const ModelConfig& config); // 0 where there is no first stage

} // namespace phloxine
