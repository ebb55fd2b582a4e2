#pragma once
// What an autoencoder gives back of tiles: how near the pictures are, and whether tissue measures the same in them.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/Json.h"

namespace phloxine {

// On held-out tiles (on tiles of the training where none are held out): means over tiles of 8-bit pictures.
struct ReconstructionReport {
    int tiles = 0;
    bool heldOut = false;
    struct Figures {
        double psnr = 0, ssim = 0;
        double highFrequencies = 0; // energy of what a 3 x 3 mean takes away, against the real tiles'
        double lines = 0;           // energy of lines two pixels apart, against theirs: well above one is an artefact
    } trained;
    std::optional<Figures> before; // of what the training began with: the linear transform, the model
    int codesUsed = 0, codes = 0;  // of a codebook, in these tiles
    struct Measure {               // of tissue (measure/tissue), over the tiles where both have a value
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

} // namespace phloxine
