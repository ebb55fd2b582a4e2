#pragma once
// What to paint anew and what to keep of a picture.
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

struct Mask {
    int width = 0, height = 0;
    std::vector<float> paint; // [h, w]: 0 = keep exactly, 1 = paint, between them only inside the white part along its edge
    bool keepsAll() const;
};

// White = paint, black = keep: grey counts as what it is closer to, so that the noise of a JPEG does not matter. The edge is softened over
// `featherPx` pixels inside the white part, by the distance to the nearest kept pixel.
Mask maskFrom(const Image& picture, int featherPx);

// Sees the mask through cells of `factor` x `factor` pixels: [h/factor, w/factor], true where any pixel of the cell is painted.
std::vector<std::uint8_t> paintedCells(const Mask& mask, int factor);

// Over `original`, the painted part of `painted`; all three have the same size. Where the mask is 0 the bytes of `original` stay.
Image composited(const Image& original, const Image& painted, const Mask& mask);

} // namespace phloxine
