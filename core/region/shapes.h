#pragma once
// Regions out of pixels and strokes, and out of each other. Shapes are combined as pixels of a grid and outlined again: that cannot fail,
// whatever crosses what, and is exact to one step of the grid.
#include "core/region/Region.h"

namespace phloxine {

// The border between inside and outside, along the edges of pixels: each connected part (by edges, not corners) is a polygon with its
// holes. (x, y) and `downsample` place the mask as in rasterised(), which gives the same mask back.
std::vector<Polygon> outlineOf(const RegionMask& mask, double x, double y, double downsample);

// Fewer places: none of those left out lies further than `tolerancePx` from the new outline (Douglas and Peucker 1973, by OpenCV). Rings
// that become a line are dropped.
std::vector<Polygon> simplified(const std::vector<Polygon>& polygons, double tolerancePx);

// What a round brush of this radius covers along a stroke: one polygon for each step, so that they may overlap. Empty without a place.
std::vector<Polygon> brushed(const std::vector<SlidePoint>& stroke, double radiusPx);

enum class Combine { Add, TakeAway };
// `change` added to `base` or taken from it, within `slide`. The grid has steps of `stepPx`, or as many times more as keep it at 1024 a
// side.
std::vector<Polygon> combined(const std::vector<Polygon>& base, const std::vector<Polygon>& change, Combine how, const SlideBox& slide,
                              double stepPx);

bool crossesItself(const Ring& ring); // two of its sides cross or overlap; what lies inside then follows the even-odd rule

} // namespace phloxine
