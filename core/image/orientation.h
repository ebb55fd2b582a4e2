#pragma once
#include "core/image/Image.h"

namespace phloxine {

// One of the eight orientations of a picture: after a flip from left to right where orientation >= 4, orientation % 4 quarter turns to the
// left. The scale stays.
Image oriented(const Image& image, int orientation);

} // namespace phloxine
