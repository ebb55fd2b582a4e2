#pragma once
// Tiles painted for tests: a pink ground, purple discs, white holes.
#include "core/base/Dice.h"
#include "core/image/Image.h"

namespace phloxine {

struct Painting {
    int nuclei = 40, holes = 0; // of radius 4 and 14
    int darker = 0;             // taken off every colour
    int bluer = 0;              // taken off red, added to blue
    int size = 112;
    std::uint64_t seed = 1;
};

inline Image paintedTile(const Painting& p) {
    Image image(p.size, p.size);
    const auto colour = [&](std::uint8_t* at, int r, int g, int b) {
        const auto byte = [](int v) { return std::uint8_t(v < 0 ? 0 : v > 255 ? 255 : v); };
        at[0] = byte(r - p.darker - p.bluer), at[1] = byte(g - p.darker), at[2] = byte(b - p.darker + p.bluer / 2);
    };
    for (int y = 0; y < p.size; ++y)
        for (int x = 0; x < p.size; ++x) colour(image.pixel(x, y), 226, 158, 196);
    Dice dice(p.seed);
    const auto disc = [&](int radius, auto paint) {
        const int cx = dice.below(p.size), cy = dice.below(p.size);
        for (int y = std::max(0, cy - radius); y < std::min(p.size, cy + radius); ++y)
            for (int x = std::max(0, cx - radius); x < std::min(p.size, cx + radius); ++x)
                if ((x - cx) * (x - cx) + (y - cy) * (y - cy) < radius * radius) paint(image.pixel(x, y));
    };
    for (int i = 0; i < p.nuclei; ++i) disc(4, [&](std::uint8_t* at) { colour(at, 96, 62, 140); });
    for (int i = 0; i < p.holes; ++i) disc(14, [](std::uint8_t* at) { at[0] = 245, at[1] = 244, at[2] = 246; });
    return image;
}

} // namespace phloxine
