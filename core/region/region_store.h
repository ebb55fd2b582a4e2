#pragma once
// The regions of a slide beside the project: <project>/regions/<key>.geojson. The key is made of the slide's bytes, so that it names no
// patient and finds the regions again after the slide was renamed or moved.
#include <filesystem>

#include "core/region/Region.h"

namespace phloxine {

// 32 hexadecimal digits of the SHA-256 over the size of the file and 64 KiB each of its beginning, middle and end. Of slides in several
// files only the one that was opened counts. Error(NotFound).
std::string slideKey(const std::filesystem::path& slide);

struct KeptRegions {
    std::vector<Region> regions;
    std::vector<std::string> notices; // what was doubtful, one sentence each
};
// None where nothing was kept yet. A damaged file is renamed, so that nothing is lost, and a notice says so.
KeptRegions keptRegions(const std::filesystem::path& project, const std::string& key);

// Temporary name, fsync, rename: a kill leaves the old or the new regions, never half of them. Error(ReadOnly | DiskFull).
void keepRegions(const std::filesystem::path& project, const std::string& key, const std::vector<Region>& regions);

// Labels of one's own, for all slides of the project: <project>/regions/labels.json. A damaged file counts as none.
struct OwnLabel {
    std::string name, colour; // "#RRGGBB"
    bool operator==(const OwnLabel&) const = default;
};
std::vector<OwnLabel> keptLabels(const std::filesystem::path& project);
void keepLabels(const std::filesystem::path& project, const std::vector<OwnLabel>& labels);

} // namespace phloxine
