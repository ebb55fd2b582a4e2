#include "core/image/tissue.h"

#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"

namespace phloxine {

int TissueMap::count(int left, int top, int right, int bottom) const {
    const auto at = [&](int x, int y) { return sums[std::size_t(y) * std::size_t(width + 1) + std::size_t(x)]; };
    return at(right, bottom) - at(right, top) - at(left, bottom) + at(left, top);
}

TissueMap tissueMap(const Image& picture) {
    if (picture.empty()) throw Error(ErrorCode::Shape, "There is no picture to look for tissue in.");
    const cv::Mat rgb(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data()));
    cv::Mat hsv, channels[3], saturation;
    cv::cvtColor(rgb, hsv, cv::COLOR_RGB2HSV);
    cv::split(hsv, channels);
    cv::medianBlur(channels[1], saturation, 7);
    constexpr int pale = 15, dark = 40; // saturation of glass; below this value it is ink, not tissue
    const cv::Mat tissue = (saturation > pale) & (channels[2] > dark);
    TissueMap map{picture.width, picture.height, std::vector<int>(std::size_t(picture.width + 1) * std::size_t(picture.height + 1))};
    cv::Mat sums(picture.height + 1, picture.width + 1, CV_32S, map.sums.data());
    cv::integral(tissue / 255, sums, CV_32S);
    return map;
}

} // namespace phloxine
