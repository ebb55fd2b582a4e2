#include "ui/viewer/ViewLight.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QCoreApplication>

#include "core/measure/tissue/stain.h"

namespace phloxine::ui {

namespace {

using Vector = std::array<float, 3>;
using Stain = ViewLight::Stain;
using Table = std::array<std::uint8_t, 256>;
constexpr int densitySteps = 1024; // per unit of optical density: finer than 8 bits can show

struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::ViewLight)
};

Vector cross(const Vector& a, const Vector& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }
float dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector times(const Vector& v, float factor) { return {v[0] * factor, v[1] * factor, v[2] * factor}; }

// The amount of what is shown is |row . density| or, for a stain, max(0, row . density); it is drawn in the densities of `colour`.
struct Separation {
    Vector row, colour;
    bool bothSigns = false;
};

Separation separation(Stain stain) {
    const auto asFloat = [](const std::array<double, 3>& v) { return Vector{float(v[0]), float(v[1]), float(v[2])}; };
    const StainMatrix& matrix = ruifrokJohnston();
    const Vector h = asFloat(matrix.haematoxylin), e = asFloat(matrix.eosin), r = cross(h, e);
    const float length = std::sqrt(dot(r, r));
    const Vector perpendicular = times(r, 1 / length);
    switch (stain) {
    case Stain::Haematoxylin: {
        const Vector dual = cross(e, perpendicular);
        return {times(dual, 1 / dot(dual, h)), h};
    }
    case Stain::Eosin: {
        const Vector dual = cross(perpendicular, h);
        return {times(dual, 1 / dot(dual, e)), e};
    }
    case Stain::Residual:
        return {perpendicular, {1, 1, 1}, true};
    default:
        return {{1 / 3.0f, 1 / 3.0f, 1 / 3.0f}, {1, 1, 1}};
    }
}

Table lightTable(const ViewLight& light) {
    const double contrast = std::tan((std::clamp(light.contrast, -100, 100) / 100.0 * 0.98 + 1) * M_PI / 4);
    const double brightness = std::clamp(light.brightness, -100, 100) / 200.0;
    const double gamma = std::isfinite(light.gamma) ? std::clamp(light.gamma, 0.2, 5.0) : 1.0;
    Table table{};
    for (int i = 0; i < 256; ++i) {
        const double straight = std::clamp((i / 255.0 - 0.5) * contrast + 0.5 + brightness, 0.0, 1.0);
        table[std::size_t(i)] = std::uint8_t(std::lround(255 * std::pow(straight, 1 / gamma)));
    }
    return table;
}

void separate(QImage& picture, Stain stain, const Table& light) {
    const Separation parts = separation(stain);
    std::array<float, 256> density{};
    for (int i = 0; i < 256; ++i) density[std::size_t(i)] = -std::log10((float(i) + 1) / 256);
    std::array<std::uint8_t, 4 * densitySteps> shown{}; // of a density; the density view is linear in it, the others in light
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const double d = double(i) / densitySteps;
        const double value = stain == Stain::Density ? 255 * (1 - d / 2) : 256 * std::pow(10, -d) - 1;
        shown[i] = light[std::size_t(std::clamp(std::lround(value), 0L, 255L))];
    }
    for (int y = 0; y < picture.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(picture.scanLine(y));
        for (int x = 0; x < picture.width(); ++x) {
            const Vector d{density[std::size_t(qRed(line[x]))], density[std::size_t(qGreen(line[x]))],
                           density[std::size_t(qBlue(line[x]))]};
            const float signedAmount = dot(parts.row, d);
            const float amount = (parts.bothSigns ? std::abs(signedAmount) : std::max(0.0f, signedAmount)) * densitySteps;
            const auto value = [&](std::size_t c) {
                return shown[std::min(shown.size() - 1, std::size_t(amount * std::max(0.0f, parts.colour[c]) + 0.5f))];
            };
            line[x] = qRgb(value(0), value(1), value(2));
        }
    }
}

} // namespace

ViewLight::Stain nextStain(Stain stain) { return stain == Stain::Residual ? Stain::All : Stain(int(stain) + 1); }

QString stainName(Stain stain) {
    switch (stain) {
    case Stain::Density:
        return Words::tr("Optical density");
    case Stain::Haematoxylin:
        return Words::tr("Haematoxylin only");
    case Stain::Eosin:
        return Words::tr("Eosin only");
    case Stain::Residual:
        return Words::tr("Residual of both stains");
    default:
        return {};
    }
}

QImage lit(const QImage& picture, const ViewLight& light) {
    if (picture.isNull() || light == ViewLight{}) return picture;
    QImage out = picture.convertToFormat(QImage::Format_RGB32);
    const Table table = lightTable(light);
    if (light.stain != Stain::All) {
        separate(out, light.stain, table);
        return out;
    }
    for (int y = 0; y < out.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(y));
        for (int x = 0; x < out.width(); ++x)
            line[x] = qRgb(table[std::size_t(qRed(line[x]))], table[std::size_t(qGreen(line[x]))], table[std::size_t(qBlue(line[x]))]);
    }
    return out;
}

} // namespace phloxine::ui
