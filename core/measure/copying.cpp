#include "core/measure/copying.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"
#include "core/measure/statistics/binomial.h"

namespace phloxine {

namespace {

constexpr int queryStride = 16, indexStride = 8; // of patches; half of indexStride is the largest error of their place
constexpr int rings = 8, patchFeatures = 3 * rings;
constexpr int wholeTemplate = 44, shiftOfWhole = (CopySketch::small - wholeTemplate) / 2;
constexpr int innerPatch = 24, reach = 12; // the part of a patch that is compared, and how far it is looked for
constexpr int candidates = 8;
constexpr std::int64_t rowsAtOnce = 1 << 16;

cv::Mat view(const std::vector<std::uint8_t>& pixels, int side) { return {side, side, CV_8U, const_cast<std::uint8_t*>(pixels.data())}; }

cv::Mat turned(const cv::Mat& image, int orientation) {
    cv::Mat result = image.clone();
    if (orientation >= 4) cv::flip(result, result, 1);
    if (orientation % 4 == 1) cv::rotate(result, result, cv::ROTATE_90_COUNTERCLOCKWISE);
    if (orientation % 4 == 2) cv::rotate(result, result, cv::ROTATE_180);
    if (orientation % 4 == 3) cv::rotate(result, result, cv::ROTATE_90_CLOCKWISE);
    return result;
}

struct RingTable {
    std::vector<int> ring = std::vector<int>(patchSide * patchSide, -1);
    std::vector<float> count = std::vector<float>(rings);
    RingTable() {
        for (int y = 0; y < patchSide; ++y)
            for (int x = 0; x < patchSide; ++x) {
                const double r = std::hypot(x - (patchSide - 1) / 2.0, y - (patchSide - 1) / 2.0);
                const int bin = int(r / (patchSide / 2.0) * rings);
                if (bin < rings) ring[std::size_t(y * patchSide + x)] = bin, ++count[std::size_t(bin)];
            }
    }
};

// Mean, spread and edge strength on rings around the middle: the same in all eight orientations. False where there is no structure.
bool describePatch(const cv::Mat& patch, const cv::Mat& edges, float* out) {
    static const RingTable table;
    cv::Scalar mean, deviation;
    cv::meanStdDev(patch, mean, deviation);
    if (deviation[0] < 4) return false; // 0.04 of optical density: background
    std::fill(out, out + patchFeatures, 0.f);
    for (int y = 0; y < patchSide; ++y)
        for (int x = 0; x < patchSide; ++x) {
            const int ring = table.ring[std::size_t(y * patchSide + x)];
            if (ring < 0) continue;
            const auto value = float((patch.at<std::uint8_t>(y, x) - mean[0]) / deviation[0]);
            out[ring] += value, out[rings + ring] += value * value;
            out[2 * rings + ring] += edges.at<float>(y, x) / float(deviation[0]);
        }
    for (int ring = 0; ring < rings; ++ring) {
        const float n = table.count[std::size_t(ring)];
        out[ring] /= n, out[2 * rings + ring] /= n;
        out[rings + ring] = std::sqrt(std::max(0.f, out[rings + ring] / n - out[ring] * out[ring]));
    }
    return true;
}

struct Patches {
    std::vector<float> features; // [n, patchFeatures]
    std::vector<std::pair<int, int>> places;
};

Patches patchesOf(const CopySketch& sketch, int stride) {
    const auto image = view(sketch.fine, CopySketch::large);
    cv::Mat smooth, dx, dy, edges;
    cv::GaussianBlur(image, smooth, {}, 1);
    cv::Sobel(smooth, dx, CV_32F, 1, 0), cv::Sobel(smooth, dy, CV_32F, 0, 1);
    cv::magnitude(dx, dy, edges);
    Patches result;
    float features[patchFeatures];
    for (int y = 0; y + patchSide <= CopySketch::large; y += stride)
        for (int x = 0; x + patchSide <= CopySketch::large; x += stride) {
            const cv::Rect place(x, y, patchSide, patchSide);
            if (!describePatch(smooth(place), edges(place), features)) continue;
            result.features.insert(result.features.end(), features, features + patchFeatures);
            result.places.emplace_back(x, y);
        }
    return result;
}

at::Tensor matrix(const std::vector<float>& values) {
    return at::from_blob(const_cast<float*>(values.data()), {std::int64_t(values.size()) / patchFeatures, patchFeatures}, at::kFloat)
        .clone();
}

// The best place of `part` in `field`, by correlation.
double correlate(const cv::Mat& field, const cv::Mat& part, cv::Point* where = nullptr) {
    cv::Mat scores;
    cv::matchTemplate(field, part, scores, cv::TM_CCOEFF_NORMED);
    double best = -1;
    cv::minMaxLoc(scores, nullptr, &best, nullptr, where);
    return std::isfinite(best) && best <= 1.0001 ? best : -1; // a flat field has no correlation
}

CopyMatch comparePixels(const CopySketch& tile, const CopySketch& training, int index) {
    const auto whole = view(tile.coarse, CopySketch::small);
    const cv::Mat middle = whole({shiftOfWhole, shiftOfWhole, wholeTemplate, wholeTemplate});
    CopyMatch best{index};
    for (int orientation = 0; orientation < 8; ++orientation)
        if (const auto score = correlate(turned(view(training.coarse, CopySketch::small), orientation), middle); score > best.score)
            best.score = score, best.orientation = orientation;
    return best;
}

// Where the patch at (x, y) of a tile lies once the tile is turned.
cv::Point turnedPlace(int x, int y, int orientation) {
    constexpr int last = CopySketch::large - patchSide;
    if (orientation >= 4) x = last - x;
    switch (orientation % 4) {
    case 1:
        return {y, last - x};
    case 2:
        return {last - x, last - y};
    case 3:
        return {last - y, x};
    default:
        return {x, y};
    }
}

CopyMatch comparePatch(const CopySketch& tile, std::pair<int, int> place, const CopySketch& training, std::pair<int, int> source,
                       int index) {
    constexpr int margin = (patchSide - innerPatch) / 2;
    const cv::Mat part = view(tile.fine, CopySketch::large)({place.first + margin, place.second + margin, innerPatch, innerPatch});
    CopyMatch best{index};
    best.x = place.first, best.y = place.second;
    for (int orientation = 0; orientation < 8; ++orientation) {
        const auto from = turnedPlace(source.first, source.second, orientation);
        const int left = std::max(0, from.x + margin - reach / 2), top = std::max(0, from.y + margin - reach / 2);
        const int right = std::min(CopySketch::large, from.x + margin + innerPatch + reach / 2);
        const int bottom = std::min(CopySketch::large, from.y + margin + innerPatch + reach / 2);
        cv::Point at;
        const auto field = turned(view(training.fine, CopySketch::large), orientation);
        const auto score = correlate(field({left, top, right - left, bottom - top}), part, &at);
        if (score > best.score)
            best.score = score, best.orientation = orientation, best.fromX = left + at.x - margin, best.fromY = top + at.y - margin;
    }
    return best;
}

} // namespace

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
    return sketch;
}

