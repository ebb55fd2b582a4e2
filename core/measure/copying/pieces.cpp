#include "core/measure/copying/pieces.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <set>
#include <tuple>

#include <ATen/ATen.h>
#include <opencv2/imgproc.hpp>

#include "core/measure/copying/sketch_view.h"

namespace phloxine {

namespace {

constexpr int radius = 12;    // of what describes a point
constexpr int apart = 3;      // points are extremes of a neighbourhood of this radius
constexpr double faint = 1.5; // weakest point: 0.015 of optical density above its surroundings
constexpr double flat = 6;    // smallest standard deviation of a window that can be compared
constexpr int rings = 6, samples = 16, harmonics = 5;
constexpr int features = rings * harmonics + (rings - 1) * (harmonics - 1);
constexpr std::int64_t rowsAtOnce = 4096;
constexpr int parts = 16;             // of the index, whose nearest points say how near chance alone comes
constexpr std::size_t proposals = 96; // nearest points whose surroundings are compared
constexpr int slack = 2;              // of a point's place, in pixels
constexpr double worthALook = 0.5;    // correlation around two points from which on their tiles are laid on each other
constexpr std::size_t overlays = 24;

struct Point {
    int x, y;
};

std::vector<Point> pointsOf(const cv::Mat& image) {
    cv::Mat smooth, surroundings;
    image.convertTo(smooth, CV_32F);
    cv::GaussianBlur(smooth, surroundings, {}, 3.2);
    cv::GaussianBlur(smooth, smooth, {}, 1.6);
    const cv::Mat contrast = smooth - surroundings;
    cv::Mat highest, lowest;
    const auto around = cv::getStructuringElement(cv::MORPH_RECT, {2 * apart + 1, 2 * apart + 1});
    cv::dilate(contrast, highest, around), cv::erode(contrast, lowest, around);
    std::vector<Point> points;
    for (int y = radius; y < image.rows - radius; ++y)
        for (int x = radius; x < image.cols - radius; ++x) {
            const float value = contrast.at<float>(y, x);
            if (std::abs(value) < faint) continue;
            if (value == highest.at<float>(y, x) || value == lowest.at<float>(y, x)) points.push_back({x, y});
        }
    return points;
}

struct RingSample {
    float x, y;
};
using RingTable = std::array<std::array<RingSample, samples>, rings>;
using Waves = std::array<std::array<std::complex<float>, samples>, harmonics>;

const RingTable& ringTable() {
    static const RingTable table = [] {
        RingTable t;
        for (int r = 0; r < rings; ++r)
            for (int k = 0; k < samples; ++k) {
                const double distance = double(radius - 1) * (r + 1) / rings, angle = 2 * M_PI * k / samples;
                t[std::size_t(r)][std::size_t(k)] = {float(distance * std::cos(angle)), float(distance * std::sin(angle))};
            }
        return t;
    }();
    return table;
}

const Waves& waves() {
    static const Waves table = [] {
        Waves t;
        for (int h = 0; h < harmonics; ++h)
            for (int k = 0; k < samples; ++k)
                t[std::size_t(h)][std::size_t(k)] = std::polar(1.f / samples, float(-2 * M_PI * h * k / samples));
        return t;
    }();
    return table;
}

float between(const cv::Mat& image, float x, float y) {
    const int left = int(std::floor(x)), top = int(std::floor(y));
    const float u = x - float(left), v = y - float(top);
    const float *a = image.ptr<float>(top) + left, *b = image.ptr<float>(top + 1) + left;
    return (1 - v) * ((1 - u) * a[0] + u * a[1]) + v * ((1 - u) * b[0] + u * b[1]);
}

// Strength of each harmonic on each ring, and how far neighbouring rings are in step: a turn shifts the phases of all rings alike, a flip
// conjugates them, and both leave the real part of their products.
bool describe(const cv::Mat& image, Point point, float* out) {
    std::array<std::array<std::complex<float>, harmonics>, rings> spectrum{};
    std::array<std::array<float, samples>, rings> values;
    float sum = 0, squares = 0;
    for (std::size_t r = 0; r < rings; ++r)
        for (std::size_t k = 0; k < samples; ++k) {
            const auto& s = ringTable()[r][k];
            const float value = between(image, float(point.x) + s.x, float(point.y) + s.y);
            values[r][k] = value, sum += value, squares += value * value;
        }
    constexpr float n = rings * samples;
    const float mean = sum / n, deviation = std::sqrt(std::max(0.f, squares / n - mean * mean));
    if (deviation < flat) return false;
    for (std::size_t r = 0; r < rings; ++r)
        for (std::size_t h = 0; h < harmonics; ++h)
            for (std::size_t k = 0; k < samples; ++k) spectrum[r][h] += waves()[h][k] * ((values[r][k] - mean) / deviation);
    for (std::size_t r = 0; r < rings; ++r) {
        *out++ = spectrum[r][0].real();
        for (std::size_t h = 1; h < harmonics; ++h) *out++ = std::abs(spectrum[r][h]);
    }
    for (std::size_t r = 0; r + 1 < rings; ++r)
        for (std::size_t h = 1; h < harmonics; ++h) {
            const auto product = spectrum[r][h] * std::conj(spectrum[r + 1][h]);
            *out++ = product.real() / std::sqrt(std::abs(product) + 1e-6f);
        }
    return true;
}

struct Described {
    std::vector<Point> points;
    std::vector<float> features; // [n, features]
};

Described describedPoints(const CopySketch& sketch) {
    cv::Mat image;
    fineView(sketch).convertTo(image, CV_32F);
    Described result;
    std::array<float, features> row;
    for (const auto& point : pointsOf(image))
        if (describe(image, point, row.data()))
            result.points.push_back(point), result.features.insert(result.features.end(), row.begin(), row.end());
    return result;
}

at::Tensor matrix(const std::vector<float>& values) {
    return at::from_blob(const_cast<float*>(values.data()), {std::int64_t(values.size()) / features, features}, at::kFloat).clone();
}

Point turnedPoint(Point p, int orientation) {
    constexpr int last = CopySketch::large - 1;
    if (orientation >= 4) p.x = last - p.x;
    for (int turn = 0; turn < orientation % 4; ++turn) p = {p.y, last - p.x};
    return p;
}

// How a training tile lies on a tile: turned, then moved by (dx, dy).
struct Overlay {
    int tile = -1, orientation = 0, dx = 0, dy = 0;
    double score = -1;
};

// The best of all turns and small shifts that bring the two points together, judged by their surroundings.
Overlay overlayOf(const cv::Mat& image, Point here, const std::array<cv::Mat, 8>& turns, Point there, int tile) {
    Overlay best{tile};
    const cv::Rect whole(0, 0, CopySketch::large, CopySketch::large);
    const cv::Mat part = image({here.x - radius, here.y - radius, 2 * radius + 1, 2 * radius + 1});
    for (int orientation = 0; orientation < 8; ++orientation) {
        const auto p = turnedPoint(there, orientation);
        const auto field = cv::Rect(p.x - radius - slack, p.y - radius - slack, part.cols + 2 * slack, part.rows + 2 * slack) & whole;
        cv::Mat scores;
        cv::matchTemplate(turns[std::size_t(orientation)](field), part, scores, cv::TM_CCOEFF_NORMED);
        double score = -1;
        cv::Point at;
        cv::minMaxLoc(scores, nullptr, &score, nullptr, &at);
        if (!(score > best.score) || score > 1.001) continue; // a flat field has no correlation
        best.score = score, best.orientation = orientation;
        best.dx = here.x - radius - (field.x + at.x), best.dy = here.y - radius - (field.y + at.y);
    }
    return best;
}

// What differs from its surroundings: broad shading, such as the way from tissue into a lumen, is alike in many tiles.
cv::Mat withoutShading(const cv::Mat& image) {
    cv::Mat pixels, shading;
    image.convertTo(pixels, CV_32F);
    cv::GaussianBlur(pixels, shading, {}, 6);
    return pixels - shading;
}

// The mean of each square of `side` pixels, at its upper left corner.
cv::Mat means(const cv::Mat& image, int side) {
    cv::Mat result;
    cv::boxFilter(image, result, CV_32F, {side, side}, {0, 0}, true, cv::BORDER_ISOLATED | cv::BORDER_REFLECT_101);
    return result(cv::Rect(0, 0, image.cols - side + 1, image.rows - side + 1));
}

// Marks the windows that show tissue in at least three of their quarters: an empty lumen with a nucleus in its corner looks like any other.
cv::Mat structured(const cv::Mat& image) {
    constexpr int half = PieceIndex::window / 2;
    const cv::Mat mean = means(image, half), variance = means(image.mul(image), half) - mean.mul(mean);
    const cv::Mat rich = (variance >= flat * flat) / 255;
    const cv::Size size(image.cols - PieceIndex::window + 1, image.rows - PieceIndex::window + 1);
    cv::Mat quarters = cv::Mat::zeros(size, CV_8U);
    for (const auto corner : {cv::Point(0, 0), cv::Point(half, 0), cv::Point(0, half), cv::Point(half, half)})
        quarters += rich(cv::Rect(corner, size));
    return quarters >= 3;
}

// The window of the overlap in which both tiles agree best.
CopyMatch bestWindow(const cv::Mat& image, const cv::Mat& turnedTraining, const Overlay& overlay) {
    constexpr int side = PieceIndex::window;
    const cv::Rect whole(0, 0, CopySketch::large, CopySketch::large);
    const auto here = whole & (whole + cv::Point(overlay.dx, overlay.dy));
    CopyMatch match{overlay.tile};
    if (here.width < side || here.height < side) return match;
    const cv::Mat a = withoutShading(image)(here), b = withoutShading(turnedTraining)(here - cv::Point(overlay.dx, overlay.dy));
    const cv::Mat ma = means(a, side), mb = means(b, side), va = means(a.mul(a), side) - ma.mul(ma),
                  vb = means(b.mul(b), side) - mb.mul(mb);
    const cv::Mat covariance = means(a.mul(b), side) - ma.mul(mb);
    const cv::Mat usable = structured(a) & structured(b);
    cv::Point at(-1, -1);
    for (int y = 0; y < usable.rows; ++y)
        for (int x = 0; x < usable.cols; ++x) {
            if (!usable.at<std::uint8_t>(y, x)) continue;
            const double score = covariance.at<float>(y, x) / std::sqrt(double(va.at<float>(y, x)) * double(vb.at<float>(y, x)));
            if (score > match.score) match.score = std::min(1.0, score), at = {x, y};
        }
    match.orientation = overlay.orientation;
    match.x = here.x + at.x, match.y = here.y + at.y;
    match.fromX = match.x - overlay.dx, match.fromY = match.y - overlay.dy;
    return match;
}

std::array<cv::Mat, 8> allTurns(const cv::Mat& image) {
    std::array<cv::Mat, 8> turns;
    for (int i = 0; i < 8; ++i) turns[std::size_t(i)] = turned(image, i);
    return turns;
}

} // namespace

struct PieceIndex::Points {
    at::Tensor rows;                 // [n, features], standardised
    at::Tensor halfSquares;          // [n]: half the squared length of each row
    at::Tensor mean, scale;          // [features]
    std::vector<std::int64_t> first; // row of each tile, and one behind the last
    std::vector<Point> places;       // of each row

