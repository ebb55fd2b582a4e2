#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/Error.h"
#include "core/slide/sources.h"

namespace phloxine {

namespace {

constexpr int cellPx = 40; // one nucleus per 10 um square at 0.25 um per pixel
constexpr int lobePx = 640;

// A well mixed number from place and seed: the picture is a function of the place alone, so any two reads agree.
std::uint64_t hashed(std::int64_t x, std::int64_t y, std::uint64_t seed) {
    std::uint64_t h = seed ^ (std::uint64_t(x) * 0x9e3779b97f4a7c15u) ^ (std::uint64_t(y) * 0xc2b2ae3d27d4eb4fu);
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
}

float unit(std::uint64_t h, int byte) { return float((h >> (8 * byte)) & 0xff) / 255.0f; }

// Smooth noise in 0..1 with features of `size` level-0 pixels, along a row of the picture: the corners that the noise goes between
// change only every `size` pixels.
class SmoothRow {
public:
    SmoothRow(double y, int size, std::uint64_t seed) : m_size(size), m_seed(seed), m_row(std::int64_t(std::floor(y / size))) {
        m_down = eased(float(y / size - std::floor(y / size)));
    }
    float at(double x) {
        const double u = x / m_size, cell = std::floor(u);
        if (cell != m_cell) {
            m_cell = cell;
            for (int i = 0; i < 4; ++i) m_corners[std::size_t(i)] = unit(hashed(std::int64_t(cell) + i % 2, m_row + i / 2, m_seed), 0);
        }
        const float right = eased(float(u - cell));
        return std::lerp(std::lerp(m_corners[0], m_corners[1], right), std::lerp(m_corners[2], m_corners[3], right), m_down);
    }

private:
    static float eased(float t) { return t * t * (3 - 2 * t); }

    int m_size;
    std::uint64_t m_seed;
    std::int64_t m_row;
    float m_down;
    double m_cell = std::numeric_limits<double>::quiet_NaN();
    std::array<float, 4> m_corners{};
};

float smooth(double x, double y, int size, std::uint64_t seed) { return SmoothRow(y, size, seed).at(x); }

class SyntheticSource final : public SlideSource {
public:
    SyntheticSource(std::int64_t width, std::int64_t height, std::uint64_t seed) : m_seed(seed) {
        m_info.name = "synthetic";
        m_info.vendor = "synthetic";
        m_info.scale = {0.25, ScaleSource::Property};
        for (std::int64_t shrink = 1;; shrink *= 2) {
            m_info.levels.push_back(
                {std::max<std::int64_t>(1, width / shrink), std::max<std::int64_t>(1, height / shrink), double(shrink)});
            if (std::max(width, height) / shrink <= 1024) break;
        }
    }

    const SlideInfo& info() const override { return m_info; }

    Image read(int level, std::int64_t x, std::int64_t y, int width, int height) override {
        Image image = blankRead(m_info, level, width, height);
        const double step = m_info.levels[std::size_t(level)].downsample;
        paintStroma(image, x, y, step);
        if (step <= 16) paintNuclei(image, x, y, step); // further out a nucleus is less than a pixel
        return image;
    }

private:
    bool inside(double x, double y) const { return x >= 0 && y >= 0 && x < double(m_info.width()) && y < double(m_info.height()); }

    void paintStroma(Image& image, std::int64_t x, std::int64_t y, double step) const {
        for (int row = 0; row < image.height; ++row) {
            const double sy = double(y) + row * step;
            SmoothRow lobes(sy, lobePx, m_seed + 1), fibres(sy * 3, 48, m_seed + 2);
            for (int column = 0; column < image.width; ++column) {
                const double sx = double(x) + column * step;
                if (!inside(sx, sy)) continue;
                const float lobe = lobes.at(sx), fibre = step < 16 ? fibres.at(sx) : 0.5f;
                std::uint8_t* p = image.pixel(column, row);
                if (lobe > 0.78f) p[0] = 244, p[1] = 241, p[2] = 245; // lumen
                else p[0] = std::uint8_t(226 - 14 * fibre), p[1] = std::uint8_t(150 + 36 * fibre), p[2] = std::uint8_t(190 + 16 * fibre);
            }
        }
    }

    void paintNuclei(Image& image, std::int64_t x, std::int64_t y, double step) const {
        const auto cell = [](double pixel) { return std::int64_t(std::floor(pixel / cellPx)); };
        const std::int64_t right = cell(double(x) + image.width * step) + 1, bottom = cell(double(y) + image.height * step) + 1;
        for (std::int64_t row = cell(double(y)) - 1; row <= bottom; ++row)
            for (std::int64_t column = cell(double(x)) - 1; column <= right; ++column) paintNucleus(image, column, row, x, y, step);
    }

    void paintNucleus(Image& image, std::int64_t column, std::int64_t row, std::int64_t x, std::int64_t y, double step) const {
        const std::uint64_t h = hashed(column, row, m_seed);
        const double cx = double(column * cellPx) + 8 + 24 * unit(h, 0), cy = double(row * cellPx) + 8 + 24 * unit(h, 1);
        if (!inside(cx, cy) || smooth(cx, cy, lobePx, m_seed + 1) > 0.76f || unit(h, 2) > 0.8f) return;
        const double rx = 7 + 7 * unit(h, 3), ry = 7 + 5 * unit(h, 4);
        const int left = std::max(0, int(std::floor((cx - rx - double(x)) / step)) - 1),
                  right = std::min(image.width - 1, int((cx + rx - double(x)) / step) + 1);
        const int top = std::max(0, int(std::floor((cy - ry - double(y)) / step)) - 1),
                  bottom = std::min(image.height - 1, int((cy + ry - double(y)) / step) + 1);
        const std::array<float, 3> colour = {86 + 40 * unit(h, 5), 52 + 36 * unit(h, 5), 126 + 30 * unit(h, 6)};
        for (int j = top; j <= bottom; ++j) {
            for (int i = left; i <= right; ++i) {
                const double sx = double(x) + i * step, sy = double(y) + j * step;
                const double distance = std::hypot((sx - cx) / rx, (sy - cy) / ry); // 1 on the rim
                const float cover = float(std::clamp((1 - distance) * rx / step + 0.5, 0.0, 1.0));
                if (cover <= 0 || !inside(sx, sy)) continue;
                std::uint8_t* p = image.pixel(i, j);
                for (int c = 0; c < 3; ++c) p[c] = std::uint8_t(std::lerp(float(p[c]), colour[std::size_t(c)], cover));
            }
        }
    }

    std::uint64_t m_seed;
    SlideInfo m_info;
};

} // namespace

std::unique_ptr<SlideSource> syntheticSlide(std::int64_t width, std::int64_t height, std::uint64_t seed) {
    if (width < 1 || height < 1) throw Error(ErrorCode::WrongUse, "A synthetic slide needs a size of at least one pixel.");
    return std::make_unique<SyntheticSource>(width, height, seed);
}

} // namespace phloxine
