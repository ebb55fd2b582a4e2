#include "core/measure/tissue/cues.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <opencv2/imgproc.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr int folds = 5, newtonSteps = 25;
constexpr double ridge = 1; // on standardised features
constexpr double tellsApart = 0.75;

// Mean step across lines of a grid of `period` pixels over the mean step elsewhere: 1 without blocks.
double blockiness(const cv::Mat& grey, int period) {
    double on = 0, off = 0, onCount = 0, offCount = 0;
    const auto add = [&](int place, double step) {
        if (place % period == 0) on += step, ++onCount;
        else off += step, ++offCount;
    };
    for (int y = 0; y < grey.rows; ++y)
        for (int x = 1; x < grey.cols; ++x) add(x, std::abs(double(grey.at<float>(y, x)) - double(grey.at<float>(y, x - 1))));
    for (int y = 1; y < grey.rows; ++y)
        for (int x = 0; x < grey.cols; ++x) add(y, std::abs(double(grey.at<float>(y, x)) - double(grey.at<float>(y - 1, x))));
    return onCount && offCount && off > 0 ? (on / onCount) / (off / offCount) : 1;
}

double correlationAt(const cv::Mat& grey, int lag) {
    if (grey.cols <= lag + 1) return 0;
    const cv::Mat a = grey.colRange(0, grey.cols - lag), b = grey.colRange(lag, grey.cols);
    cv::Scalar ma, da, mb, db;
    cv::meanStdDev(a, ma, da), cv::meanStdDev(b, mb, db);
    const double covariance = cv::mean(a.mul(b))[0] - ma[0] * mb[0];
    return da[0] * db[0] > 1e-9 ? covariance / (da[0] * db[0]) : 0;
}

// Median absolute response to Immerkaer's mask, which smooth structure does not excite.
double noiseOf(const cv::Mat& grey) {
    const cv::Mat mask = (cv::Mat_<float>(3, 3) << 1, -2, 1, -2, 4, -2, 1, -2, 1);
    cv::Mat response;
    cv::filter2D(grey, response, CV_32F, mask);
    response = cv::abs(response);
    std::vector<float> values(response.begin<float>(), response.end<float>());
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
    return double(values[values.size() / 2]) / (6 * 0.6745);
}

struct Table { // [tiles, cues], standardised by the training part of a fold
    cv::Mat x;
    std::vector<int> label, group;
};

// L2-regularised logistic regression by Newton's method; the last weight is the intercept, which is not shrunk.
cv::Mat fitLogistic(const cv::Mat& x, const cv::Mat& y) {
    const int d = x.cols;
    cv::Mat w = cv::Mat::zeros(d, 1, CV_64F);
    for (int step = 0; step < newtonSteps; ++step) {
        cv::Mat p = x * w;
        for (int i = 0; i < p.rows; ++i) p.at<double>(i) = 1 / (1 + std::exp(-std::clamp(p.at<double>(i), -30.0, 30.0)));
        cv::Mat gradient = x.t() * (p - y), weighted = x.clone();
        for (int i = 0; i < x.rows; ++i) weighted.row(i) *= std::max(1e-6, p.at<double>(i) * (1 - p.at<double>(i)));
        cv::Mat hessian = x.t() * weighted;
        for (int k = 0; k + 1 < d; ++k) gradient.at<double>(k) += ridge * w.at<double>(k), hessian.at<double>(k, k) += ridge;
        hessian.at<double>(d - 1, d - 1) += 1e-6;
        cv::Mat change;
        cv::solve(hessian, gradient, change, cv::DECOMP_CHOLESKY);
        w -= change;
        if (cv::norm(change) < 1e-8) break;
    }
    return w;
}

std::vector<int> foldOfGroups(const std::vector<int>& groups, Dice& dice) {
    const std::set<int> known(groups.begin(), groups.end());
    std::vector<int> order(known.begin(), known.end());
    dice.shuffle(order);
    std::vector<int> fold(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) fold[i] = int(std::find(order.begin(), order.end(), groups[i]) - order.begin()) % folds;
    return fold;
}

// Scores of all tiles, each by the fit of the folds without it.
std::vector<double> crossValidated(const std::vector<CueFeatures>& tiles, const std::vector<int>& labels, const std::vector<int>& fold) {
    std::vector<double> scores(tiles.size());
    constexpr int d = int(cueCount);
    for (int held = 0; held < folds; ++held) {
        std::vector<std::size_t> training;
        for (std::size_t i = 0; i < tiles.size(); ++i)
            if (fold[i] != held) training.push_back(i);
        CueFeatures mean{}, spread{};
        for (const auto i : training)
            for (std::size_t k = 0; k < cueCount; ++k) mean[k] += tiles[i][k] / double(training.size());
        for (const auto i : training)
            for (std::size_t k = 0; k < cueCount; ++k) spread[k] += std::pow(tiles[i][k] - mean[k], 2) / double(training.size());
        const auto rowOf = [&](std::size_t i, double* row) {
            for (std::size_t k = 0; k < cueCount; ++k)
                row[k] = std::clamp((tiles[i][k] - mean[k]) / std::sqrt(spread[k] + 1e-12), -5.0, 5.0);
            row[d] = 1;
        };
        cv::Mat x(int(training.size()), d + 1, CV_64F), y(int(training.size()), 1, CV_64F);
        for (int r = 0; r < x.rows; ++r)
            rowOf(training[std::size_t(r)], x.ptr<double>(r)), y.at<double>(r) = labels[training[std::size_t(r)]];
        const auto w = fitLogistic(x, y);
        cv::Mat row(1, d + 1, CV_64F);
        for (std::size_t i = 0; i < tiles.size(); ++i)
            if (fold[i] == held) rowOf(i, row.ptr<double>()), scores[i] = row.dot(w.t());
    }
    return scores;
}

} // namespace

