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

constexpr int queryStride = 6, indexStride = 8; // of patches: apart, so that some patch of a copied piece lies nearly as in its source
constexpr int rings = 8, patchFeatures = 3 * rings;
constexpr int wholeTemplate = 44, shiftOfWhole = (CopySketch::small - wholeTemplate) / 2;
constexpr int compared = 40, reach = 12;     // side of what is compared of a patch and its surroundings, and how far it is looked for
constexpr int candidates = 16;               // whole tiles that are compared by pixels ...
constexpr std::size_t patchesCompared = 160; // ... and patches
constexpr std::int64_t parts = 8;            // of the index, at least, so that each patch has something to be compared with
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

// Instead of the training tile the small part is turned, the other way round.
CopyMatch comparePatch(const CopySketch& tile, std::pair<int, int> place, const CopySketch& training, std::pair<int, int> source,
                       int index) {
    constexpr int margin = (compared - patchSide) / 2;
    const cv::Rect whole(0, 0, CopySketch::large, CopySketch::large);
    const cv::Rect here(place.first - margin, place.second - margin, compared, compared);
    const auto there =
        cv::Rect(source.first - margin - reach / 2, source.second - margin - reach / 2, compared + reach, compared + reach) & whole;
    if ((here & whole) != here || there.width < compared || there.height < compared) return {index};
    const cv::Mat part = view(tile.fine, CopySketch::large)(here), field = view(training.fine, CopySketch::large)(there);
    CopyMatch best{index};
    best.x = place.first, best.y = place.second;
    for (int orientation = 0; orientation < 8; ++orientation) {
        cv::Point at;
        const int inverse = orientation >= 4 ? orientation : (4 - orientation) % 4; // a flip with a turn undoes itself
        const auto score = correlate(field, turned(part, inverse), &at);
        if (score > best.score)
            best.score = score, best.orientation = orientation, best.fromX = there.x + at.x + margin, best.fromY = there.y + at.y + margin;
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
    // A piece that was moved by an odd number of pixels falls between the pixels of the sketch.
    const auto fine = view(sketch.fine, CopySketch::large);
    cv::GaussianBlur(fine, fine, {}, 0.8);
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
    m_patches = at::cat({m_patches, m_patches.square().sum(1, true)}, 1);
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
    searchPatches(tile, group, best.patch);
    return best;
}

// Each patch of the tile looks for its nearest in every part of the index. A patch that is nearer to one place than to the rest of the
// tissue is worth a look at the pixels.
void CopyIndex::searchPatches(const CopySketch& tile, const std::string& group, CopyMatch& best) const {
    const auto patches = patchesOf(tile, queryStride);
    if (patches.places.empty() || m_places.empty()) return;
    const auto& groups = m_training.groups;
    // |q - r|^2 - |q|^2 = [-2 q, 1] . [r, |r|^2]: one product per part, and |q|^2 changes no order among the rows.
    const auto queries = (matrix(patches.features) - m_mean) / m_scale;
    const auto lengths = queries.square().sum(1);
    const auto left = at::cat({queries * -2, at::ones({queries.size(0), 1})}, 1);
    const auto count = patches.places.size();
    struct Candidate {
        float distance = 1e30f, ratio = 1;
        std::int64_t row = -1;
    };
    std::vector<Candidate> candidates(count);
    std::vector<std::vector<float>> elsewhere(count);
    const auto atOnce = std::min(rowsAtOnce, std::int64_t(m_places.size()) / parts + 1);
    for (std::size_t first = 0; first < groups.size();) {
        std::size_t last = first + 1;
        while (last < groups.size() && m_firstOfTile[last + 1] - m_firstOfTile[first] <= atOnce) ++last;
        const auto begin = m_firstOfTile[first];
        const auto rows = m_patches.narrow(0, begin, m_firstOfTile[last] - begin);
        if (rows.size(0) > 0) {
            auto distances = at::mm(left, rows.t()); // [queries, rows]
            for (std::size_t i = first; i < last; ++i)
                if (groups[i] == group) distances.narrow(1, m_firstOfTile[i] - begin, m_firstOfTile[i + 1] - m_firstOfTile[i]).fill_(1e30f);
            const auto [shortest, which] = distances.min(1);
            const auto nearest = shortest + lengths;
            const auto* d = nearest.const_data_ptr<float>();
            const auto* row = which.const_data_ptr<std::int64_t>();
            for (std::size_t q = 0; q < count; ++q) {
                elsewhere[q].push_back(d[q]);
                if (d[q] < candidates[q].distance) candidates[q].distance = d[q], candidates[q].row = begin + row[q];
            }
        }
        first = last;
    }
    std::vector<std::size_t> order;
    for (std::size_t q = 0; q < count; ++q) {
        if (candidates[q].row < 0) continue;
        auto& others = elsewhere[q];
        std::nth_element(others.begin(), others.begin() + std::ptrdiff_t(others.size() / 2), others.end());
        candidates[q].ratio = std::max(0.f, candidates[q].distance) / std::max(1e-6f, others[others.size() / 2]);
        order.push_back(q);
    }
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return candidates[a].ratio < candidates[b].ratio; });
    order.resize(std::min(order.size(), patchesCompared));
    for (const auto q : order) {
        const auto row = candidates[q].row;
        const auto owner = int(std::upper_bound(m_firstOfTile.begin(), m_firstOfTile.end(), row) - m_firstOfTile.begin()) - 1;
        const auto match =
            comparePatch(tile, patches.places[q], m_training.sketches[std::size_t(owner)], m_places[std::size_t(row)], owner);
        if (match.score > best.score) best = match;
    }
}

namespace {

// Fisher's transform: correlations crowd below 1, where copies differ from what is merely alike.
double spreadOut(double correlation) { return std::atanh(std::clamp(correlation, -0.9999, 0.9999)); }

std::array<double, 3> values(const CopyScores& s) {
    return {spreadOut(s.features.score), spreadOut(s.pixels.score), spreadOut(s.patch.score)};
}

double quantile(std::vector<double> sorted, double q) {
    std::sort(sorted.begin(), sorted.end());
    return sorted[std::min(sorted.size() - 1, std::size_t(std::ceil(q * double(sorted.size()))))];
}

CopyLimit limitOf(const std::vector<CopyScores>& scores, double rate) {
    CopyLimit limit;
    limit.statedRate = rate;
    for (std::size_t k = 0; k < 3; ++k) {
        std::vector<double> column;
        for (const auto& s : scores) column.push_back(values(s)[k]);
        limit.median[k] = quantile(column, 0.5);
        limit.spread[k] = std::max(1e-3, quantile(column, 0.9) - limit.median[k]);
        limit.limits[k] = (quantile(column, 1 - rate / 3) - limit.median[k]) / limit.spread[k];
    }
    return limit;
}

std::array<double, 3> excesses(const CopyLimit& limit, const CopyScores& scores) {
    auto v = values(scores);
    for (std::size_t k = 0; k < 3; ++k) v[k] = (v[k] - limit.median[k]) / limit.spread[k] - limit.limits[k];
    return v;
}

} // namespace

double CopyLimit::excess(const CopyScores& scores) const {
    const auto over = excesses(*this, scores);
    return *std::max_element(over.begin(), over.end());
}

int CopyLimit::strongest(const CopyScores& scores) const {
    const auto over = excesses(*this, scores);
    return int(std::max_element(over.begin(), over.end()) - over.begin());
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
