#pragma once
// Regions in files: GeoJSON as QuPath writes it, and the XML of ASAP. Recognised by content, never by name.
//
// GeoJSON: a FeatureCollection, an array of features or one feature, with Polygon or MultiPolygon geometries in level-0 pixels;
// properties.name, .objectType, .classification.name (or .names) with .color as [r, g, b] or the older .colorRGB as one integer. Written
// as a FeatureCollection. Measurements and further properties are not kept.
//
// ASAP: annotations of the types Polygon, Rectangle and Spline (read as the polygon through its points). The group is the class and gives
// the colour. The format knows neither holes nor multipolygons: a hole is written as part of its outer ring, to which a line leads there
// and back, and each polygon becomes an annotation of its own, so what is inside stays the same but a region may come back as several.
#include <filesystem>

#include "core/base/Files.h"
#include "core/region/Region.h"

namespace phloxine {

enum class RegionFormat { GeoJson, AsapXml };

struct RegionFile {
    RegionFormat format = RegionFormat::GeoJson;
    std::vector<Region> regions;
    std::vector<std::string> notices; // what was left out or doubtful, counted: one sentence each
};

// A region that cannot be used (another geometry, a place that is no finite number, fewer than three places) is left out and counted in a
// notice. Error(NotFound | Truncated | Corrupt | Unsupported) for a file that is empty, cut off, or neither of the two formats.
RegionFile readRegions(const std::filesystem::path& file);

// Error(WrongUse) for a region without a polygon or with a place that is no finite number, and those of writeFileAtomically().
void writeRegions(const std::filesystem::path& file, const std::vector<Region>& regions, RegionFormat format,
                  IfExists ifExists = IfExists::Fail);

} // namespace phloxine