    int owner(std::int64_t row) const { return int(std::upper_bound(first.begin(), first.end(), row) - first.begin()) - 1; }
};

PieceIndex::PieceIndex(const std::vector<CopySketch>& training) : m_training(training), m_points(std::make_unique<Points>()) {
    std::vector<float> all;
    for (const auto& sketch : training) {
        m_points->first.push_back(std::int64_t(m_points->places.size()));
        const auto described = describedPoints(sketch);
        all.insert(all.end(), described.features.begin(), described.features.end());
        m_points->places.insert(m_points->places.end(), described.points.begin(), described.points.end());
    }
    m_points->first.push_back(std::int64_t(m_points->places.size()));
    if (all.empty()) return;
    m_points->rows = matrix(all);
    m_points->mean = m_points->rows.mean(0), m_points->scale = m_points->rows.std(0, false).clamp_min(1e-3);
    m_points->rows.sub_(m_points->mean).div_(m_points->scale);
    m_points->halfSquares = m_points->rows.square().sum(1).mul_(0.5);
}

PieceIndex::~PieceIndex() = default;

CopyMatch PieceIndex::search(const CopySketch& tile, const std::vector<bool>& excluded) const {
    const auto described = describedPoints(tile);
    const auto count = described.points.size();
    const auto rows = std::int64_t(m_points->places.size());
    if (!count || !rows) return {};
    // |q - r|^2 = |q|^2 - 2 (q . r - |r|^2 / 2): the nearest row has the largest bracket.
    const auto queries = (matrix(described.features) - m_points->mean) / m_points->scale;
    const auto lengths = queries.square().sum(1).contiguous();
    struct Nearest {
        float bracket = -1e30f;
        std::int64_t row = -1;
    };
    std::vector<std::array<Nearest, parts>> nearest(count);
    auto halfSquares = m_points->halfSquares.clone();
    for (std::size_t i = 0; i < excluded.size(); ++i)
        if (excluded[i]) halfSquares.narrow(0, m_points->first[i], m_points->first[i + 1] - m_points->first[i]).fill_(1e30f);
    for (std::int64_t begin = 0; begin < rows; begin += rowsAtOnce) {
        const auto n = std::min(rowsAtOnce, rows - begin);
        const auto brackets = at::addmm(halfSquares.narrow(0, begin, n), queries, m_points->rows.narrow(0, begin, n).t(), -1);
        const auto highest = brackets.amax(1);
        const auto* top = highest.const_data_ptr<float>();
        const auto part = std::size_t(begin * parts / rows);
        for (std::size_t q = 0; q < count; ++q) {
            auto& best = nearest[q][part];
            if (top[q] <= best.bracket) continue;
            const auto* row = brackets.const_data_ptr<float>() + std::int64_t(q) * n;
            best = {top[q], begin + (std::find(row, row + n, top[q]) - row)};
        }
    }
    struct Proposal {
        float ratio;
        std::size_t query;
        std::int64_t row;
    };
    std::vector<Proposal> order;
    for (std::size_t q = 0; q < count; ++q) {
        const auto squares = [&](const Nearest& r) { return std::max(0.f, lengths.const_data_ptr<float>()[q] - 2 * r.bracket); };
        auto all = nearest[q];
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.bracket > b.bracket; });
        const float usual = squares(all[parts / 2]);
        for (std::size_t k = 0; k < 2; ++k)
            if (all[k].bracket > -1e20f) order.push_back({squares(all[k]) / std::max(1e-6f, usual), q, all[k].row});
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.ratio < b.ratio; });
    order.resize(std::min(order.size(), proposals));
    std::vector<Overlay> found;
    const auto image = fineView(tile);
    for (const auto& p : order) {
        const auto owner = m_points->owner(p.row);
        const auto turns = allTurns(fineView(m_training[std::size_t(owner)]));
        const auto overlay = overlayOf(image, described.points[p.query], turns, m_points->places[std::size_t(p.row)], owner);
        if (overlay.score >= worthALook) found.push_back(overlay);
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    CopyMatch best;
    std::set<std::tuple<int, int, int, int>> seen;
    for (const auto& overlay : found) {
        if (seen.size() >= overlays) break;
        if (!seen.emplace(overlay.tile, overlay.orientation, overlay.dx, overlay.dy).second) continue;
        const auto match = bestWindow(image, turned(fineView(m_training[std::size_t(overlay.tile)]), overlay.orientation), overlay);
        if (match.score > best.score) best = match;
    }
    return best;
}

} // namespace phloxine
