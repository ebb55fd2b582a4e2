#pragma once
// Tiles cut from slides into a folder that training, comparison and captions read as it is: OUT/<class>/<slide>_<x>_<y>.png with their
// scale, and OUT/metadata.jsonl with a row per tile (file_name, class, group, slide, x, y, width, height in level-0 pixels, mpp,
// mpp_source of the slide, scale of the set with the least sure source of all slides, tissue_share, region, region_share). OUT/plan.json
// says what is cut; the same plan again goes on where it stopped.
#include <filesystem>
#include <map>

#include "core/base/Error.h"
#include "core/base/Progress.h"
#include "core/region/cut_plan.h"

namespace phloxine {

struct CutSlide {
    std::filesystem::path file, regions; // no regions: empty
};

struct SlideFault {
    std::string slide, reason; // one sentence
    ErrorCode code = ErrorCode::WrongUse;
};
std::string sentenceOf(const SlideFault& fault); // names the slide once

struct SlideSearch {
    std::vector<CutSlide> slides; // sorted by name
    std::vector<SlideFault> faults;
    int otherFiles = 0; // of the folders: neither slides nor images
};

// The slides among files and, through all levels, folders; hidden files and what lies below `out` are not looked at. Regions are
// NAME.geojson or NAME.xml beside the slide, or in `regionsFolder` where one is given; NAME with or without the slide's ending. A slide of
// several DICOM files counts once. Error(NotFound) for a path that is not there.
SlideSearch findSlides(const std::vector<std::filesystem::path>& paths, const std::filesystem::path& regionsFolder,
                       const std::filesystem::path& out);

struct CutResult {
    std::map<std::string, int> classes; // tiles of each
    int slides = 0, written = 0, kept = 0;
    CutCounts leftOut;
    std::vector<SlideFault> faults;   // slides that gave no tile, and why
    std::vector<std::string> notices; // about slides and their regions
};

// What cannot be read of a slide is hatched when it is read; a tile that touches it is left out and counted. metadata.jsonl is written anew
// after each slide, so of a stopped run it names the slides that are finished. Error(WrongUse) where no slide gives a tile (with its reason
// where there is one slide) or two slides or classes would have one name, Error(Exists) for a folder that holds something else, and those
// of files. `progress` may throw Cancelled: finished tiles stay.
CutResult cutTiles(const SlideSearch& search, const CutRequest& request, const std::filesystem::path& out,
                   const ProgressHook& progress = {});

} // namespace phloxine
