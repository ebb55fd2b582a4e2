#include "core/region/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace phloxine {

namespace {

constexpr int finestGrid = 1024; // steps of a side
constexpr double stairs = 1.5;   // steps: corners of a straight row of pixels lie within 1.41 of each other, across it

// Number of the connected part of each pixel; -1 outside.
std::vector<int> partsOf(const RegionMask& mask) {
    std::vector<int> part(mask.inside.size(), -1), open;
    int parts = 0;
    for (int start = 0; start < int(mask.inside.size()); ++start) {
        if (!mask.inside[std::size_t(start)] || part[std::size_t(start)] >= 0) continue;
        part[std::size_t(start)] = parts;
        open.push_back(start);
        while (!open.empty()) {
            const int at = open.back(), column = at % mask.width;
            open.pop_back();
            const auto visit = [&](bool there, int next) {
                if (!there || !mask.inside[std::size_t(next)] || part[std::size_t(next)] >= 0) return;
                part[std::size_t(next)] = parts;
                open.push_back(next);
            };
            visit(column > 0, at - 1), visit(column + 1 < mask.width, at + 1);
            visit(at >= mask.width, at - mask.width), visit(at + mask.width < int(mask.inside.size()), at + mask.width);
        }
        ++parts;
    }
    return part;
}

// The edges between inside and outside, walked with the inside to the right. Directions: 0 right, 1 down, 2 left, 3 up.
class Edges {
public:
    explicit Edges(const RegionMask& mask)
        : m_mask(mask), m_columns(mask.width + 1), m_out(std::size_t(m_columns) * std::size_t(mask.height + 1)) {
        for (int y = 0; y <= mask.height; ++y)
            for (int x = 0; x <= mask.width; ++x) {
                const bool here = inside(x, y), left = inside(x - 1, y), above = inside(x, y - 1);
                if (here && !above) at(x, y) |= 1;     // the upper side of this pixel
                if (above && !here) at(x + 1, y) |= 4; // the lower side of the one above
                if (left && !here) at(x, y) |= 2;      // the right side of the one to the left
                if (here && !left) at(x, y + 1) |= 8;  // the left side of this pixel
            }
    }

    // The ring that leaves (x, y) in this direction, in steps of the grid; its edges are used up.
    Ring walk(int x, int y, int direction) {
        constexpr std::array<int, 4> dx{1, 0, -1, 0}, dy{0, 1, 0, -1};
        const int startX = x, startY = y, startDirection = direction;
        Ring ring;
        int before = -1;
        do {
            if (direction != before) ring.push_back({double(x), double(y)});
            m_used.at(x, y, m_columns) |= 1 << direction;
            x += dx[std::size_t(direction)], y += dy[std::size_t(direction)];
            before = direction;
            direction = next(at(x, y), direction);
        } while (x != startX || y != startY || direction != startDirection);
        if (before == startDirection && ring.size() > 1) ring.erase(ring.begin()); // the walk began in the middle of a side
        return ring;
    }
    int unused(int x, int y) { // a direction, or -1
        const int left = at(x, y) & ~m_used.at(x, y, m_columns);
        for (int direction = 0; direction < 4; ++direction)
            if (left & 1 << direction) return direction;
        return -1;
    }

private:
    bool inside(int x, int y) const {
        return x >= 0 && y >= 0 && x < m_mask.width && y < m_mask.height &&
               m_mask.inside[std::size_t(y) * std::size_t(m_mask.width) + std::size_t(x)];
    }
    std::uint8_t& at(int x, int y) { return m_out[std::size_t(y) * std::size_t(m_columns) + std::size_t(x)]; }
    // Where two pixels meet at a corner, the turn to the right stays with the same pixel.
    static int next(int out, int direction) {
        for (const int turn : {1, 0, 3})
            if (const int candidate = (direction + turn) % 4; out & 1 << candidate) return candidate;
        return direction;
    }
    struct Used {
        std::vector<std::uint8_t> bits;
        std::uint8_t& at(int x, int y, int columns) { return bits[std::size_t(y) * std::size_t(columns) + std::size_t(x)]; }
    };

    const RegionMask& m_mask;
    int m_columns;
    std::vector<std::uint8_t> m_out;
    Used m_used{std::vector<std::uint8_t>(m_out.size())};
};

double turnedArea(const Ring& ring) { // positive where the inside lies to the right of the walk
    double twice = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        const auto &a = ring[i], &b = ring[(i + 1) % ring.size()];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice / 2;
}

Ring simplifiedRing(const Ring& ring, double tolerancePx) {
    std::vector<cv::Point2f> places, kept; // near the first one floats are exact enough
    for (const auto& p : ring) places.emplace_back(float(p.x - ring[0].x), float(p.y - ring[0].y));
    cv::approxPolyDP(places, kept, tolerancePx, true);
    Ring result;
    for (const auto& p : kept) result.push_back({ring[0].x + double(p.x), ring[0].y + double(p.y)});
    return result.size() >= 3 ? result : Ring{};
}

} // namespace

std::vector<Polygon> outlineOf(const RegionMask& mask, double x, double y, double downsample) {
    const auto part = partsOf(mask);
    Edges edges(mask);
    std::map<int, Polygon> polygons; // by part
    for (int row = 0; row <= mask.height; ++row)
        for (int column = 0; column <= mask.width; ++column)
            for (int direction = edges.unused(column, row); direction >= 0; direction = edges.unused(column, row)) {
                constexpr std::array<int, 4> rightX{0, -1, -1, 0}, rightY{0, 0, -1, -1};
                const int pixel = (row + rightY[std::size_t(direction)]) * mask.width + column + rightX[std::size_t(direction)];
                Ring ring = edges.walk(column, row, direction);
                auto& polygon = polygons[part[std::size_t(pixel)]];
                const bool outer = turnedArea(ring) > 0;
                for (auto& place : ring) place = {x + place.x * downsample, y + place.y * downsample};
                if (outer) polygon.outer = std::move(ring);
                else polygon.holes.push_back(std::move(ring));
            }
    std::vector<Polygon> all;
    for (auto& [number, polygon] : polygons) all.push_back(std::move(polygon));
    return all;
}

