#pragma once
// Sketches as OpenCV's images, for the detectors alone.
#include <opencv2/core.hpp>

#include "core/measure/copying/sketch.h"

namespace phloxine {

cv::Mat coarseView(const CopySketch& sketch); // CV_8U, no copies
cv::Mat fineView(const CopySketch& sketch);
// 0..7: quarter turns to the left, +4 after a flip from left to right; as `oriented` of core/image.
cv::Mat turned(const cv::Mat& image, int orientation);

} // namespace phloxine
