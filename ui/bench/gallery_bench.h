#pragma once
// What a library of many tiles costs: opening it, scrolling through it, jumping about in it.
#include <vector>

#include <QString>

#include "core/base/Json.h"

namespace phloxine::ui {

struct FrameTimes {                // milliseconds a frame
    std::vector<double> wall, cpu; // cpu: of the GUI thread
};
struct GalleryFigures {
    double openMs = 0;                    // until the first screen of records is there
    int cards = 0;                        // on the screen
    FrameTimes scrolling, jumping, still; // still: all pictures there
    std::size_t thumbnailBytes = 0;
};
GalleryFigures measureGallery(const QString& project, int tiles); // a folder. Error(Internal) where its tiles do not come
Json toJson(const GalleryFigures& figures);                       // rows as the benchmarks of core/bench print them

} // namespace phloxine::ui
