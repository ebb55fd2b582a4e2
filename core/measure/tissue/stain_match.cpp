#include "core/measure/tissue/stain_match.h"

#include <algorithm>
#include <cmath>

#include "core/base/Error.h"
#include "core/measure/tissue/stain.h"

namespace phloxine {

namespace {

constexpr double stainedDensity = 0.15; // Macenko's beta
constexpr double leastShare = 0.02;
constexpr double leastSpread = 1e-3, mostStretch = 2; // a flat picture is moved, its noise is not blown up

const std::array<double, 256>& densities() {
    static const auto table = [] {
        std::array<double, 256> t{};
        for (int i = 0; i < 256; ++i) t[std::size_t(i)] = -std::log10((i + 1) / (whiteLevel + 1));
        return t;
    }();
    return table;
}

std::array<double, 3> densityOf(const std::uint8_t* p) { return {densities()[p[0]], densities()[p[1]], densities()[p[2]]}; }

double length(const std::array<double, 3>& d) { return std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]); }

std::uint8_t lightOf(double density) {
    return std::uint8_t(std::clamp(std::lround((whiteLevel + 1) * std::pow(10.0, -density) - 1), 0l, 255l));
}

} // namespace

std::optional<StainLook> stainLook(const Image& image) {
    std::array<double, 3> sum{}, squares{};
    const std::size_t n = image.rgb.size() / 3;
    std::size_t stained = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto d = densityOf(image.rgb.data() + 3 * i);
        if (length(d) < stainedDensity) continue;
        ++stained;
        for (std::size_t c = 0; c < 3; ++c) sum[c] += d[c], squares[c] += d[c] * d[c];
    }
    if (n == 0 || double(stained) < leastShare * double(n)) return {};
    StainLook look;
    look.stainedShare = double(stained) / double(n);
    for (std::size_t c = 0; c < 3; ++c) {
        look.mean[c] = sum[c] / double(stained);
        look.spread[c] = std::sqrt(std::max(0.0, squares[c] / double(stained) - look.mean[c] * look.mean[c]));
    }
    return look;
}

Image inStainOf(const Image& image, const StainLook& own, const StainLook& wanted) {
    if (image.empty()) throw Error(ErrorCode::WrongUse, "An empty picture has no stain; choose a tile first.");
    std::array<double, 3> stretch{};
    for (std::size_t c = 0; c < 3; ++c)
        stretch[c] = std::clamp(wanted.spread[c] / std::max(leastSpread, own.spread[c]), 1 / mostStretch, mostStretch);
    Image matched = image;
    for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
        const auto d = densityOf(image.rgb.data() + i);
        const double weight = std::min(1.0, length(d) / stainedDensity);
        for (std::size_t c = 0; c < 3; ++c) {
            const double moved = wanted.mean[c] + stretch[c] * (d[c] - own.mean[c]);
            matched.rgb[i + c] = lightOf(std::max(0.0, d[c] + weight * (moved - d[c])));
        }
    }
    return matched;
}

} // namespace phloxine
