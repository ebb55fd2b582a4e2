#include "ui/viewer/TilePyramid.h"

#include <algorithm>
#include <cmath>

namespace phloxine::ui {

namespace {
constexpr int pieceSidePx = 1024; // of the file's level; bounds memory and the time between two looks at `wanted`

int tilesAcross(double length, double tileLength) { return std::max(1, int(std::ceil(length / tileLength))); }
} // namespace

std::size_t TileKeyHash::operator()(const TileKey& key) const {
    std::uint64_t h = std::uint64_t(std::uint32_t(key.column)) << 32 | std::uint32_t(key.row);
    const std::uint64_t reading = std::uint64_t(std::uint32_t(key.light)) << 40 ^ std::uint64_t(std::uint32_t(key.slide)) << 8;
    h ^= (reading ^ std::uint32_t(key.level)) * 0x9E3779B97F4A7C15ULL;
    h = (h ^ h >> 31) * 0xBF58476D1CE4E5B9ULL;
    return std::size_t(h ^ h >> 29);
}

TilePyramid::TilePyramid(const SlideInfo& info) : m_width(double(info.width())), m_height(double(info.height())) {
    for (const SlideLevel& level : info.levels) m_native.push_back(level.downsample);
    while (std::max(m_width, m_height) > double(tileSidePx) * std::exp2(m_topLevel)) ++m_topLevel;
}

int TilePyramid::levelFor(double downsample) const {
    if (!(downsample > 1)) return 0;
    return std::clamp(int(std::floor(std::log2(downsample) + 1e-6)), 0, m_topLevel);
}

int TilePyramid::nativeLevel(int level) const {
    // Down to half the slide's resolution, where models work, pixels are area-reduced from level 0, as for export: what the file
    // stores there was reduced and compressed once more. Further out, levels such as 4.0001 or 16.002 count as 4 and 16: reading
    // sixteen times the pixels would cost more than it shows.
    if (level < 2) return 0;
    const double limit = std::exp2(level) * 1.01;
    int native = 0;
    for (std::size_t n = 0; n < m_native.size(); ++n)
        if (m_native[n] <= limit) native = int(n);
    return native;
}

std::optional<int> TilePyramid::quickCoarserLevel(int level) const {
    const int here = nativeLevel(level);
    for (int coarser = level + 1; coarser <= m_topLevel; ++coarser)
        if (nativeLevel(coarser) > here) return coarser;
    return std::nullopt;
}

QRectF TilePyramid::tileLevel0(const TileKey& key) {
    const double side = tileSidePx * std::exp2(key.level);
    return {key.column * side, key.row * side, side, side};
}

std::vector<TileKey> TilePyramid::covering(const QRectF& level0, int level, int slide) const {
    std::vector<TileKey> keys;
    const QRectF inside = level0 & QRectF(0, 0, m_width, m_height);
    if (empty() || inside.isEmpty()) return keys;
    const double side = tileSidePx * std::exp2(level);
    const int lastColumn = tilesAcross(m_width, side) - 1, lastRow = tilesAcross(m_height, side) - 1;
    const int left = int(inside.left() / side), right = std::min(lastColumn, int(std::ceil(inside.right() / side)) - 1);
    const int top = int(inside.top() / side), bottom = std::min(lastRow, int(std::ceil(inside.bottom() / side)) - 1);
    for (int row = top; row <= bottom; ++row)
        for (int column = left; column <= right; ++column) keys.push_back({slide, level, column, row});
    const QPointF middle = level0.center() / side - QPointF(0.5, 0.5);
    const auto distance = [&](const TileKey& k) { return std::hypot(k.column - middle.x(), k.row - middle.y()); };
    std::sort(keys.begin(), keys.end(), [&](const TileKey& a, const TileKey& b) { return distance(a) < distance(b); });
    return keys;
}

QImage readTile(SlideSource& source, const TilePyramid& pyramid, const TileKey& key, const std::function<bool()>& wanted) {
    constexpr int side = tileSidePx + 2 * tileGutterPx;
    const std::int64_t downsample = std::int64_t(1) << key.level;
    const std::int64_t left = (std::int64_t(key.column) * tileSidePx - tileGutterPx) * downsample;
    const std::int64_t top = (std::int64_t(key.row) * tileSidePx - tileGutterPx) * downsample;
    const int native = pyramid.nativeLevel(key.level);
    const double reduction = double(downsample) / pyramid.nativeDownsample(native);
    const int step = std::clamp(int(pieceSidePx / reduction), 1, side); // tile pixels per piece
    Image tile(side, side);
    for (int y = 0; y < side; y += step)
        for (int x = 0; x < side; x += step) {
            if (!wanted()) return {};
            const int w = std::min(step, side - x), h = std::min(step, side - y);
            const int readW = std::max(w, int(std::lround(w * reduction))), readH = std::max(h, int(std::lround(h * reduction)));
            const Image piece = source.read(native, left + x * downsample, top + y * downsample, readW, readH);
            paste(tile, readW == w && readH == h ? piece : resized(piece, w, h), x, y);
        }
    return toQImage(tile);
}

QImage toQImage(const Image& image) {
    if (image.empty()) return {};
    const QImage view(image.rgb.data(), image.width, image.height, qsizetype(image.width) * 3, QImage::Format_RGB888);
    return view.convertToFormat(QImage::Format_RGB32);
}

Image toImage(const QImage& picture) {
    const QImage rgb = picture.convertToFormat(QImage::Format_RGB888);
    Image image(rgb.width(), rgb.height());
    for (int y = 0; y < rgb.height(); ++y) std::copy_n(rgb.constScanLine(y), 3 * std::size_t(rgb.width()), image.pixel(0, y));
    return image;
}

} // namespace phloxine::ui
