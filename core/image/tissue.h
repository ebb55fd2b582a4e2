#pragma once
// Where a picture of a slide shows tissue: what is stained or grey-brown, neither glass nor ink nor the hatching of unreadable parts. By
// saturation, with a median over 7 x 7 pixels; meant for overviews.
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

struct TissueMap {
    int width = 0, height = 0;
    std::vector<int> sums;                                     // [h + 1, w + 1]: pixels of tissue above and left of a corner
    int count(int left, int top, int right, int bottom) const; // pixels of tissue in [left, right) x [top, bottom), within the map
};
TissueMap tissueMap(const Image& picture); // Error(Shape) for an empty picture

} // namespace phloxine
