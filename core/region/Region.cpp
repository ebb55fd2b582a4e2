#include "core/region/Region.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/Error.h"

namespace phloxine {

namespace {

template <typename Use>
void forEachEdge(const Polygon& polygon, const Use& use) {
    const auto walk = [&](const Ring& ring) {
        for (std::size_t i = 0; i < ring.size(); ++i) use(ring[i], ring[i + 1 < ring.size() ? i + 1 : 0]);
    };
    walk(polygon.outer);
    for (const auto& hole : polygon.holes) walk(hole);
}

// Where the outline of one polygon crosses each row. An edge holds its upper end and not its lower one, so each row is crossed evenly
// often.
void addCrossings(const Polygon& polygon, double firstY, double stepY, std::vector<std::vector<double>>& rows) {
    const double last = double(rows.size());
    forEachEdge(polygon, [&](SlidePoint a, SlidePoint b) {
        if (a.y == b.y) return;
        if (a.y > b.y) std::swap(a, b);
        const double from = std::clamp(std::ceil((a.y - firstY) / stepY), 0.0, last);
        for (std::size_t row = std::size_t(from); row < rows.size(); ++row) {
            const double y = firstY + double(row) * stepY;
            if (y >= b.y) break;
            if (y < a.y) continue; // rounding of `from`
            rows[row].push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
        }
    });
}

SlideBox boxOf(const Polygon& polygon) {
    constexpr double far = std::numeric_limits<double>::infinity();
    SlideBox box{far, far, -far, -far};
    forEachEdge(polygon, [&](const SlidePoint& a, const SlidePoint&) {
        box.left = std::min(box.left, a.x), box.right = std::max(box.right, a.x);
        box.top = std::min(box.top, a.y), box.bottom = std::max(box.bottom, a.y);
    });
    return box;
}

void uniteSpans(std::vector<Span>& spans) {
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.left < b.left; });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < spans.size(); ++i) {
        if (spans[i].left <= spans[kept].right) spans[kept].right = std::max(spans[kept].right, spans[i].right);
        else spans[++kept] = spans[i];
    }
    if (!spans.empty()) spans.resize(kept + 1);
}

} // namespace

SlideBox boundingBox(const std::vector<Polygon>& polygons) {
    constexpr double far = std::numeric_limits<double>::infinity();
    SlideBox box{far, far, -far, -far};
    for (const auto& polygon : polygons) {
        const auto [left, top, right, bottom] = boxOf(polygon);
        box = {std::min(box.left, left), std::min(box.top, top), std::max(box.right, right), std::max(box.bottom, bottom)};
    }
    return box.left <= box.right ? box : SlideBox{};
}

std::vector<std::vector<Span>> spansOfRows(const std::vector<Polygon>& polygons, double firstY, double stepY, int rows) {
    std::vector<std::vector<Span>> spans(std::size_t(std::max(rows, 0)));
    std::vector<std::vector<double>> crossings(spans.size());
    for (const auto& polygon : polygons) {
        const auto box = boxOf(polygon);
        if (box.bottom < firstY || box.top > firstY + stepY * rows) continue;
        addCrossings(polygon, firstY, stepY, crossings);
        for (std::size_t row = 0; row < spans.size(); ++row) {
            std::sort(crossings[row].begin(), crossings[row].end());
            for (std::size_t i = 0; i + 1 < crossings[row].size(); i += 2)
                if (crossings[row][i] < crossings[row][i + 1]) spans[row].push_back({crossings[row][i], crossings[row][i + 1]});
            crossings[row].clear();
        }
    }
    for (auto& row : spans) uniteSpans(row);
    return spans;
}

bool contains(const std::vector<Polygon>& polygons, SlidePoint place) {
    const auto row = spansOfRows(polygons, place.y, 1, 1).front();
    return std::any_of(row.begin(), row.end(), [&](const Span& s) { return place.x >= s.left && place.x < s.right; });
}

double areaPx(const std::vector<Polygon>& polygons) {
    constexpr int rows = 4096;
    const auto box = boundingBox(polygons);
    const double step = (box.bottom - box.top) / rows;
    if (!(step > 0)) return 0;
    double width = 0;
    for (const auto& row : spansOfRows(polygons, box.top + step / 2, step, rows))
        for (const auto& span : row) width += span.right - span.left;
    return width * step;
}

RegionMask rasterised(const std::vector<Polygon>& polygons, double x, double y, int width, int height, double downsample) {
    if (width < 1 || height < 1 || std::int64_t(width) * height > 1ll << 30 || !(downsample > 0))
        throw Error(ErrorCode::WrongUse, "A mask of " + std::to_string(width) + " x " + std::to_string(height) +
                                             " pixels cannot be made of regions; choose another size or downsample.");
    RegionMask mask{width, height, std::vector<std::uint8_t>(std::size_t(width) * std::size_t(height))};
    const auto rows = spansOfRows(polygons, y + downsample / 2, downsample, height);
    for (int row = 0; row < height; ++row)
        for (const auto& span : rows[std::size_t(row)]) {
            // The first pixel whose centre is not left of a border.
            const auto column = [&](double border) {
                return int(std::clamp(std::ceil((border - x) / downsample - 0.5), 0.0, double(width)));
            };
            const auto begin = mask.inside.begin() + std::ptrdiff_t(row) * width;
            std::fill(begin + column(span.left), begin + column(span.right), std::uint8_t(1));
        }
    return mask;
}

double coveredShare(const std::vector<std::vector<Span>>& rows, double x, double side) {
    double width = 0;
    for (const auto& row : rows)
        for (const auto& span : row) width += std::max(0.0, std::min(span.right, x + side) - std::max(span.left, x));
    return rows.empty() ? 0 : width / (side * double(rows.size()));
}

double coveredShare(const std::vector<Polygon>& polygons, double x, double y, double side) {
    const double step = side / coverageRows;
    return coveredShare(spansOfRows(polygons, y + step / 2, step, coverageRows), x, side);
}

} // namespace phloxine
