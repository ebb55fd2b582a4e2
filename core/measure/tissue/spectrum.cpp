#include "core/measure/tissue/spectrum.h"

#include <cmath>
#include <limits>

#include <opencv2/imgproc.hpp>

namespace phloxine {

namespace {
constexpr std::size_t rings = spectrumPoints + 1;
}

double spectrumFrequency(std::size_t point) { return 0.5 * (double(point) + 1.5) / double(rings); }

RadialPower radialPower(const Image& tile) {
    const cv::Mat rgb(tile.height, tile.width, CV_8UC3, const_cast<std::uint8_t*>(tile.rgb.data()));
    cv::Mat grey, window, parts;
    cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
    grey.convertTo(grey, CV_32F);
    grey -= cv::mean(grey)[0];
    cv::createHanningWindow(window, grey.size(), CV_32F);
    cv::dft(grey.mul(window), parts, cv::DFT_COMPLEX_OUTPUT);
    const double windowPower = cv::norm(window, cv::NORM_L2SQR);
    std::array<double, rings> power{}, count{};
    for (int y = 0; y < parts.rows; ++y)
        for (int x = 0; x < parts.cols; ++x) {
            const double fy = double(std::min(y, parts.rows - y)) / parts.rows, fx = double(std::min(x, parts.cols - x)) / parts.cols;
            const auto ring = std::size_t(std::hypot(fx, fy) * 2 * double(rings));
            if (ring >= rings) continue;
            const auto c = parts.at<cv::Vec2f>(y, x);
            power[ring] += double(c[0]) * c[0] + double(c[1]) * c[1], ++count[ring];
        }
    RadialPower result{};
    for (std::size_t i = 0; i < spectrumPoints; ++i)
        result[i] = count[i + 1] > 0 ? power[i + 1] / count[i + 1] / windowPower : std::numeric_limits<double>::quiet_NaN();
    return result;
}

} // namespace phloxine