std::vector<Polygon> simplified(const std::vector<Polygon>& polygons, double tolerancePx) {
    std::vector<Polygon> all;
    for (const auto& polygon : polygons) {
        Polygon simple{simplifiedRing(polygon.outer, tolerancePx), {}};
        if (simple.outer.empty()) continue;
        for (const auto& hole : polygon.holes)
            if (auto ring = simplifiedRing(hole, tolerancePx); !ring.empty()) simple.holes.push_back(std::move(ring));
        all.push_back(std::move(simple));
    }
    return all;
}

std::vector<Polygon> brushed(const std::vector<SlidePoint>& stroke, double radiusPx) {
    constexpr int corners = 32; // of a whole turn
    std::vector<Polygon> all;
    for (std::size_t i = 0; i < stroke.size(); ++i) {
        const SlidePoint from = stroke[i], to = stroke[std::min(i + 1, stroke.size() - 1)];
        const double ahead = std::atan2(to.y - from.y, to.x - from.x);
        Polygon capsule;
        for (int k = 0; k <= corners; ++k) { // half a turn about each end
            const bool first = k <= corners / 2;
            const double angle = ahead + std::numbers::pi * ((first ? 0.5 : -0.5) + 2.0 * (first ? k : k - corners / 2) / corners);
            const SlidePoint about = first ? from : to;
            capsule.outer.push_back({about.x + radiusPx * std::cos(angle), about.y + radiusPx * std::sin(angle)});
        }
        if (stroke.size() == 1 || i + 1 < stroke.size()) all.push_back(std::move(capsule));
    }
    return all;
}

std::vector<Polygon> combined(const std::vector<Polygon>& base, const std::vector<Polygon>& change, Combine how, const SlideBox& slide,
                              double stepPx) {
    auto both = base;
    if (how == Combine::Add) both.insert(both.end(), change.begin(), change.end());
    auto box = boundingBox(both);
    box = {std::max(box.left, slide.left), std::max(box.top, slide.top), std::min(box.right, slide.right),
           std::min(box.bottom, slide.bottom)};
    if (!(box.right > box.left && box.bottom > box.top)) return {};
    const double longest = std::max(box.right - box.left, box.bottom - box.top);
    const double step = std::max(stepPx, longest / finestGrid);
    const int width = int(std::ceil((box.right - box.left) / step)), height = int(std::ceil((box.bottom - box.top) / step));
    auto mask = rasterised(both, box.left, box.top, width, height, step);
    if (how == Combine::TakeAway) {
        const auto away = rasterised(change, box.left, box.top, width, height, step);
        for (std::size_t i = 0; i < mask.inside.size(); ++i) mask.inside[i] = mask.inside[i] && !away.inside[i];
    }
    auto shapes = simplified(outlineOf(mask, box.left, box.top, step), stairs * step);
    for (auto& polygon : shapes) // the last step of the grid may reach beyond
        for (auto* ring : [&] {
                 std::vector<Ring*> rings{&polygon.outer};
                 for (auto& hole : polygon.holes) rings.push_back(&hole);
                 return rings;
             }())
            for (auto& p : *ring) p = {std::clamp(p.x, slide.left, slide.right), std::clamp(p.y, slide.top, slide.bottom)};
    return shapes;
}

bool crossesItself(const Ring& ring) {
    struct Side {
        SlidePoint a, b;
        std::size_t number;
        double left() const { return std::min(a.x, b.x); }
        double right() const { return std::max(a.x, b.x); }
    };
    const std::size_t n = ring.size();
    std::vector<Side> sides;
    for (std::size_t i = 0; i < n; ++i) sides.push_back({ring[i], ring[(i + 1) % n], i});
    std::sort(sides.begin(), sides.end(), [](const Side& s, const Side& t) { return s.left() < t.left(); });
    const auto turn = [](SlidePoint a, SlidePoint b, SlidePoint c) {
        const double cross = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        return (cross > 0) - (cross < 0);
    };
    const auto within = [](SlidePoint a, SlidePoint b, SlidePoint p) { // of three on one line
        return std::min(a.x, b.x) <= p.x && p.x <= std::max(a.x, b.x) && std::min(a.y, b.y) <= p.y && p.y <= std::max(a.y, b.y);
    };
    const auto meet = [&](const Side& s, const Side& t) {
        const int a = turn(s.a, s.b, t.a), b = turn(s.a, s.b, t.b), c = turn(t.a, t.b, s.a), d = turn(t.a, t.b, s.b);
        if (a != b && c != d) return true;
        return (a == 0 && within(s.a, s.b, t.a)) || (b == 0 && within(s.a, s.b, t.b)) || (c == 0 && within(t.a, t.b, s.a)) ||
               (d == 0 && within(t.a, t.b, s.b));
    };
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n && sides[j].left() <= sides[i].right(); ++j) {
            const auto gap = std::max(sides[i].number, sides[j].number) - std::min(sides[i].number, sides[j].number);
            if (gap == 1 || gap == n - 1) continue; // neighbours share a place
            if (meet(sides[i], sides[j])) return true;
        }
    return false;
}

} // namespace phloxine
