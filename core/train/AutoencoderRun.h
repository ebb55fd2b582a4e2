#pragma once
// Training of the patch autoencoder in a run folder: recipe.json, data.json (hash of the tiles), base.safetensors (the linear transform),
// log.jsonl, checkpoints/, and at the end autoencoder/ with config.yaml, weights.safetensors and report.json, which a diffusion recipe
// names as its "model.autoencoder".
#include <filesystem>
#include <memory>
#include <optional>

#include "core/train/DiffusionRun.h"

namespace phloxine {

// On held-out tiles (on tiles of the training where none are held out): means over tiles of 8-bit pictures.
struct ReconstructionReport {
    int tiles = 0;
    bool heldOut = false;
    struct Figures {
        double psnr = 0, ssim = 0;
        double highFrequencies = 0; // energy of what a 3 x 3 mean takes away, against the real tiles'
    } linear, trained;
    struct Measure { // of tissue (measure/tissue), over the tiles where both have a value
        std::string id;
        double real = 0, made = 0, difference = 0; // means, and the mean absolute difference of a tile to itself
        int tiles = 0;
    };
    std::vector<Measure> measures; // stain and nuclei
    struct Tile {
        std::string name;
        double psnr = 0, ssim = 0;
    };
    std::vector<Tile> worst; // by SSIM, the lowest first
};
Json toJson(const ReconstructionReport& report);

struct AutoencoderStep {
    std::int64_t step = 0;
    double loss = 0, rate = 0, imagesPerSecond = 0;
};

class AutoencoderRun {
public:
    // As DiffusionRun. Tiles that cannot be decoded or are not square are named to the notice and left out.
    AutoencoderRun(const AutoencoderRecipe& recipe, const std::filesystem::path& data, const std::filesystem::path& folder, bool resume,
                   const TrainHooks& hooks = {});
    ~AutoencoderRun();

    std::int64_t stepsDone() const;
    bool finished() const;
    AutoencoderStep step();
    void save();
    ReconstructionReport finish(); // writes autoencoder/ unless it is there, and measures it

private:
    struct State;
    std::unique_ptr<State> m;
};

} // namespace phloxine