CopyIndex::CopyIndex(CopyTiles training) : m_training(std::move(training)) {
    std::vector<float> all;
    for (const auto& sketch : m_training.sketches) {
        m_firstOfTile.push_back(std::int64_t(m_places.size()));
        const auto patches = patchesOf(sketch, indexStride);
        all.insert(all.end(), patches.features.begin(), patches.features.end());
        m_places.insert(m_places.end(), patches.places.begin(), patches.places.end());
    }
    m_firstOfTile.push_back(std::int64_t(m_places.size()));
    m_patches = matrix(all);
    if (m_places.empty()) return;
    m_mean = m_patches.mean(0), m_scale = m_patches.std(0, false).clamp_min(1e-3);
    m_patches.sub_(m_mean).div_(m_scale);
}

CopyScores CopyIndex::search(const CopySketch& tile, const at::Tensor& feature, const std::string& group) const {
    CopyScores best;
    const auto& groups = m_training.groups;
    const auto allowed = [&](std::size_t i) { return groups[i] != group; };
    const auto similarity = at::mv(m_training.features, feature).contiguous();
    std::vector<int> order(groups.size());
    std::iota(order.begin(), order.end(), 0);
    std::erase_if(order, [&](int i) { return !allowed(std::size_t(i)); });
    const auto* values = similarity.const_data_ptr<float>();
    const auto count = std::min(order.size(), std::size_t(candidates));
    std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(count), order.end(),
                      [&](int a, int b) { return values[a] > values[b]; });
    for (std::size_t k = 0; k < count; ++k) {
        const auto match = comparePixels(tile, m_training.sketches[std::size_t(order[k])], order[k]);
        if (k == 0) best.features = match, best.features.score = values[order[0]];
        if (match.score > best.pixels.score) best.pixels = match;
    }
    const auto patches = patchesOf(tile, queryStride);
    if (patches.places.empty() || m_places.empty()) return best;
    const auto queries = (matrix(patches.features) - m_mean) / m_scale;
    const auto lengths = queries.square().sum(1, true);
    struct Candidate {
        float distance;
        std::int64_t query, row;
        int tile;
    };
    std::map<int, Candidate> byTile; // the best patch of each training tile
    for (std::size_t first = 0; first < groups.size();) {
        std::size_t last = first;
        while (last < groups.size() && m_firstOfTile[last + 1] - m_firstOfTile[first] <= rowsAtOnce) ++last;
        last = std::max(last, first + 1);
        const auto rows = m_patches.narrow(0, m_firstOfTile[first], m_firstOfTile[last] - m_firstOfTile[first]);
        const auto distances = at::addmm(lengths, queries, rows.t(), 1, -2).add_(rows.square().sum(1)); // [queries, rows]
        const auto [nearest, which] = distances.min(0);
        const auto* d = nearest.const_data_ptr<float>();
        const auto* q = which.const_data_ptr<std::int64_t>();
        for (std::size_t i = first; i < last; ++i) {
            if (!allowed(i)) continue;
            for (auto row = m_firstOfTile[i]; row < m_firstOfTile[i + 1]; ++row) {
                const auto local = row - m_firstOfTile[first];
                const auto found = byTile.find(int(i));
                if (found == byTile.end()) byTile.emplace(int(i), Candidate{d[local], q[local], row, int(i)});
                else if (d[local] < found->second.distance) found->second = {d[local], q[local], row, int(i)};
            }
        }
        first = last;
    }
    std::vector<Candidate> ranked;
    for (const auto& [index, candidate] : byTile) ranked.push_back(candidate);
    const auto kept = std::min(ranked.size(), std::size_t(2 * candidates));
    std::partial_sort(ranked.begin(), ranked.begin() + std::ptrdiff_t(kept), ranked.end(),
                      [](const auto& a, const auto& b) { return a.distance < b.distance; });
    for (std::size_t k = 0; k < kept; ++k) {
        const auto& c = ranked[k];
        const auto match = comparePatch(tile, patches.places[std::size_t(c.query)], m_training.sketches[std::size_t(c.tile)],
                                        m_places[std::size_t(c.row)], c.tile);
        if (match.score > best.patch.score) best.patch = match;
    }
    return best;
}

