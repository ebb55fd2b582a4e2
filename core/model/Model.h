#pragma once
// A loaded model: its weights, and the functions bound from them.
#include <filesystem>
#include <memory>
#include <string>

#include "core/diffusion/conventions/diffusers_schedule.h"
#include "core/diffusion/denoiser.h"
#include "core/model/Checkpoint.h"
#include "core/model/ModelCard.h"
#include "core/model/ModelStore.h"

namespace phloxine {

SchedulerConfig schedulerOf(const ModelConfig& config);   // of a diffusers folder. Error(WrongUse) when the model brings none
NoiseSchedule bindSchedule(const Checkpoint& checkpoint); // the buffer in the file wins over the configuration
std::unique_ptr<nn::Network> bindNetwork(const Checkpoint& checkpoint, const Binding& binding);
std::unique_ptr<nn::Autoencoder> bindAutoencoder(const Checkpoint& checkpoint, const Binding& binding); // null where the model has none
bool readsPooledText(const ModelConfig& config); // its U-Net adds the state of the whole text to the time
std::unique_ptr<ConditionEncoder> bindCondition(const Checkpoint& checkpoint, const Binding& binding);
void requirePictures(const Checkpoint& checkpoint); // Error(MissingKey) for a denoiser alone
double scaleFactor(const Checkpoint& checkpoint);   // the buffer in the file wins over the configuration

struct Model {
    ModelCard card;
    Checkpoint checkpoint;
    Binding binding;
    std::string sha256; // of the weights
    NoiseSchedule schedule;
    Prediction prediction = Prediction::Eps;
    double scale = 1, shift = 0;
    std::unique_ptr<nn::Network> network;
    std::unique_ptr<nn::Autoencoder> autoencoder;
    std::unique_ptr<ConditionEncoder> condition;

    at::Tensor scaled(const at::Tensor& encoded) const { return (encoded - shift) * scale; } // what the network knows
    at::Tensor unscaled(const at::Tensor& latent) const { return latent / scale + shift; }   // what the autoencoder decodes
};

// Any file or folder that openCheckpoint() reads. Error when the card contradicts the weights.
std::shared_ptr<const Model> loadModel(const std::filesystem::path& path, const ModelCard& card, const Binding& binding,
                                       const std::vector<LoraFile>& loras = {});

// SHA-256 of the weights: of the one file, or of the names and sums of several. Remembered while the files do not change.
std::string weightsHash(const std::filesystem::path& path);

// SHA-256 of what decides pixels beside the weights: configurations and scheduler, and of the card the tile's size and the classes.
std::string settingsHash(const std::filesystem::path& path, const ModelCard& card);

// The card of a model that brings none: what the checkpoint tells, the rest stated as unknown.
ModelCard cardFromCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

} // namespace phloxine
