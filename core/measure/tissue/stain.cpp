#include "core/measure/tissue/stain.h"

#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>

#include "core/base/Error.h"

namespace phloxine {

namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector unit(const Vector& v) {
    const double n = std::sqrt(dot(v, v));
    return {v[0] / n, v[1] / n, v[2] / n};
}

std::array<float, 256> densityTable(double i0) {
    std::array<float, 256> table{};
    for (int i = 0; i < 256; ++i) table[std::size_t(i)] = float(std::max(0.0, -std::log10((i + 1) / (i0 + 1))));
    return table;
}

// Rows that turn a density into the amounts of haematoxylin and eosin: the least-squares solution, which is what the full inverse with a
// perpendicular third stain gives.
std::array<Vector, 2> unmixing(const StainMatrix& m) {
    const double hh = dot(m.haematoxylin, m.haematoxylin), ee = dot(m.eosin, m.eosin), he = dot(m.haematoxylin, m.eosin);
    const double determinant = hh * ee - he * he;
    if (!(hh > 0) || !(ee > 0) || !(determinant > 1e-3 * hh * ee) || !std::isfinite(determinant))
        throw Error(ErrorCode::WrongUse, "The two stains of this stain matrix cannot be told apart; use two different colours.");
    std::array<Vector, 2> rows{};
    for (std::size_t c = 0; c < 3; ++c) {
        rows[0][c] = (ee * m.haematoxylin[c] - he * m.eosin[c]) / determinant;
        rows[1][c] = (hh * m.eosin[c] - he * m.haematoxylin[c]) / determinant;
    }
    return rows;
}

constexpr float leastStained = 0.15f; // Macenko's beta

} // namespace

const StainMatrix& ruifrokJohnston() {
    static const StainMatrix matrix{unit({0.65, 0.70, 0.29}), unit({0.07, 0.99, 0.11}), "Ruifrok and Johnston 2001"};
    return matrix;
}

StainDensities stainDensities(const Image& image, const StainMatrix& matrix, double i0) {
    if (image.empty()) throw Error(ErrorCode::WrongUse, "An empty picture has no stain; open a tile first.");
    const auto rows = unmixing(matrix);
    const auto table = densityTable(i0);
    const std::size_t n = std::size_t(image.width) * std::size_t(image.height);
    StainDensities out{image.width,           image.height,          std::vector<float>(n),
                       std::vector<float>(n), std::vector<float>(n), std::vector<float>(n)};
    std::array<std::array<float, 3>, 2> weights{};
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t c = 0; c < 3; ++c) weights[k][c] = float(rows[k][c]);
    for (std::size_t i = 0; i < n; ++i) {
        const auto* p = image.rgb.data() + 3 * i;
        const float r = table[p[0]], g = table[p[1]], b = table[p[2]];
        out.haematoxylin[i] = std::max(0.0f, weights[0][0] * r + weights[0][1] * g + weights[0][2] * b);
        out.eosin[i] = std::max(0.0f, weights[1][0] * r + weights[1][1] * g + weights[1][2] * b);
        out.red[i] = r, out.green[i] = g;
    }
    return out;
}

std::array<double, 3> stainedColour(const StainMatrix& matrix, double haematoxylin, double eosin, double i0) {
    std::array<double, 3> rgb{};
    for (std::size_t c = 0; c < 3; ++c)
        rgb[c] = (i0 + 1) * std::pow(10.0, -(haematoxylin * matrix.haematoxylin[c] + eosin * matrix.eosin[c])) - 1;
    return rgb;
}

void addToSample(StainSample& sample, const Image& image, int pixelsPerTile, double i0) {
    if (image.empty() || pixelsPerTile < 1)
        throw Error(ErrorCode::WrongUse, "A stain sample needs a picture and at least one pixel of it.");
    const auto table = densityTable(i0);
    const std::size_t n = image.rgb.size() / 3, count = std::min(n, std::size_t(pixelsPerTile));
    for (std::size_t k = 0; k < count; ++k) {
        const auto* p = image.rgb.data() + 3 * ((2 * k + 1) * n / (2 * count));
        const std::array<float, 3> density{table[p[0]], table[p[1]], table[p[2]]};
        if (std::hypot(density[0], density[1], density[2]) >= leastStained) sample.densities.push_back(density); // eosin absorbs little red
    }
    ++sample.tiles;
}

StainMatrix macenko(const StainSample& sample) {
    const auto& pixels = sample.densities;
    if (sample.tiles < 5 || pixels.size() < 1000)
        throw Error(ErrorCode::WrongUse, "A stain matrix needs 1000 stained pixels of 5 tiles; there are " + std::to_string(pixels.size()) +
                                             " of " + std::to_string(sample.tiles) + ". Use more tiles or the default matrix.");
    cv::Mat data(int(pixels.size()), 3, CV_32F, const_cast<float*>(pixels.data()->data())), moments, values, vectors;
    cv::mulTransposed(data, moments, true, cv::noArray(), 1.0 / data.rows,
                      CV_64F);           // about 0: glass lies there, and both stains start there
    cv::eigen(moments, values, vectors); // rows, the largest value first
    std::array<Vector, 2> axes{};
    for (int k = 0; k < 2; ++k) {
        for (int c = 0; c < 3; ++c) axes[std::size_t(k)][std::size_t(c)] = vectors.at<double>(k, c);
        auto& axis = axes[std::size_t(k)];
        if (axis[0] + axis[1] + axis[2] < 0)
            for (double& v : axis) v = -v;
    }
    std::vector<double> angles;
    angles.reserve(pixels.size());
    for (const auto& p : pixels) {
        const Vector v{p[0], p[1], p[2]};
        angles.push_back(std::atan2(dot(v, axes[1]), dot(v, axes[0])));
    }
    std::sort(angles.begin(), angles.end());
    const auto stainAt = [&](double share) {
        const double a = angles[std::size_t(share * double(angles.size() - 1))];
        Vector v{};
        for (std::size_t c = 0; c < 3; ++c) v[c] = std::cos(a) * axes[0][c] + std::sin(a) * axes[1][c];
        return unit(v);
    };
    Vector first = stainAt(0.01), second = stainAt(0.99);
    if (first[0] < second[0]) std::swap(first, second); // haematoxylin absorbs more red
    if (dot(first, second) > 0.995 || std::min({first[0], first[1], first[2], second[0], second[1], second[2]}) < -0.1)
        throw Error(ErrorCode::WrongUse,
                    "These tiles do not show two stains; use tiles with haematoxylin and eosin, or the default matrix.");
    for (std::size_t c = 0; c < 3; ++c) first[c] = std::max(first[c], 0.0), second[c] = std::max(second[c], 0.0);
    return {unit(first), unit(second),
            "Macenko, " + std::to_string(pixels.size()) + " pixels of " + std::to_string(sample.tiles) + " tiles"};
}

} // namespace phloxine
