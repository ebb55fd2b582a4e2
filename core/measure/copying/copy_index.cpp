#include "core/measure/copying/copy_index.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "core/measure/copying/sketch_view.h"

namespace phloxine {

namespace {

constexpr int middle = 44, shift = (CopySketch::small - middle) / 2; // a copy may be moved by a few pixels
constexpr std::size_t candidates = 16;                               // whole tiles, the nearest by features, that are compared by pixels

CopyMatch comparePixels(const CopySketch& tile, const CopySketch& training, int index) {
    const cv::Mat part = coarseView(tile)(cv::Rect(shift, shift, middle, middle));
    CopyMatch best{index};
    for (int orientation = 0; orientation < 8; ++orientation) {
        cv::Mat scores;
        cv::matchTemplate(turned(coarseView(training), orientation), part, scores, cv::TM_CCOEFF_NORMED);
        double score = -1;
        cv::minMaxLoc(scores, nullptr, &score);
        if (score > best.score && score <= 1.001) best.score = score, best.orientation = orientation; // a flat field has no correlation
    }
    return best;
}

} // namespace

CopyIndex::CopyIndex(CopyTiles training) : m_training(std::move(training)), m_pieces(m_training.sketches) {}

CopyScores CopyIndex::search(const CopySketch& tile, const at::Tensor& feature, const std::string& group) const {
    CopyScores best;
    const auto& groups = m_training.groups;
    std::vector<bool> excluded(groups.size());
    std::vector<int> order;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        excluded[i] = !group.empty() && groups[i] == group;
        if (!excluded[i]) order.push_back(int(i));
    }
    const auto similarity = at::mv(m_training.features, feature).contiguous();
    const auto* values = similarity.const_data_ptr<float>();
    const bool pixels = !m_training.sketches.empty();
    const auto count = std::min(order.size(), pixels ? candidates : std::size_t(1));
    std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(count), order.end(),
                      [&](int a, int b) { return values[a] > values[b]; });
    for (std::size_t k = 0; k < count; ++k) {
        const auto match = pixels ? comparePixels(tile, m_training.sketches[std::size_t(order[k])], order[k]) : CopyMatch{order[k]};
        if (k == 0) best[0] = match, best[0].score = values[order[0]];
        if (match.score > best[1].score) best[1] = match;
    }
    if (pixels) best[2] = m_pieces.search(tile, excluded);
    return best;
}

} // namespace phloxine
