#pragma once
// Sets of pictures whose classes are easy to tell: stripes in the colours of a stain. Groups share their phase and shade.
#include <cmath>
#include <filesystem>
#include <string>

#include "core/image/ImageFile.h"
#include "core/base/Dice.h"

namespace phloxine {

// kind 0: stripes across; 1: wider stripes along; 2: dots. `noise`: how much hides them, in grey levels.
inline Image toyTile(int kind, int sizePx, Dice& dice, double noise = 20) {
    Image image(sizePx, sizePx);
    const double phase = dice.uniform(0, 6.28), shade = dice.uniform(0.8, 1.2);
    for (int y = 0; y < sizePx; ++y)
        for (int x = 0; x < sizePx; ++x) {
            const double a = std::sin(x * (kind == 1 ? 0.4 : 0.8) + phase), b = std::sin(y * 0.8 + phase);
            const double dark = shade * 0.5 * (1 + (kind == 0 ? b : kind == 1 ? a : a * b));
            const double light[3] = {235 - 110 * dark, 225 - 140 * dark, 235 - 50 * dark};
            for (int c = 0; c < 3; ++c) image.pixel(x, y)[c] = std::uint8_t(std::clamp(light[c] + dice.uniform(-noise, noise), 0.0, 255.0));
        }
    return image;
}

// <folder>/<class>/g<group>_<tile>.png
inline void writeToySet(const std::filesystem::path& folder, int classes, int groups, int perGroup, std::uint64_t seed, double noise = 20) {
    Dice dice(seed);
    const char* const names[] = {"across", "along", "dots"};
    for (int c = 0; c < classes; ++c) {
        std::filesystem::create_directories(folder / names[c]);
        for (int g = 0; g < groups; ++g)
            for (int i = 0; i < perGroup; ++i) {
                char name[32];
                std::snprintf(name, sizeof name, "g%03d_%d.png", g, i);
                writePng(folder / names[c] / name, toyTile(c, 48, dice, noise));
            }
    }
}

} // namespace phloxine
