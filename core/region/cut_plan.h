#pragma once
// Which tiles are cut from a slide: squares on a grid over the whole slide that show enough tissue and, where regions say what is what, lie
// far enough inside those of one class.
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/region/Region.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

struct CutRequest {
    int tilePx = 256;
    double micronsPerPixel = 0.5;
    double strideMicrons = 0; // from tile to tile; 0: the tile's own width
    double tissueShare = 0.5; // of a tile, at least
    double regionShare = 0.75;
    int perSlide = 0;                  // tiles of a slide and class at most, spread over it; 0: all
    std::string className;             // of slides without regions and of regions without a class; empty: those give no tile
    std::string groupPattern;          // regular expression over the slide's name without ending, its first bracket is the patient
    double assumedMicronsPerPixel = 0; // of slides that state none; 0: those give no tile
    std::uint64_t seed = 1;            // of the choice for perSlide
};

Json toJson(const CutRequest& request);
void requireValid(const CutRequest& request); // Error(WrongUse) that names the value

// The patient of a slide, by its file name: what the pattern finds, else the first 12 characters of a TCGA name, else the name without its
// ending. Error(WrongUse) for a pattern that is none or does not fit.
std::string groupOf(const std::string& slideFile, const std::string& pattern);

struct PlannedTile {
    std::int64_t x = 0, y = 0; // top left corner, level-0 pixels
    int classNumber = 0;       // of SlidePlan::classes
    float tissueShare = 0, regionShare = 0;
};

struct CutCounts { // places of the grid that give no tile, each counted once
    std::int64_t outsideRegions = 0, twoClasses = 0, littleTissue = 0, beyondPerSlide = 0, unreadable = 0;
};

struct SlidePlan {
    double sidePx = 0; // of a tile, level-0 pixels
    std::vector<std::string> classes;
    std::vector<PlannedTile> tiles; // by class, then row by row
    CutCounts leftOut;
    std::vector<std::string> notices;
};

// `regions` is null for a slide without them: then all of it is of the request's class. A tile that regions of two classes each cover to
// `regionShare` is of neither. The share of a class counts what several of its regions cover together. Error(WrongUse) without a scale, for
// a slide more than a tenth coarser than the tiles, without a class, and for more than 20 million places.
SlidePlan planTiles(SlideSource& slide, const std::vector<Region>* regions, const CutRequest& request);

} // namespace phloxine
