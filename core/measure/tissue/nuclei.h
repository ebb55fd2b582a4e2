#pragma once
// Counts nuclei on one tile of H&E and measures each. Haematoxylin density -> local threshold -> split of touching nuclei by a flood from
// the peaks of distance and blob response. Every length is a multiple of the expected nuclear diameter; a tile with larger nuclei than 16
// px is first reduced to 12 px, so that cost and behaviour do not depend on the magnification. Counts are unbiased by the frame of
// Gundersen (J Microsc 1977): a nucleus counts when it lies in the frame and does not reach over its left or lower edge or their
// extensions, so frames side by side count each nucleus once. The counter's own error: rendered_fields.h.
#include <cstdint>
#include <vector>

#include "core/image/Image.h"
#include "core/measure/tissue/stain.h"

namespace phloxine {

inline constexpr float glassDensity = 0.09f; // of the green channel: below, a pixel is background or lumen

// True where lengths may be given in um: an assumed scale is a guess about the data set and does not count.
inline bool physicalScale(const Scale& scale) { return scale.known() && scale.source != ScaleSource::Assumed; }

struct NucleusSettings {
    static constexpr double defaultDiameterPx = 10; // for tiles without scale
    static constexpr double expectedDiameterUm = 7; // with a scale: 28 px at 0.25, 14 px at 0.5 um per pixel
    static constexpr double smallestDiameterPx = 5; // below, nuclei are specks
    double diameterPx = defaultDiameterPx;
    double leastContrast = 0.10; // haematoxylin density between nuclei and surroundings below which a tile has no nuclei
    StainMatrix stain = ruifrokJohnston();
    double i0 = whiteLevel;
};
NucleusSettings nucleusSettings(const Scale& scale); // for this scale; the defaults where there is none

struct Nucleus {
    double x = 0, y = 0; // centre, px
    double areaPx = 0;
    double eccentricity = 0; // of the ellipse with the same second moments: 0 round .. 1 line
    double solidity = 1;     // area over that of the convex hull
    double density = 0;      // mean haematoxylin density
    double nearestPx = 0;    // to the nearest other centre on the tile; 0 where there is none
    bool counted = false;    // by the frame
    bool whole = true;       // does not touch the tile's border
};

struct NucleusField {
    std::vector<Nucleus> nuclei;      // top to bottom by their first pixel
    std::vector<std::int32_t> labels; // [h, w] at the size of work: 0 background, i + 1 = nuclei[i]; for overlays
    int labelsWidth = 0, labelsHeight = 0;
    int counted = 0;
    double frameAreaPx = 0; // what `counted` refers to
};

// Error(WrongUse) for an expected diameter below 5 px, or a tile smaller than 6 diameters.
NucleusField findNuclei(const Image& image, const NucleusSettings& settings = {});
// The same where the densities are at hand (`densities` at the size of the image).
NucleusField findNuclei(const StainDensities& densities, const NucleusSettings& settings);

// Gundersen's frame on labelled pixels: for each label whether it counts. The frame is [x0, x1) x [y0, y1), y downwards.
struct CountingFrame {
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    bool operator==(const CountingFrame&) const = default;
};
std::vector<char> countedByFrame(const std::vector<std::int32_t>& labels, int width, int count, const CountingFrame& frame);
// The frame that findNuclei counts in, in pixels of the tile: one expected diameter inside its borders; and the count in such a frame.
CountingFrame countingFrame(int widthPx, int heightPx, const NucleusSettings& settings);
std::vector<char> countedByFrame(const NucleusField& field, int widthPx, const CountingFrame& framePx);

} // namespace phloxine
