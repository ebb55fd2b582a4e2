#include "core/image/Image.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"
#include "core/image/opencv_threads.h"

namespace phloxine {

namespace {

constexpr std::array<std::string_view, 6> sourceWords = {"unknown", "property", "tags", "user", "model", "assumed"};

cv::Mat matOver(const Image& image) { return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data())}; }

Image scaledTo(const Image& image, int outWidth, int outHeight, int method) {
    Image out(outWidth, outHeight);
    cv::Mat target = matOver(out);
    cv::resize(matOver(image), target, target.size(), 0, 0, method);
    return out;
}

} // namespace

void keepOpenCvOnThisThread() {
    static const bool done = (cv::setNumThreads(1), true);
    (void)done;
}

std::string_view toString(ScaleSource source) { return sourceWords[std::size_t(source)]; }

ScaleSource scaleSourceFrom(std::string_view word) {
    const auto found = std::find(sourceWords.begin(), sourceWords.end(), word);
    return found == sourceWords.end() ? ScaleSource::Unknown : ScaleSource(found - sourceWords.begin());
}

Image resized(const Image& image, int outWidth, int outHeight) {
    if (image.empty() || outWidth < 1 || outHeight < 1)
        throw Error(ErrorCode::WrongUse, "An image of " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                                             " pixels cannot be resized to " + std::to_string(outWidth) + " x " +
                                             std::to_string(outHeight) + ".");
    if (outWidth == image.width && outHeight == image.height) return image;
    keepOpenCvOnThisThread();
    Image out;
    try {
        // OpenCV averages areas only when both sides shrink; otherwise the shrinking side goes first, on its own.
        const int shrunkWidth = std::min(outWidth, image.width), shrunkHeight = std::min(outHeight, image.height);
        out = scaledTo(image, shrunkWidth, shrunkHeight, cv::INTER_AREA);
        if (shrunkWidth != outWidth || shrunkHeight != outHeight) out = scaledTo(out, outWidth, outHeight, cv::INTER_LINEAR);
    } catch (const cv::Exception& e) { throw Error(ErrorCode::Internal, "The image could not be resized.", e.what()); }
    out.scale = {image.scale.micronsPerPixel * image.width / outWidth, image.scale.source};
    return out;
}

void paste(Image& target, const Image& source, int x, int y) {
    const int left = std::max(0, x), right = std::min<std::int64_t>(target.width, std::int64_t(x) + source.width);
    const int top = std::max(0, y), bottom = std::min<std::int64_t>(target.height, std::int64_t(y) + source.height);
    if (left >= right) return;
    for (int row = top; row < bottom; ++row)
        std::memcpy(target.pixel(left, row), source.pixel(left - x, row - y), std::size_t(right - left) * 3);
}

void fill(Image& target, int x, int y, int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    const int left = std::max(0, x), right = std::min<std::int64_t>(target.width, std::int64_t(x) + width);
    const int top = std::max(0, y), bottom = std::min<std::int64_t>(target.height, std::int64_t(y) + height);
    for (int row = top; row < bottom; ++row) {
        for (int column = left; column < right; ++column) {
            std::uint8_t* p = target.pixel(column, row);
            p[0] = r, p[1] = g, p[2] = b;
        }
    }
}

void drawText(Image& target, int x, int baseline, const char* text, int height) {
    cv::Mat pixels(target.height, target.width, CV_8UC3, target.rgb.data());
    const double scale = cv::getFontScaleFromHeight(cv::FONT_HERSHEY_SIMPLEX, height, 1);
    cv::putText(pixels, text, {x, baseline}, cv::FONT_HERSHEY_SIMPLEX, scale, cv::Scalar(27, 27, 27), 1, cv::LINE_AA);
}

} // namespace phloxine
