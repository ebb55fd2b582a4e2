#pragma once
// One picture in the stain of another, for being looked at: never for what is measured or written.
// After Reinhard et al., IEEE Comput Graph Appl 2001, on optical densities instead of l-alpha-beta: in each channel the mean and the spread
// of the stained pixels become those of the other picture. Glass stays glass: below the density that counts as stained the change fades.
#include <array>
#include <optional>

#include "core/image/Image.h"

namespace phloxine {

struct StainLook { // of the stained pixels, optical densities in R, G, B
    std::array<double, 3> mean{}, spread{};
    double stainedShare = 0; // of the picture
};

std::optional<StainLook> stainLook(const Image& image); // nothing below 2 % of stained pixels: then there is no stain to match
// Error(WrongUse) for an empty picture.
Image inStainOf(const Image& image, const StainLook& own, const StainLook& wanted);

} // namespace phloxine
