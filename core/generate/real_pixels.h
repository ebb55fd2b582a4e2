#pragma once
// From a place on a slide to what a request starts from: pixels at the model's size and scale, a mask of what is painted anew, and the
// keyed hashes that say whose tissue it is.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/generate/GenerateRequest.h"
#include "core/region/Region.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

struct RealPixelsWish {
    SlideBox box;                 // level-0 pixels: a region's, or that of one tile
    std::vector<Polygon> replace; // inside them is painted anew; empty = the picture is changed everywhere
    int tilePx = 0;               // of the model
    double micronsPerPixel = 0;
    std::string slideKey, patient; // in clear; only their hashes under `key` are kept
    std::string key;
};

struct RealPixels {
    std::filesystem::path image, mask; // named by their SHA-256; no mask: empty
    int widthPx = 0, heightPx = 0;     // of the canvas
    int tilePx = 0;
    SourceTissue source;
    double paintedShare = 1;                      // of the canvas
    void writeTo(GenerateRequest& request) const; // all but the strength
};

// Where the canvas lies: one tile about the middle of the box, or where the box is larger (with a margin of an eighth of a tile where a
// part is replaced) as many steps of 64 pixels more as it needs; moved so that it lies on the slide. Error(WrongUse) in one sentence that
// names what to do: no scale, a slide coarser than the model or smaller than a tile, a box off the slide, a canvas beyond 4096 pixels.
SourceTissue canvasPlace(const SlideInfo& slide, const RealPixelsWish& wish, int& widthPx, int& heightPx);

// The pixels of such a place. Error(Corrupt) where the slide cannot be read there.
Image readCanvas(SlideSource& slide, const SourceTissue& place, int widthPx, int heightPx, double micronsPerPixel);

// Reads level 0, area-reduced, and writes the PNGs into `folder`; the same pixels again find their file. Error(WrongUse) also for a region
// of less than a pixel.
RealPixels takeRealPixels(SlideSource& slide, const RealPixelsWish& wish, const std::filesystem::path& folder);

} // namespace phloxine
