#pragma once
// The model that a training starts from, as a model folder: it holds all that is not trained, so that a run needs no file outside its own
// folder and its data.
#include "core/model/Checkpoint.h"
#include "core/model/ModelCard.h"
#include "core/train/TrainingSet.h"

namespace phloxine {

// Makes `folder`: a U-Net and a text encoder from scratch over the autoencoder that the recipe names, or all of the model that it starts
// from. Error(Unsupported | Shape | ...) in one sentence where the parts do not fit; nothing is left behind.
void writeBaseModel(const TrainRecipe& recipe, const TrainingSet& set, const std::filesystem::path& folder);

struct ModelFolderParts {
    ModelCard card;
    std::string config, textConfig;  // config.yaml; text_config.json; may be empty
    std::filesystem::path diffusers; // a folder of diffusers whose form the model takes, in place of both
    Weights weights;
};
ModelFolderParts partsOf(const std::filesystem::path& model); // of a model folder, another checkpoint or a folder of diffusers
// Complete or not at all: written beside and renamed. The hash goes into the card; of a vocabulary that is mostly zeros only the rest is
// stored. Error(Exists) where `folder` is.
void writeModelFolder(const std::filesystem::path& folder, ModelFolderParts parts);

// The first stage of a model; a folder with the autoencoder of diffusers alone; or what `train autoencoder` made: config.yaml and
// weights.safetensors.
Checkpoint openAutoencoder(const std::filesystem::path& path);
void writeAutoencoderFolder(const std::filesystem::path& folder, const Checkpoint& autoencoder); // as the last of these

// Writes and fsyncs; used for all weights of a run.
void writeWeightsSynced(const std::filesystem::path& file, const Weights& weights);
void syncFolder(const std::filesystem::path& folder);

inline const std::string tokenTable = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight";

} // namespace phloxine
