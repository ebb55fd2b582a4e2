#pragma once
// The tissue of a slide as polygons, from its overview.
#include "core/image/Image.h"
#include "core/region/Region.h"

namespace phloxine {

// What image/tissue takes for tissue on `overview`, which shows a slide of this size whole. Specks and holes below a five-thousandth of the
// picture are left out. Empty where there is no tissue. Error(Shape) for an empty picture.
std::vector<Polygon> tissuePolygons(const Image& overview, double slideWidthPx, double slideHeightPx);

} // namespace phloxine
