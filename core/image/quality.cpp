#include "core/image/quality.h"

#include <cmath>
#include <limits>
#include <string>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"
#include "core/image/opencv_threads.h"

namespace phloxine {

namespace {

constexpr int windowPx = 11;

void requireSameSize(const Image& a, const Image& b) {
    if (a.empty() || a.width != b.width || a.height != b.height)
        throw Error(ErrorCode::WrongUse, "Pictures of " + std::to_string(a.width) + " x " + std::to_string(a.height) + " and " +
                                             std::to_string(b.width) + " x " + std::to_string(b.height) +
                                             " pixels cannot be compared; they must have one size.");
}

cv::Mat luminance(const Image& image) {
    cv::Mat y(image.height, image.width, CV_64FC1);
    for (int row = 0; row < image.height; ++row)
        for (int column = 0; column < image.width; ++column) {
            const auto* p = image.pixel(column, row);
            y.at<double>(row, column) = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        }
    return y;
}

cv::Mat localMean(const cv::Mat& values) { // only where the window lies inside
    cv::Mat mean;
    cv::GaussianBlur(values, mean, {windowPx, windowPx}, 1.5, 1.5);
    const int border = windowPx / 2;
    return mean(cv::Rect(border, border, values.cols - 2 * border, values.rows - 2 * border)).clone();
}

} // namespace

double peakSignalToNoise(const Image& a, const Image& b) {
    requireSameSize(a, b);
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) {
        const double d = double(a.rgb[i]) - double(b.rgb[i]);
        sum += d * d;
    }
    if (sum == 0) return std::numeric_limits<double>::infinity();
    return 10 * std::log10(255.0 * 255.0 * double(a.rgb.size()) / sum);
}

double structuralSimilarity(const Image& a, const Image& b) {
    requireSameSize(a, b);
    if (a.width < windowPx || a.height < windowPx)
        throw Error(ErrorCode::WrongUse, "Structural similarity needs pictures of at least 11 x 11 pixels.");
    constexpr double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    try {
        keepOpenCvOnThisThread();
        const cv::Mat x = luminance(a), y = luminance(b);
        const cv::Mat mx = localMean(x), my = localMean(y), mxx = mx.mul(mx), myy = my.mul(my), mxy = mx.mul(my);
        const cv::Mat vx = localMean(x.mul(x)) - mxx, vy = localMean(y.mul(y)) - myy, vxy = localMean(x.mul(y)) - mxy;
        const cv::Mat above = (2 * mxy + c1).mul(2 * vxy + c2), below = (mxx + myy + c1).mul(vx + vy + c2);
        cv::Mat ratio;
        cv::divide(above, below, ratio);
        return cv::mean(ratio)[0];
    } catch (const cv::Exception& e) { throw Error(ErrorCode::Internal, "The structural similarity could not be computed.", e.what()); }
}

} // namespace phloxine
