#include "core/annotate/caption_measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr float glassLightness = 84, glassChroma = 28; // brighter and paler: no tissue
constexpr float bluish = -4;                           // b of Lab: below, more blue than eosin usually is
constexpr float contrast = 2;                          // of a spot, in lightness

struct Lab {
    cv::Mat lightness, a, b, tissue; // float 0..100, float, float; 255 where tissue
};

Lab labOf(const Image& tile) {
    const cv::Mat rgb(tile.height, tile.width, CV_8UC3, const_cast<std::uint8_t*>(tile.rgb.data()));
    cv::Mat values, lab, channels[3], chroma;
    rgb.convertTo(values, CV_32F, 1.0 / 255);
    cv::GaussianBlur(values, values, {}, 1); // noise and blocks of JPEG
    cv::cvtColor(values, lab, cv::COLOR_RGB2Lab);
    cv::split(lab, channels);
    cv::magnitude(channels[1], channels[2], chroma);
    const cv::Mat glass = (channels[0] > glassLightness) & (chroma < glassChroma);
    return {channels[0], channels[1], channels[2], glass == 0};
}

// Dark bluish spots: places where a difference of Gaussians of the lightness has a maximum, per 10,000 pixels.
double nuclearSpots(const Lab& lab) {
    const double width = std::max(1.5, std::min(lab.lightness.rows, lab.lightness.cols) / 75.0); // 3 px in a tile of 224
    cv::Mat inner, outer, highest;
    cv::GaussianBlur(lab.lightness, inner, {}, width);
    cv::GaussianBlur(lab.lightness, outer, {}, width * 1.6);
    const cv::Mat spot = outer - inner;
    const int reach = 2 * int(1.5 * width) + 1;
    cv::dilate(spot, highest, cv::getStructuringElement(cv::MORPH_ELLIPSE, {reach, reach}));
    return 1e4 * cv::countNonZero((spot >= highest) & (spot > contrast) & (lab.b < bluish)) / double(spot.total());
}

} // namespace

std::vector<double> captionMeasures(const Image& tile) {
    if (tile.empty()) throw Error(ErrorCode::Shape, "An image without pixels cannot be captioned.");
    const auto lab = labOf(tile);
    const double all = double(lab.lightness.total()), tissue = cv::countNonZero(lab.tissue);
    const double lumen = (all - tissue) / all;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (tissue < 0.05 * all) return {nan, nan, nan, lumen};
    const double a = cv::mean(lab.a, lab.tissue)[0], b = cv::mean(lab.b, lab.tissue)[0];
    return {nuclearSpots(lab), 100 - cv::mean(lab.lightness, lab.tissue)[0], std::atan2(b, a) * 180 / std::numbers::pi, lumen};
}

LevelThresholds terciles(std::vector<double> values) {
    values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }), values.end());
    std::sort(values.begin(), values.end());
    LevelThresholds t;
    t.tiles = int(values.size());
    constexpr std::size_t fewest = 6;
    if (values.size() < fewest) t.why = "fewer than six training tiles have a value";
    else if (values.front() == values.back()) t.why = "all training tiles have the same value";
    if (!t.why.empty()) return t;
    t.stated = true;
    t.lowAtMost = values[(values.size() - 1) / 3], t.highAbove = values[(values.size() * 2 - 1) / 3];
    // Where ties reach over a third: two levels at most, and none of them empty.
    if (t.highAbove == values.back()) {
        const auto below = std::lower_bound(values.begin(), values.end(), values.back()) - 1;
        t.highAbove = *below, t.lowAtMost = std::min(t.lowAtMost, *below);
    }
    return t;
}

std::optional<AttributeLevel> levelOf(double value, const LevelThresholds& t) {
    if (!t.stated || !std::isfinite(value)) return {};
    return value <= t.lowAtMost ? AttributeLevel::Low : value > t.highAbove ? AttributeLevel::High : AttributeLevel::Medium;
}

} // namespace phloxine
