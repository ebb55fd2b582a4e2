#pragma once
// Nuclei that a person clicked on tiles of a real set, as a file (phloxine-nuclei-calibration/1), and what they say about the counter. The
// file names tiles by name and hash; it holds no path, and of the reader a random word alone.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/base/Progress.h"
#include "core/measure/Estimate.h"
#include "core/measure/TileSet.h"
#include "core/measure/tissue/nuclei.h"

namespace phloxine {

struct ClickedPoint {
    double x = 0, y = 0; // px, the centre of the first pixel at 0
    bool operator==(const ClickedPoint&) const = default;
};
struct ClickedField {
    std::string tile, sha256; // name in the set, and of the tile's file
    int widthPx = 0, heightPx = 0;
    CountingFrame frame;              // nuclei that reach over its left or lower edge are not clicked
    std::vector<ClickedPoint> points; // one for each nucleus of the frame
    bool done = false;                // false: still being clicked, and not used
    std::string time;                 // when it was done, UTC, 2026-01-31T12:00:00Z
    bool operator==(const ClickedField&) const = default;
};
struct NucleiCalibration {
    static constexpr int enough = 50; // fields
    std::string setName, setSha256;   // contentSha256() of the real set
    std::string reader;               // a random word: [a-z0-9], at most 32
    std::uint64_t seed = 1;           // of the order of the fields
    std::vector<ClickedField> fields;
    int done() const;
    bool operator==(const NucleiCalibration&) const = default;
};

Json toJson(const NucleiCalibration& calibration);
NucleiCalibration nucleiCalibrationFromJson(const Json& json, const std::string& what);               // Error(Corrupt | Unsupported)
NucleiCalibration readNucleiCalibration(const std::filesystem::path& file);                           // the same, and Error(NotFound)
void writeNucleiCalibration(const std::filesystem::path& file, const NucleiCalibration& calibration); // over the earlier state of itself

// In which order tiles are shown: at random, and no group a second time before all others were shown.
std::vector<std::size_t> calibrationOrder(const std::vector<TileEntry>& tiles, std::uint64_t seed);

struct CalibrationResult {
    int fields = 0, groups = 0;   // used: done, and the tile of the set is the one that was clicked
    int clicked = 0, counted = 0; // nuclei of all fields
    double factor = Estimate::none, low = Estimate::none, high = Estimate::none; // counted / clicked; 95 %, jackknife over groups
    double bias = Estimate::none, spread = Estimate::none;                       // of (counted - clicked) / clicked over fields with nuclei
    double rankCorrelation = Estimate::none;                                     // of the counts over fields
    double precision = Estimate::none, recall = Estimate::none; // of single nuclei: greedy matching, the nearest pair first ...
    double matchRadiusPx = 0;                                   // ... within this distance (mean over fields)
    std::vector<TileFault> faults;                              // fields that could not be used
    bool applies() const { return fields >= NucleiCalibration::enough && clicked > 0 && counted > 0; }
};
// Counts the clicked tiles again, with the settings that the comparison uses for a tile of this scale.
CalibrationResult judgeCounter(const NucleiCalibration& calibration, const TileSet& set,
                               const std::function<NucleusSettings(const Scale&)>& settingsOf, const ProgressHook& progress = {});

} // namespace phloxine
