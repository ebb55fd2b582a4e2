#include "core/region/tissue_region.h"

#include <cmath>

#include "core/image/tissue.h"
#include "core/region/shapes.h"

namespace phloxine {

namespace {

double ringArea(const Ring& ring) {
    double twice = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        const auto &a = ring[i], &b = ring[(i + 1) % ring.size()];
        twice += a.x * b.y - b.x * a.y;
    }
    return std::abs(twice) / 2;
}

} // namespace

std::vector<Polygon> tissuePolygons(const Image& overview, double slideWidthPx, double slideHeightPx) {
    constexpr double smallest = 1.0 / 5000;
    const auto map = tissueMap(overview);
    RegionMask mask{map.width, map.height, std::vector<std::uint8_t>(std::size_t(map.width) * std::size_t(map.height))};
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            mask.inside[std::size_t(y) * std::size_t(map.width) + std::size_t(x)] = map.count(x, y, x + 1, y + 1) > 0;
    const double least = smallest * map.width * map.height, scaleX = slideWidthPx / map.width, scaleY = slideHeightPx / map.height;
    std::vector<Polygon> tissue;
    for (const auto& polygon : simplified(outlineOf(mask, 0, 0, 1), 1.5)) {
        if (ringArea(polygon.outer) < least) continue;
        const auto placed = [&](Ring ring) {
            for (auto& p : ring) p = {p.x * scaleX, p.y * scaleY};
            return ring;
        };
        Polygon large{placed(polygon.outer), {}};
        for (const auto& hole : polygon.holes)
            if (ringArea(hole) >= least) large.holes.push_back(placed(hole));
        tissue.push_back(std::move(large));
    }
    return tissue;
}

} // namespace phloxine
