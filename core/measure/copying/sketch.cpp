#include "core/measure/copying/sketch_view.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace phloxine {

CopySketch sketchOf(const Image& tile) {
    CopySketch sketch;
    for (const int side : {CopySketch::small, CopySketch::large}) {
        const auto image = resized(tile, side, side);
        auto& pixels = side == CopySketch::small ? sketch.coarse : sketch.fine;
        pixels.resize(std::size_t(side) * std::size_t(side));
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            double density = 0;
            for (int c = 0; c < 3; ++c) density -= std::log10((image.rgb[3 * i + std::size_t(c)] + 1.0) / 256);
            pixels[i] = std::uint8_t(std::min(255.0, density * 100));
        }
    }
    // A piece that was moved by an odd number of pixels falls between the pixels of the sketch.
    const auto fine = fineView(sketch);
    cv::GaussianBlur(fine, fine, {}, 0.8);
    return sketch;
}

cv::Mat coarseView(const CopySketch& sketch) {
    return {CopySketch::small, CopySketch::small, CV_8U, const_cast<std::uint8_t*>(sketch.coarse.data())};
}

cv::Mat fineView(const CopySketch& sketch) {
    return {CopySketch::large, CopySketch::large, CV_8U, const_cast<std::uint8_t*>(sketch.fine.data())};
}

cv::Mat turned(const cv::Mat& image, int orientation) {
    cv::Mat result = image.clone();
    if (orientation >= 4) cv::flip(result, result, 1);
    if (orientation % 4 == 1) cv::rotate(result, result, cv::ROTATE_90_COUNTERCLOCKWISE);
    if (orientation % 4 == 2) cv::rotate(result, result, cv::ROTATE_180);
    if (orientation % 4 == 3) cv::rotate(result, result, cv::ROTATE_90_CLOCKWISE);
    return result;
}

} // namespace phloxine
