#pragma once
// A slide cut into square tiles at downsamples 1, 2, 4, ... whatever levels its file has: a level that the file lacks is area-reduced from
// the next finer one, so that the painter never shrinks by more than two. Coordinates are level-0 pixels.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <QImage>
#include <QRectF>

#include "core/slide/SlideSource.h"

namespace phloxine::ui {

struct TileKey {
    int slide = 0; // number of the opening
    int level = 0; // downsample is 2^level
    int column = 0, row = 0;
    int light = 0; // number of the light that it was read for
    bool operator==(const TileKey&) const = default;
};

struct TileKeyHash {
    std::size_t operator()(const TileKey& key) const;
};

inline constexpr int tileSidePx = 256;
inline constexpr int tileGutterPx = 1; // a border of neighbouring pixels on each side: smooth scaling shows no seams

class TilePyramid {
public:
    TilePyramid() = default;
    explicit TilePyramid(const SlideInfo& info);

    bool empty() const { return m_native.empty(); }
    double width() const { return m_width; }
    double height() const { return m_height; }
    int topLevel() const { return m_topLevel; } // the whole slide in one tile
    int levelFor(double downsample) const;      // the coarsest that is still as fine as the screen
    int nativeLevel(int level) const;           // the level of the file that `level` is read from
    double nativeDownsample(int native) const { return m_native[std::size_t(native)]; }
    std::optional<int> quickCoarserLevel(int level) const; // one that the file holds itself: few bytes for a large area

    static QRectF tileLevel0(const TileKey& key);
    std::vector<TileKey> covering(const QRectF& level0, int level, int slide) const; // from the middle outwards

private:
    std::vector<double> m_native; // downsamples of the file's levels
    double m_width = 0, m_height = 0;
    int m_topLevel = 0;
};

// The tile with its gutter, 258 x 258 RGB32. Large areas are read in pieces; `wanted` is asked between them, and an empty picture
// comes back once it says no. Throws what SlideSource::read throws.
QImage readTile(SlideSource& source, const TilePyramid& pyramid, const TileKey& key, const std::function<bool()>& wanted);

QImage toQImage(const Image& image);  // RGB32
Image toImage(const QImage& picture); // without a scale

} // namespace phloxine::ui
