#include "core/image/colour_difference.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/Error.h"

namespace phloxine {

namespace {

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

// On linear sRGB, severity 1.
constexpr Matrix sights[] = {{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
                             {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
                             {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
                             {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}};
// Linear sRGB to XYZ over the white of D65.
constexpr Matrix toXyz = {{{0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047},
                           {0.2126729, 0.7151522, 0.0721750},
                           {0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883}}};

Triple times(const Matrix& m, const Triple& v) {
    Triple out{};
    for (std::size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
    return out;
}

Triple linear(const std::string& colour) {
    if (!isColour(colour)) throw Error(ErrorCode::WrongUse, "\"" + colour + "\" is no colour; write it as #RRGGBB.");
    Triple rgb{};
    for (std::size_t i = 0; i < 3; ++i) {
        const double c = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
        rgb[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    }
    return rgb;
}

Triple labOf(const Triple& linearRgb, const Matrix& sight) {
    auto seen = times(sight, linearRgb);
    for (double& c : seen) c = std::clamp(c, 0.0, 1.0);
    auto f = times(toXyz, seen);
    for (double& c : f) c = c > 216.0 / 24389 ? std::cbrt(c) : (24389.0 / 27 * c + 16) / 116;
    return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

} // namespace

bool isColour(const std::string& text) {
    return text.size() == 7 && text[0] == '#' && text.find_first_not_of("0123456789abcdefABCDEF", 1) == text.npos;
}

double leastColourDifference(const std::string& a, const std::string& b) {
    const auto first = linear(a), second = linear(b);
    double least = 1e9;
    for (const auto& sight : sights) {
        const auto x = labOf(first, sight), y = labOf(second, sight);
        least = std::min(least, std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]));
    }
    return least;
}

} // namespace phloxine
