#pragma once
#include <cstdint>

#include "core/image/Image.h"

namespace phloxine {

// A picture with structure in all channels, the same each time.
inline Image testPicture(int width, int height, unsigned seed = 1) {
    Image image(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            std::uint8_t* p = image.pixel(x, y);
            p[0] = std::uint8_t(x * 5 + seed * 17), p[1] = std::uint8_t(y * 3 + x + seed), p[2] = std::uint8_t((x * y) / 7 + seed * 5);
        }
    return image;
}

} // namespace phloxine
