#include "core/image/mask.h"

#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"

namespace phloxine {

bool Mask::keepsAll() const {
    return std::all_of(paint.begin(), paint.end(), [](float p) { return p == 0; });
}

Mask maskFrom(const Image& picture, int featherPx) {
    cv::Mat white(picture.height, picture.width, CV_8UC1), distance;
    bool whole = true;
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x) {
            const auto* p = picture.pixel(x, y);
            const bool paint = p[0] + p[1] + p[2] >= 3 * 128;
            white.at<std::uint8_t>(y, x) = paint ? 255 : 0;
            whole = whole && paint;
        }
    Mask mask{picture.width, picture.height, std::vector<float>(std::size_t(picture.width) * picture.height, 1)};
    if (whole) return mask; // no edge to measure from
    try {
        cv::distanceTransform(white, distance, cv::DIST_L2, cv::DIST_MASK_5, CV_32F);
    } catch (const cv::Exception& e) { throw Error(ErrorCode::Internal, "The edge of the mask could not be softened.", e.what()); }
    for (int y = 0; y < mask.height; ++y)
        for (int x = 0; x < mask.width; ++x)
            mask.paint[std::size_t(y) * mask.width + x] = std::min(1.0f, distance.at<float>(y, x) / float(featherPx + 1));
    return mask;
}

std::vector<std::uint8_t> paintedCells(const Mask& mask, int factor) {
    const int width = mask.width / factor, height = mask.height / factor;
    std::vector<std::uint8_t> cells(std::size_t(width) * height, 0);
    for (int y = 0; y < height * factor; ++y)
        for (int x = 0; x < width * factor; ++x)
            if (mask.paint[std::size_t(y) * mask.width + x] > 0) cells[std::size_t(y / factor) * width + x / factor] = 1;
    return cells;
}

Image composited(const Image& original, const Image& painted, const Mask& mask) {
    Image image = original;
    for (std::size_t i = 0; i < mask.paint.size(); ++i) {
        const float p = mask.paint[i];
        if (p == 0) continue;
        for (std::size_t c = 3 * i; c < 3 * i + 3; ++c)
            image.rgb[c] = std::uint8_t(std::lround(p * float(painted.rgb[c]) + (1 - p) * float(original.rgb[c])));
    }
    return image;
}

} // namespace phloxine
