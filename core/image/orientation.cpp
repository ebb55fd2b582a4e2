#include "core/image/orientation.h"

#include <algorithm>

namespace phloxine {

Image oriented(const Image& image, int orientation) {
    const bool flip = orientation >= 4;
    const int turns = orientation % 4;
    Image result(turns % 2 ? image.height : image.width, turns % 2 ? image.width : image.height);
    result.scale = image.scale;
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) {
            const int fx = flip ? image.width - 1 - x : x;
            const int tx[] = {fx, y, image.width - 1 - fx, image.height - 1 - y};
            const int ty[] = {y, image.width - 1 - fx, image.height - 1 - y, fx};
            std::copy_n(image.pixel(x, y), 3, result.pixel(tx[turns], ty[turns]));
        }
    return result;
}

} // namespace phloxine
