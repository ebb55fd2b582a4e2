#pragma once
// What a training does, as a value: the same recipe, data and thread count give the same weights, bit for bit. JSON format
// "phloxine-recipe/1" of two kinds, "diffusion" and "autoencoder"; unknown keys and impossible values are refused by name.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/Json.h"

namespace phloxine {

struct RecipeClass {
    std::string id; // the folder of its tiles
    std::string label, code, colour;
    std::vector<std::string> prompts; // phrasings of its name; the first is the usual one
};

struct RecipeData {
    int tileSizePx = 224;     // tiles of another size are brought to it
    std::string groupPattern; // over file names, its first bracket is the group; empty: from metadata.jsonl
    std::string holdOut;      // regular expression over the group; what it finds trains nothing. Empty: nothing is held out
    std::string holdOutWords; // the same in words, for the model card
    std::string captions;     // a JSONL whose rows give a file_name and its "levels" or "text", where the set's own metadata does not
    std::string source, licence;
};

// Shares of captions that are composed of class and levels.
struct RecipeCaptions {
    double classChance = 1;     // that the class is named
    double attributeChance = 0; // that each known level is stated
    double shuffleChance = 0;   // that the order of the parts is free
    double dropChance = 0.1;    // that the whole caption is empty, for guidance
    bool composed = false;      // all of them are; else tiles with a text of their own keep it
};

struct RecipeUNet { // names of CompVis
    int modelChannels = 48, resBlocks = 1, headChannels = 32, normGroups = 16, transformerDepth = 1;
    std::vector<int> channelMult{1, 2}, attentionResolutions{2};
};

struct RecipeText { // of a text encoder from scratch
    int width = 128, layers = 2, heads = 4, maxLength = 32;
    bool pooled = true;     // its last state is added to the time embedding
    bool ownLength = false; // a context is as long as the longest text of the batch, and what fills up the others is not attended to
};

// Low-rank adaptation of a start (Hu et al. 2021): W + alpha / rank * up down, of which up and down alone are trained.
struct RecipeLora {
    int rank = 0;                     // 0: all weights are trained
    double alpha = 0;                 // 0: as the rank
    std::string layers = "attention"; // or "all": every matrix and convolution of the network
};

struct RecipeModel {
    std::string id, title;
    std::string start;       // a model folder or checkpoint to go on from; empty: from scratch, by what follows
    std::string autoencoder; // a model folder whose first stage is taken, not trained
    RecipeUNet unet;
    RecipeText text;
    RecipeLora lora;
    std::string stored = "fp32"; // or "fp16": the matrices of the finished model, for half the size
    bool trainText = true;       // together with the network; with a LoRA, factors of the text encoder too, and false if not said
    std::string prediction = "v", schedule = "cosine"; // of a model from scratch. Schedules: "cosine", or CompVis' "linear"
};

struct RecipeLoss {
    std::string weight = "min-snr"; // or "one"
    double snrLimit = 5;
    std::int64_t plainSteps = 0; // first steps with weight one
};

struct RecipeOptimiser {
    double rate = 1e-3, constantShare = 0.5, beta1 = 0.9, beta2 = 0.99, weightDecay = 0.01, clipNorm = 1;
    std::int64_t warmUpSteps = 100;
    std::vector<double> emas{0.999}; // decays of the means of the weights
    double modelEma = 0.999;         // which of them the model is made of
};

// How a training is fitted into memory. The defaults spend the most of it.
struct RecipeMemory {
    int microBatch = 0;            // tiles whose gradients are computed at a time and added up; 0: all of the batch
    bool recomputeBlocks = false;  // of a U-Net: activations inside a block are computed again in the backward pass
    std::string weights = "fp32";  // masters; or "bf16", with stochastic rounding, of the network's matrices
    std::string moments = "fp32";  // of the optimiser; or "8bit", in blocks with a scale each
    std::string means = "memory";  // of the weights; or "file", an unnamed one in the run folder
    bool updateInBackward = false; // a gradient is freed once its weight is updated, so that clipping is by tensor; needs microBatch 0
};

struct RecipeWatch { // intervals in steps; 0 = never
    std::int64_t checkpointEvery = 500, validateEvery = 500, samplesEvery = 1000;
    int validationTiles = 128, samplesPerClass = 2, sampleSteps = 20;
    double sampleGuidance = 2;
};

struct TrainRecipe {
    std::string title;
    RecipeData data;
    std::vector<RecipeClass> classes; // empty: the folders of the set, named as they are
    RecipeCaptions captions;
    RecipeModel model;
    RecipeLoss loss;
    RecipeOptimiser optimiser;
    RecipeMemory memory;
    RecipeWatch watch;
    std::int64_t steps = 1000;
    int batch = 32;
    bool dihedral = true;           // the eight orientations of each tile
    std::string precision = "auto"; // of the computation; "fp32", "bf16". The masters are fp32
    std::uint64_t seed = 1;
};

struct AutoencoderRecipe {
    std::string id, title;
    RecipeData data;
    std::string network = "patch"; // or "kl", "vq": the convolutional ones of CompVis
    int zChannels = 8;             // of the latent
    std::string start;             // a model whose first stage is gone on from, with its shape; empty: from scratch, by what follows
    // patch; its linear transform stays that of a start
    int patch = 8, normGroups = 16;
    std::vector<int> decoderWidths{128, 64, 32};
    double whitening = 0.6; // component i is divided by std_i to this power
    // kl and vq, names of CompVis; each further number of channelMult halves the map
    bool decoderOnly = false; // the latents stay what they are, so that a diffusion model over them stays good
    int channels = 64, resBlocks = 1, codes = 1024;
    std::vector<int> channelMult{1, 2, 4};
    bool attention = true;    // in the middle
    double klWeight = 1e-6;   // of the divergence, both sums over a picture as CompVis has them
    double commitment = 0.25; // of the latents to the codebook
    std::int64_t steps = 2000, warmUpSteps = 100, checkpointEvery = 500;
    int batch = 8, cropPx = 112;
    double rate = 1e-3, weightDecay = 0.01, ema = 0.999;
    double gradientWeight = 0.5, structureWeight = 0.5, textureWeight = 0.1; // beside the L1 of the pixels
    double jitter = 0.1; // latents are moved by up to this much, so that generated ones decode well
    std::string precision = "auto";
    std::uint64_t seed = 1;
};

// Error(Corrupt | Unsupported) naming the entry, in one sentence; `what` names the file.
TrainRecipe trainRecipeFromJson(const Json& json, const std::string& what);
AutoencoderRecipe autoencoderRecipeFromJson(const Json& json, const std::string& what);
Json toJson(const TrainRecipe& recipe);
Json toJson(const AutoencoderRecipe& recipe);

// From a file; paths in it count from its folder.
TrainRecipe readTrainRecipe(const std::filesystem::path& file);
AutoencoderRecipe readAutoencoderRecipe(const std::filesystem::path& file);

} // namespace phloxine
