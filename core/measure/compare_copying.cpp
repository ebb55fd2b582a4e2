// The part of a comparison that looks for copies.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/Error.h"
#include "core/measure/measured_set.h"
#include "core/measure/statistics/binomial.h"

namespace phloxine {

namespace {

constexpr int fewGroups = 300;          // below, a rate of one in a hundred is only roughly known
constexpr std::size_t tilesOfGroup = 2; // that calibrate the limit
constexpr std::size_t pairsShown = 24;

std::string share(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2g %%", value * 100);
    return text;
}

// Gaussian kernels, as the other curves of the report.
void addCurves(CopyingResult& result, const std::vector<double>& real, const std::vector<double>& synthetic) {
    const auto [low, high] = std::minmax_element(synthetic.begin(), synthetic.end());
    const auto [realLow, realHigh] = std::minmax_element(real.begin(), real.end());
    const double first = std::min(*low, *realLow) - 0.5, last = std::max({*high, *realHigh, 0.5}) + 0.5;
    constexpr int points = 160;
    const auto density = [&](const std::vector<double>& values, double x) {
        const double width = 0.25;
        double sum = 0;
        for (const double v : values) sum += std::exp(-0.5 * (x - v) * (x - v) / (width * width));
        return sum / double(values.size());
    };
    for (int i = 0; i < points; ++i) {
        const double x = first + (last - first) * i / (points - 1);
        result.x.push_back(x);
        result.realDensity.push_back(density(real, x));
        result.syntheticDensity.push_back(density(synthetic, x));
    }
}

NearPair pairOf(const MeasuredSet& tiles, std::size_t i, const MeasuredSet& training, const CopyScores& scores, const CopyLimit& limit) {
    const auto detector = std::size_t(limit.strongest(scores));
    const auto& match = scores[detector];
    NearPair pair;
    pair.synthetic = tiles.set.tiles[i].name, pair.syntheticIndex = int(i);
    pair.detector = copyDetectors[detector], pair.score = match.score, pair.excess = limit.excess(scores);
    pair.orientation = match.orientation, pair.nearCopy = pair.excess > 0;
    if (match.tile >= 0) {
        pair.training = training.set.tiles[std::size_t(match.tile)].name;
        pair.trainingFile = training.set.tiles[std::size_t(match.tile)].file;
    }
    return pair;
}

} // namespace

CopyCheck::CopyCheck(const MeasuredSet& training, const MeasuredSet& real, const ProgressHook& progress) : m_training(training) {
    CopyTiles tiles{training.sketches, training.fingerprints, {}};
    for (const auto& tile : training.set.tiles) tiles.groups.push_back(tile.group);
    m_index = std::make_unique<CopyIndex>(std::move(tiles));
    std::vector<CopyScores> scores;
    std::vector<std::string> groups;
    std::vector<std::size_t> rows;
    std::map<std::string, std::size_t> used;
    for (std::size_t i = 0; i < real.set.tiles.size(); ++i) {
        const auto& group = real.set.tiles[i].group;
        if (++used[group] > tilesOfGroup) continue;
        if (i % 16 == 0) progress({"Calibrating the copy check on real tiles", double(i) / double(real.set.tiles.size())});
        scores.push_back(m_index->search(real.sketches[i], real.fingerprints[std::int64_t(i)], group));
        groups.push_back(group), rows.push_back(i);
    }
    try {
        m_limit = calibrateCopyLimit(scores, groups);
    } catch (const Error& e) {
        m_problem = e.what();
        return;
    }
    for (std::size_t k = 0; k < scores.size(); ++k) {
        m_realExcess.push_back(m_limit.excess(scores[k]));
        if (auto pair = pairOf(real, rows[k], training, scores[k], m_limit); pair.nearCopy) m_realPairs.push_back(std::move(pair));
    }
}

CopyingResult CopyCheck::check(const MeasuredSet& synthetic, const ProgressHook& progress) const {
    CopyingResult result;
    if (!m_problem.empty()) {
        result.finding = {"Copies were not looked for. " + m_problem, Judgement::Look};
        return result;
    }
    std::vector<double> excesses;
    for (std::size_t i = 0; i < synthetic.set.tiles.size(); ++i) {
        if (i % 16 == 0) progress({"Looking for copies in " + synthetic.set.name, double(i) / double(synthetic.set.tiles.size())});
        const auto scores = m_index->search(synthetic.sketches[i], synthetic.fingerprints[std::int64_t(i)], {});
        auto pair = pairOf(synthetic, i, m_training, scores, m_limit);
        result.count += pair.nearCopy;
        excesses.push_back(pair.excess);
        result.pairs.push_back(std::move(pair));
    }
    std::stable_sort(result.pairs.begin(), result.pairs.end(), [](const auto& a, const auto& b) { return a.excess > b.excess; });
    result.pairs.resize(std::min(result.pairs.size(), std::max(pairsShown, std::size_t(result.count))));
    result.checked = true, result.tiles = int(synthetic.set.tiles.size());
    const auto interval = clopperPearson(result.count, result.tiles);
    result.low = interval.low, result.upper = interval.high;
    result.statedRate = m_limit.statedRate, result.groups = m_limit.groups;
    result.alarms = m_limit.alarms, result.checkedGroups = m_limit.checked;
    result.falseAlarmLow = m_limit.falseAlarmLow, result.falseAlarmHigh = m_limit.falseAlarmHigh;
    addCurves(result, m_realExcess, excesses);
    result.realPairs = m_realPairs;
    std::string text = result.count ? std::to_string(result.count) + " of " + std::to_string(result.tiles) + " tiles are near copies"
                                    : "No near copy found in " + std::to_string(result.tiles) + " tiles";
    text += " (at most " + share(result.upper) + " of such tiles, 95 % interval). Real tiles of other groups come as close in " +
            share(m_limit.statedRate) + " of cases by the choice of the limit, and did in " + std::to_string(result.alarms) + " of " +
            std::to_string(result.checkedGroups) + " groups";
    text += m_limit.groups < fewGroups ? "; roughly calibrated (" + std::to_string(m_limit.groups) + " groups)." : ".";
    if (result.alarms > 0) text += " Such real tiles may show tissue that training tiles of other groups show too.";
    const bool asManyAsReal = result.low <= m_limit.statedRate;
    result.finding = {text, result.count == 0 ? Judgement::Good : asManyAsReal ? Judgement::Look : Judgement::Bad};
    return result;
}

} // namespace phloxine
