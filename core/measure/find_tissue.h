#pragma once
// Places on a slide whose tissue resembles a tile, by fingerprints of the embedded encoder at the tile's own scale.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/Progress.h"
#include "core/image/Image.h"

namespace phloxine {

inline constexpr int mostSearchedPlaces = 2000;

// Fingerprints of places on one slide at one scale: a value that the one who searches keeps and gives back for the next tile.
struct SlideFingerprints {
    std::filesystem::path slide;
    int tilePx = 0;
    double tileMicronsPerPixel = 0, slideMicronsPerPixel = 0;
    double sidePx = 0;              // of a place, level-0 pixels
    std::vector<std::int64_t> x, y; // top left corners, level-0 pixels
    int width = 0;
    std::vector<float> values; // [n, width], each of unit length
};

struct TissueSearch {
    Image tile; // square
    double tileMicronsPerPixel = 0;
    std::filesystem::path slide;
    double slideMicronsPerPixel = 0; // of level 0, as the slide is shown: of the file, of the user, or assumed
    int count = 12;                  // places that are wanted
    std::shared_ptr<const SlideFingerprints> known = nullptr;
};

struct FoundPlace {
    std::int64_t x = 0, y = 0; // top left corner, level-0 pixels
    double similarity = 0;     // cosine of the fingerprints
    Image picture;             // at the tile's scale and size
};

struct FoundTissue {
    std::vector<FoundPlace> places; // the most similar first; none overlaps another. Empty where the slide shows no tissue
    double sidePx = 0;              // of a place, level-0 pixels
    int searched = 0;
    std::shared_ptr<const SlideFingerprints> fingerprints; // for the next search on this slide at this scale
};

// Looks at up to mostSearchedPlaces, spread evenly over the tissue: a quarter of a tile apart where so few cover it. `known` is used where
// it is of this slide and scale. Only on the thread that owns the tensors. `progress` may throw, which ends the search.
// Error(NotFound) when the slide is or goes missing, Error(WrongUse) for a slide smaller than a tile or much coarser.
FoundTissue findTissueLike(const TissueSearch& search, const ProgressHook& progress);

} // namespace phloxine