const std::array<CueTitle, cueCount>& cueTitles() {
    static constexpr std::array<CueTitle, cueCount> titles = {{{"blocks_8", "JPEG blocks (grid of 8 px)", true},
                                                               {"blocks_16", "Blocks of 16 px", false},
                                                               {"high_frequency", "High-frequency energy", false},
                                                               {"sharpness", "Sharpness (variance of the Laplacian)", false},
                                                               {"red", "Mean red", false},
                                                               {"green", "Mean green", false},
                                                               {"blue", "Mean blue", false},
                                                               {"saturation", "Mean saturation", false},
                                                               {"saturation_spread", "Spread of the saturation", false},
                                                               {"noise", "Noise", false},
                                                               {"white", "Clipped white", false},
                                                               {"repeat_16", "Correlation at 16 px", false},
                                                               {"stored_as_jpeg", "Stored as JPEG", true}}};
    return titles;
}

CueFeatures cuesOf(const Image& tile, bool storedAsJpeg) {
    const cv::Mat rgb(tile.height, tile.width, CV_8UC3, const_cast<std::uint8_t*>(tile.rgb.data()));
    cv::Mat grey, hsv, laplacian, smooth;
    cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
    grey.convertTo(grey, CV_32F);
    cv::cvtColor(rgb, hsv, cv::COLOR_RGB2HSV);
    cv::Laplacian(grey, laplacian, CV_32F);
    cv::GaussianBlur(grey, smooth, {}, 1);
    cv::Scalar mean, deviation, lapMean, lapDeviation, hsvMean, hsvDeviation;
    cv::meanStdDev(grey, mean, deviation), cv::meanStdDev(laplacian, lapMean, lapDeviation), cv::meanStdDev(hsv, hsvMean, hsvDeviation);
    const auto colour = cv::mean(rgb);
    const double white = double(cv::countNonZero(grey >= 250)) / double(grey.total());
    return {blockiness(grey, 8),
            blockiness(grey, 16),
            std::log(cv::norm(grey - smooth) / std::sqrt(double(grey.total())) + 1e-3),
            std::log(lapDeviation[0] * lapDeviation[0] + 1e-3),
            colour[0],
            colour[1],
            colour[2],
            hsvMean[1],
            hsvDeviation[1],
            std::log(noiseOf(grey) + 1e-2),
            white,
            correlationAt(grey, 16),
            storedAsJpeg ? 1.0 : 0.0};
}

CueAucs checkCues(const CueSample& real, const CueSample& synthetic, std::uint64_t seed) {
    for (const auto* sample : {&real, &synthetic})
        if (std::set<int>(sample->groups.begin(), sample->groups.end()).size() < folds)
            throw Error(ErrorCode::WrongUse,
                        "The cue check needs tiles of at least 5 groups in each set; add tiles of other fields, slides or patients.");
    Dice dice(seed);
    auto tiles = real.tiles;
    tiles.insert(tiles.end(), synthetic.tiles.begin(), synthetic.tiles.end());
    std::vector<int> labels(real.tiles.size(), 0), fold = foldOfGroups(real.groups, dice);
    labels.resize(tiles.size(), 1);
    const auto foldB = foldOfGroups(synthetic.groups, dice);
    fold.insert(fold.end(), foldB.begin(), foldB.end());
    const auto split = [&](auto scoreOf) {
        GroupedValues a{{}, real.groups}, b{{}, synthetic.groups};
        for (std::size_t i = 0; i < tiles.size(); ++i) (labels[i] ? b : a).values.push_back(scoreOf(i));
        return aucWithPermutations(a, b, seed);
    };
    CueAucs result;
    const auto scores = crossValidated(tiles, labels, fold);
    result.together = split([&](std::size_t i) { return scores[i]; });
    for (std::size_t k = 0; k < cueCount; ++k) {
        result.alone[k] = split([&](std::size_t i) { return tiles[i][k]; });
        const double apart = std::max(result.alone[k].value, 1 - result.alone[k].value);
        result.formatTells = result.formatTells || (cueTitles()[k].format && apart >= tellsApart && result.alone[k].p < 0.05);
    }
    return result;
}

} // namespace phloxine
