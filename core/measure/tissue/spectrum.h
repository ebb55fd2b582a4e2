#pragma once
// How much of a tile's detail lies at which spatial frequency: the power of the grey values in rings around frequency 0.
#include <array>

#include "core/image/Image.h"

namespace phloxine {

inline constexpr std::size_t spectrumPoints = 48;
using RadialPower = std::array<double, spectrumPoints>;

// Cycles per pixel of a point: rings of equal width up to 0.5, the one at 0 left out.
double spectrumFrequency(std::size_t point);

// Mean power of each ring under a Hann window, so that the borders of the tile add nothing; in squared grey levels, whatever the size of
// the tile. NaN where a small tile has no frequency in a ring.
RadialPower radialPower(const Image& tile);

} // namespace phloxine
