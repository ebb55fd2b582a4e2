#pragma once
// Regions drawn on a slide: polygons with holes, in level-0 pixels (x to the right, y down; pixel i covers [i, i + 1)).
// What is inside: a place in any polygon of the region. Of one polygon, by the even-odd rule over its outer ring and its holes together, so
// a ring that crosses itself is outside where it winds twice. All functions below keep this one rule.
#include <cstdint>
#include <string>
#include <vector>

namespace phloxine {

struct SlidePoint {
    double x = 0, y = 0;
    bool operator==(const SlidePoint&) const = default;
};
using Ring = std::vector<SlidePoint>; // at least three places; the last is joined to the first, which is not repeated

struct Polygon {
    Ring outer;
    std::vector<Ring> holes;
    bool operator==(const Polygon&) const = default;
};

struct Region {
    std::string id;                        // as the file has it, else its number in the file from 1
    std::string name;                      // may be empty
    std::string className;                 // may be empty
    std::string colour;                    // "#RRGGBB"; may be empty
    std::string objectType = "annotation"; // QuPath's word: "annotation", "detection", "cell", "tile", ...
    std::vector<Polygon> polygons;
    bool operator==(const Region&) const = default;
};

struct SlideBox {
    double left = 0, top = 0, right = 0, bottom = 0; // empty where right <= left
};
SlideBox boundingBox(const std::vector<Polygon>& polygons);

bool contains(const std::vector<Polygon>& polygons, SlidePoint place);

// In square pixels of level 0; what lies in several polygons counts once. Widths are exact and summed over 4096 rows of the bounding box.
double areaPx(const std::vector<Polygon>& polygons);

struct Span {
    double left = 0, right = 0;
};
// The inside along the rows y = firstY + i * stepY: disjoint spans from left to right, for each of `rows` rows.
std::vector<std::vector<Span>> spansOfRows(const std::vector<Polygon>& polygons, double firstY, double stepY, int rows);

struct RegionMask {
    int width = 0, height = 0;
    std::vector<std::uint8_t> inside; // [h, w], 0 or 1
};
// A pixel of `downsample` x `downsample` level-0 pixels is inside where its centre is; (x, y) is the top left corner of the mask. No pixel
// is added along the border, which OpenCV's fillPoly does: there a region grows and its holes shrink. Error(WrongUse) for a mask that is
// empty or has more than 2^30 pixels.
RegionMask rasterised(const std::vector<Polygon>& polygons, double x, double y, int width, int height, double downsample);

// Share 0..1 of the square tile that lies inside: exact along rows, of which there are 64.
double coveredShare(const std::vector<Polygon>& polygons, double x, double y, double side);
// The same from rows that were found before: those of the tile, evenly over its height.
double coveredShare(const std::vector<std::vector<Span>>& rows, double x, double side);
inline constexpr int coverageRows = 64;

} // namespace phloxine