namespace {

std::array<double, 3> values(const CopyScores& s) { return {s.features.score, s.pixels.score, s.patch.score}; }

double quantile(std::vector<double> sorted, double q) {
    std::sort(sorted.begin(), sorted.end());
    return sorted[std::min(sorted.size() - 1, std::size_t(std::ceil(q * double(sorted.size()))))];
}

// What a share `rate` of real tiles exceeds with the largest of their three scores.
CopyLimit limitOf(const std::vector<CopyScores>& scores, double rate) {
    CopyLimit limit;
    limit.statedRate = rate;
    for (std::size_t k = 0; k < 3; ++k) {
        std::vector<double> column;
        for (const auto& s : scores) column.push_back(values(s)[k]);
        limit.median[k] = quantile(column, 0.5);
        limit.spread[k] = std::max(1e-3, quantile(column, 0.9) - limit.median[k]);
    }
    std::vector<double> largest;
    for (const auto& s : scores) largest.push_back(limit.excess(s));
    limit.limit = quantile(largest, 1 - rate);
    return limit;
}

} // namespace

double CopyLimit::excess(const CopyScores& scores) const {
    const auto v = values(scores);
    double largest = -1e9;
    for (std::size_t k = 0; k < 3; ++k) largest = std::max(largest, (v[k] - median[k]) / spread[k]);
    return largest - limit;
}

int CopyLimit::strongest(const CopyScores& scores) const {
    const auto v = values(scores);
    int best = 0;
    for (int k = 1; k < 3; ++k)
        if ((v[std::size_t(k)] - median[k]) / spread[k] > (v[std::size_t(best)] - median[best]) / spread[best]) best = k;
    return best;
}

CopyLimit calibrateCopyLimit(const std::vector<CopyScores>& scores, const std::vector<std::string>& groups, double rate) {
    std::map<std::string, int> numbers;
    for (const auto& group : groups) numbers.emplace(group, int(numbers.size()));
    if (numbers.size() < 20)
        throw Error(ErrorCode::WrongUse, "The limit of the copy check needs real tiles of at least 20 groups, and there are " +
                                             std::to_string(numbers.size()) + "; add real tiles of other fields, slides or patients.");
    auto limit = limitOf(scores, rate);
    limit.groups = int(numbers.size());
    // Cross-check: the rate that the groups of one half see at the limit of the other half. One tile a group, so that alarms are
    // independent.
    for (const int half : {0, 1}) {
        std::vector<CopyScores> others;
        for (std::size_t i = 0; i < scores.size(); ++i)
            if (numbers.at(groups[i]) % 2 != half) others.push_back(scores[i]);
        const auto apart = limitOf(others, rate);
        std::map<std::string, bool> seen;
        for (std::size_t i = 0; i < scores.size(); ++i)
            if (numbers.at(groups[i]) % 2 == half && seen.emplace(groups[i], true).second)
                ++limit.checked, limit.alarms += apart.excess(scores[i]) > 0;
    }
    const auto interval = clopperPearson(limit.alarms, limit.checked);
    limit.falseAlarmLow = interval.low, limit.falseAlarmHigh = interval.high;
    return limit;
}

} // namespace phloxine
