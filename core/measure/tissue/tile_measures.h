#pragma once
// What is measured on each tile: the table of measures, and one pass that fills a row of it.
#include <vector>

#include "core/image/Image.h"
#include "core/measure/tissue/nuclei.h"
#include "core/measure/tissue/spectrum.h"

namespace phloxine {

struct TileMeasureRow {
    const char *id, *title;
    const char* unit;         // without a physical scale: "per tile", "px" ...
    const char* physicalUnit; // ... and with one; null where the unit does not depend on it
};
const std::vector<TileMeasureRow>& tileMeasureRows();

// The values of one tile, parallel to the table. NaN where a tile has nothing to measure (no nucleus, no tissue). With `physical`, lengths
// are in um and counts per mm2: the scale must be known and not assumed. *power, if wanted: the spectrum that two of them come from.
std::vector<double> measureTile(const Image& tile, const NucleusSettings& settings, bool physical, RadialPower* power = nullptr);

} // namespace phloxine
