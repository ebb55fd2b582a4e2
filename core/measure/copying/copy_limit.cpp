#include "core/measure/copying/copy_limit.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/Error.h"
#include "core/measure/statistics/binomial.h"

namespace phloxine {

namespace {

constexpr std::size_t fewestGroups = 20;
constexpr double upperTenth = 0.9;

// Correlations crowd below 1, where copies differ from what is merely alike.
double fisher(double correlation) { return std::atanh(std::clamp(correlation, -0.9999, 0.9999)); }

double quantile(std::vector<double> values, double q) {
    const auto at = values.begin() + std::ptrdiff_t(std::min(values.size() - 1, std::size_t(q * double(values.size()))));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

CopyLimit limitOf(const std::vector<CopyScores>& scores, double rate, int detectors) {
    CopyLimit limit;
    limit.statedRate = rate, limit.detectors = detectors;
    // Half of the mass lies above the median and a tenth lies `spread` further, so P(score > median + u spread) = 0.5 x 0.2^u.
    limit.over = std::log(0.5 * detectors / rate) / std::log(0.5 / (1 - upperTenth));
    for (std::size_t k = 0; k < std::size_t(detectors); ++k) {
        std::vector<double> column;
        for (const auto& s : scores) column.push_back(fisher(s[k].score));
        limit.median[k] = quantile(column, 0.5);
        limit.spread[k] = std::max(1e-3, quantile(column, upperTenth) - limit.median[k]);
    }
    return limit;
}

double excessOf(const CopyLimit& limit, const CopyScores& scores, std::size_t detector) {
    return (fisher(scores[detector].score) - limit.median[detector]) / limit.spread[detector] - limit.over;
}

} // namespace

int CopyLimit::strongest(const CopyScores& scores) const {
    std::size_t best = 0;
    for (std::size_t k = 1; k < std::size_t(detectors); ++k)
        if (excessOf(*this, scores, k) > excessOf(*this, scores, best)) best = k;
    return int(best);
}

double CopyLimit::score(int detector) const { return std::tanh(median[std::size_t(detector)] + over * spread[std::size_t(detector)]); }

double CopyLimit::excess(const CopyScores& scores) const { return excessOf(*this, scores, std::size_t(strongest(scores))); }

CopyLimit calibrateCopyLimit(const std::vector<CopyScores>& scores, const std::vector<std::string>& groups, double rate, int detectors) {
    std::map<std::string, int> numbers;
    for (const auto& group : groups) numbers.emplace(group, int(numbers.size()));
    if (numbers.size() < fewestGroups)
        throw Error(ErrorCode::WrongUse, "The limit of the copy check needs real tiles of at least 20 groups, and there are " +
                                             std::to_string(numbers.size()) + "; add real tiles of other fields, slides or patients.");
    auto limit = limitOf(scores, rate, detectors);
    limit.groups = int(numbers.size());
    // One tile a group, so that alarms are independent.
    for (const int half : {0, 1}) {
        std::vector<CopyScores> others;
        for (std::size_t i = 0; i < scores.size(); ++i)
            if (numbers.at(groups[i]) % 2 != half) others.push_back(scores[i]);
        const auto apart = limitOf(others, rate, detectors);
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
