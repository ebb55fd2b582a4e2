// The part of a comparison that looks for copies.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/Parallel.h>

#include "core/base/Error.h"
#include "core/measure/measured_set.h"
#include "core/measure/statistics/binomial.h"

namespace phloxine {

namespace {

constexpr int fewForRate = 300;         // below, a rate of one in a hundred is only roughly known
constexpr std::size_t tilesOfGroup = 2; // that calibrate the limit
constexpr std::size_t pairsShown = 24;
constexpr double farOver = 6;           // of the plot, in spreads
constexpr std::size_t tilesAtOnce = 16; // between two looks at whether to stop

std::string share(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 0.1 ? "%.2g %%" : "%.0f %%", value * 100);
    return text;
}

// Gaussian kernels, as the other curves of the report.
void addCurves(CopyingResult& result, std::vector<double> real, std::vector<double> synthetic) {
    for (auto* values : {&real, &synthetic})
        for (auto& v : *values) v = std::min(v, farOver); // exact copies lie tens of spreads beyond
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

// One thread a tile: the products of a single search are too small to share.
std::vector<CopyScores> searchAll(const CopyIndex& index, const MeasuredSet& tiles, const std::vector<std::size_t>& rows,
                                  bool withoutOwnGroup, const std::string& words, const ProgressHook& progress) {
    std::vector<CopyScores> scores(rows.size());
    for (std::size_t first = 0; first < rows.size(); first += tilesAtOnce) {
        progress({words, double(first) / double(rows.size())});
        const auto last = std::min(rows.size(), first + tilesAtOnce);
        at::parallel_for(std::int64_t(first), std::int64_t(last), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto k = std::size_t(begin); k < std::size_t(end); ++k) {
                const auto i = rows[k];
                scores[k] = index.search(tiles.sketches[i], tiles.fingerprints[std::int64_t(i)],
                                         withoutOwnGroup ? tiles.set.tiles[i].group : std::string());
            }
        });
    }
    return scores;
}

} // namespace

NearPair CopyCheck::pairOf(const MeasuredSet& tiles, std::size_t i, const CopyScores& scores) const {
    const auto detector = std::size_t(m_limit.strongest(scores));
    const auto& match = scores[detector];
    NearPair pair;
    pair.synthetic = tiles.set.tiles[i].name, pair.syntheticIndex = int(i);
    pair.detector = copyDetectors[detector], pair.score = match.score, pair.excess = m_limit.excess(scores);
    pair.orientation = match.orientation, pair.nearCopy = pair.excess > 0;
    if (match.tile >= 0) {
        pair.training = m_names[std::size_t(match.tile)];
        if (!m_files.empty()) pair.trainingFile = m_files[std::size_t(match.tile)];
    }
    return pair;
}

CopyCheck::CopyCheck(const MeasuredSet& training, const MeasuredSet& real, const ProgressHook& progress) {
    CopyTiles tiles{training.sketches, training.fingerprints, {}};
    for (const auto& tile : training.set.tiles) {
        tiles.groups.push_back(tile.group);
        m_names.push_back(tile.name), m_files.push_back(tile.file);
    }
    m_index = std::make_unique<CopyIndex>(std::move(tiles));
    std::vector<std::size_t> rows;
    std::vector<std::string> groups;
    std::map<std::string, std::size_t> used;
    for (std::size_t i = 0; i < real.set.tiles.size(); ++i)
        if (const auto& group = real.set.tiles[i].group; ++used[group] <= tilesOfGroup) rows.push_back(i), groups.push_back(group);
    const auto scores = searchAll(*m_index, real, rows, true, "Calibrating the copy check on real tiles", progress);
    try {
        m_limit = calibrateCopyLimit(scores, groups);
    } catch (const Error& e) {
        m_problem = e.what();
        return;
    }
    for (std::size_t k = 0; k < scores.size(); ++k) {
        m_realExcess.push_back(m_limit.excess(scores[k]));
        if (auto pair = pairOf(real, rows[k], scores[k]); pair.nearCopy) m_realPairs.push_back(std::move(pair));
    }
}

CopyCheck::CopyCheck(const KnownNeighbours& neighbours, const std::string& modelTitle)
    : m_limit(neighbours.limit),
      m_remark("Only fingerprints of the " + std::to_string(neighbours.groups.size()) + " training tiles of " + modelTitle +
               " were searched; give the tiles as the training set to look for copied pieces too.") {
    CopyTiles tiles{{}, neighbours.features, {}};
    for (std::size_t i = 0; i < neighbours.groups.size(); ++i) {
        tiles.groups.push_back(std::to_string(neighbours.groups[i]));
        m_names.push_back("training tile " + std::to_string(i + 1) + ", group " + tiles.groups.back());
    }
    m_index = std::make_unique<CopyIndex>(std::move(tiles));
}

CopyingResult CopyCheck::check(const MeasuredSet& synthetic, const ProgressHook& progress) const {
    CopyingResult result;
    if (!m_problem.empty()) {
        result.finding = {"Copies were not looked for. " + m_problem, Judgement::Look};
        return result;
    }
    std::vector<std::size_t> rows(synthetic.set.tiles.size());
    std::iota(rows.begin(), rows.end(), std::size_t(0));
    const auto scores = searchAll(*m_index, synthetic, rows, false, "Looking for copies in " + synthetic.set.name, progress);
    std::vector<double> excesses;
    for (const auto i : rows) {
        auto pair = pairOf(synthetic, i, scores[i]);
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
    if (!m_realExcess.empty()) addCurves(result, m_realExcess, excesses);
    result.realPairs = m_realPairs;
    std::string text = result.count ? std::to_string(result.count) + " of " + std::to_string(result.tiles) + " tiles are near copies"
                                    : "No near copy found in " + std::to_string(result.tiles) + " tiles";
    text += " (at most " + share(result.upper) + " of such tiles, 95 % interval). Real tiles of other groups come as close in " +
            share(m_limit.statedRate) + " of cases by the choice of the limit, and did in " + std::to_string(result.alarms) + " of " +
            std::to_string(result.checkedGroups) + " groups";
    text += m_limit.groups < fewForRate ? "; roughly calibrated (" + std::to_string(m_limit.groups) + " groups)." : ".";
    if (result.alarms > 0) text += " Such real tiles may show tissue that training tiles of other groups show too.";
    if (!m_remark.empty()) text += " " + m_remark;
    const bool asManyAsReal = result.low <= m_limit.statedRate;
    result.finding = {text, result.count == 0 ? Judgement::Good : asManyAsReal ? Judgement::Look : Judgement::Bad};
    return result;
}

} // namespace phloxine
