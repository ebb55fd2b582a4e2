#pragma once
// A classifier over the tiles of a set or over the tissue of a slide: a table of probabilities.
#include <string>
#include <vector>

#include "core/annotate/TileClassifier.h"
#include "core/annotate/probability_table.h"
#include "core/base/Progress.h"
#include "core/measure/TileSet.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

struct Annotation {
    ProbabilityTable table;
    std::vector<TileFault> faults;    // tiles that were not judged, and why
    std::vector<std::string> remarks; // what the reader of the table must know
};

// A tile of known scale is brought to the classifier's micrometres per pixel and seen through as many patches as cover it, whose
// probabilities are averaged; one that shows less than a patch is a fault. Without a scale each tile counts as one patch, and a remark says
// so. `micronsPerPixel` above 0 is the user's word for all tiles.
Annotation annotateSet(TileClassifier& classifier, TileSet set, double micronsPerPixel = 0, const ProgressHook& progress = {});

// Patches side by side over the tissue, or where their centre lies in one of `regions`. Pixels are read at full resolution and reduced by
// area. Error(WrongUse) when the slide's scale is unknown or nothing is left to judge.
Annotation annotateSlide(TileClassifier& classifier, SlideSource& slide, const std::vector<Place>& regions = {},
                         const ProgressHook& progress = {});

// Where patches of `side` level-0 pixels have at least a quarter of tissue on an overview: what is stained or grey, no glass.
std::vector<Place> tissuePlaces(SlideSource& slide, double side);

} // namespace phloxine
