#pragma once
// A loaded model: its weights, and the functions bound from them.
#include <filesystem>
#include <memory>
#include <string>

#include "core/diffusion/denoiser.h"
#include "core/model/ModelCard.h"
#include "core/model/compvis_config.h"

namespace phloxine {

// The weights and the configuration of a checkpoint, before anything is bound. Masters stay memory-mapped.
struct Checkpoint {
    std::string name; // for messages
    Weights weights;  // CompVis keys
    ModelConfig config;
    bool emaUsed = false;
};

enum class WeightChoice { EmaIfThere, Live };
// A checkpoint file with its YAML. Empty `yaml`: config.yaml or project.yaml beside the file.
Checkpoint openCheckpoint(const std::filesystem::path& file, std::filesystem::path yaml = {}, std::filesystem::path textConfig = {},
                          WeightChoice choice = WeightChoice::EmaIfThere);

NoiseSchedule bindSchedule(const Checkpoint& checkpoint); // the buffer in the file wins over the YAML
std::unique_ptr<nn::Network> bindNetwork(const Checkpoint& checkpoint, const Binding& binding);
std::unique_ptr<nn::Autoencoder> bindAutoencoder(const Checkpoint& checkpoint, const Binding& binding);
std::unique_ptr<ConditionEncoder> bindCondition(const Checkpoint& checkpoint, const Binding& binding);
double scaleFactor(const Checkpoint& checkpoint); // the buffer in the file wins over the YAML

struct Model {
    ModelCard card;
    Checkpoint checkpoint;
    Binding binding;
    std::string sha256; // of the weight file
    NoiseSchedule schedule;
    Prediction prediction = Prediction::Eps;
    double scale = 1; // latent = scale * encode(image)
    std::unique_ptr<nn::Network> network;
    std::unique_ptr<nn::Autoencoder> autoencoder;
    std::unique_ptr<ConditionEncoder> condition;
};

// A model folder: model.json, weights.safetensors, config.yaml. Error when the card contradicts the weights.
std::shared_ptr<const Model> loadModelFolder(const std::filesystem::path& folder, const ModelCard& card, const Binding& binding);
std::string weightsHash(const std::filesystem::path& folder); // SHA-256 of weights.safetensors, remembered while the file does not change

} // namespace phloxine
