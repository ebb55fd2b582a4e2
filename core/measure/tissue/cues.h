#pragma once
// Can something trivial tell real from synthetic tiles? Twelve simple features of the pixels, and how the file is stored. Cues of the file
// format (JPEG blocks, PNG against JPEG) say nothing about tissue and spoil any reading study; cues of the generator are worth knowing.
#include <array>
#include <string>
#include <vector>

#include "core/image/Image.h"
#include "core/measure/statistics/auc.h"

namespace phloxine {

struct CueTitle {
    const char *id, *title;
    bool format; // of the file, not of the picture's content
};
inline constexpr std::size_t cueCount = 13;
const std::array<CueTitle, cueCount>& cueTitles();
using CueFeatures = std::array<double, cueCount>;
CueFeatures cuesOf(const Image& tile, bool storedAsJpeg);

struct CueSample {
    std::vector<CueFeatures> tiles;
    std::vector<int> groups;
};
struct CueAucs {
    Auc together;                    // logistic regression on all, 5 folds by group, each tile scored by a fit that did not see its group
    std::array<Auc, cueCount> alone; // of each feature by itself
    bool formatTells = false;        // a format cue alone tells the sets apart beyond chance
};
// Error(WrongUse) below 5 groups in a set.
CueAucs checkCues(const CueSample& real, const CueSample& synthetic, std::uint64_t seed);

} // namespace phloxine
