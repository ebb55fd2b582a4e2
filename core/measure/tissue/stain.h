#pragma once
// Haematoxylin and eosin as optical densities per pixel. Both arms of a comparison use one stain matrix and one white level: a matrix
// fitted to each arm, or to each tile, would hide the very difference that is looked for.
// OD = -log10((I + 1) / (I0 + 1)) per channel: 1 is added so that black has a finite density (2.41 at I0 = 255) and white has exactly 0.
// I0 is 255 for every tile unless the caller says otherwise; densities below 0 (brighter than I0) count as 0.
#include <array>
#include <string>
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

inline constexpr double whiteLevel = 255;

struct StainMatrix {
    std::array<double, 3> haematoxylin{}, eosin{}; // unit vectors of optical density in R, G, B
    std::string source;                            // "Ruifrok and Johnston 2001", "Macenko, 4000 pixels of 40 tiles"
};

// Ruifrok and Johnston, Anal Quant Cytol Histol 2001: H (0.65, 0.70, 0.29), E (0.07, 0.99, 0.11), here normalised.
const StainMatrix& ruifrokJohnston();

struct StainDensities {
    int width = 0, height = 0;
    std::vector<float> haematoxylin, eosin; // [h, w], never negative
    std::vector<float> red, green;          // optical densities: both stains absorb green (tissue or glass?), only haematoxylin red
};

// The third vector of the unmixing is the one perpendicular to both stains. Error(WrongUse) for an empty image, or for a matrix whose
// stains are (nearly) parallel or not finite.
StainDensities stainDensities(const Image& image, const StainMatrix& matrix = ruifrokJohnston(), double i0 = whiteLevel);

// What RGB a pixel with these amounts of both stains has, unrounded; the inverse of the above.
std::array<double, 3> stainedColour(const StainMatrix& matrix, double haematoxylin, double eosin, double i0 = whiteLevel);

// Pixels of many tiles, from which one matrix is estimated.
struct StainSample {
    std::vector<std::array<float, 3>> densities; // R, G, B optical densities of stained pixels
    int tiles = 0;
};
void addToSample(StainSample& sample, const Image& image, int pixelsPerTile = 400, double i0 = whiteLevel); // on a regular grid

// Macenko et al., ISBI 2009: the plane of the two largest eigenvectors of the densities whose length is above 0.15, and in it the 1st and
// 99th percentile of the angle. For a slide or a set, never a tile: Error(WrongUse) below 5 tiles or 1000 stained pixels, or when one stain
// is missing.
StainMatrix macenko(const StainSample& sample);

} // namespace phloxine
