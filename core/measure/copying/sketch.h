#pragma once
// What the detectors of copies see of a tile: grey optical density, without the colour of its stain.
#include <cstdint>
#include <string>
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

struct CopySketch {
    static constexpr int small = 56, large = 112; // sides in pixels
    std::vector<std::uint8_t> coarse, fine;       // [small, small], [large, large]: optical density x 100, summed over the channels
};
CopySketch sketchOf(const Image& tile);

// What a detector found closest.
struct CopyMatch {
    int tile = -1;            // of the training tiles
    double score = -1;        // correlation -1..1, of pixels or of features
    int orientation = 0;      // of the training tile
    int x = 0, y = 0;         // of the piece in the tile, and ...
    int fromX = 0, fromY = 0; // ... in the turned training tile; both in pixels of the fine sketch
};

} // namespace phloxine
