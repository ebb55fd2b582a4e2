// Intervals of precision, recall, density and coverage: see intervals.h.
#include <algorithm>
#include <cmath>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/measure/distances/intervals.h"

namespace phloxine {

namespace {

constexpr std::size_t mostTiles = 2500; // of each set in the tables of distances: 50 MB each

// Whole groups, drawn until the tables are full; all of them where they fit.
struct Pool {
    FeatureSet set;
    std::vector<std::vector<std::int64_t>> rows; // of the groups within `set`
    std::size_t allGroups = 0;                   // before drawing

    std::vector<int> groupsOf(const std::vector<std::int64_t>& chosen) const {
        std::vector<int> groups;
        for (const auto row : chosen) groups.push_back(set.groups[std::size_t(row)]);
        return groups;
    }
};
Pool poolOf(const FeatureSet& all, Dice& dice) {
    const auto rows = rowsOfGroups(all.groups);
    Pool pool;
    pool.allGroups = rows.size();
    const double share = std::min(1.0, double(mostTiles) / double(all.groups.size()));
    const auto count = std::min(rows.size(), std::max<std::size_t>(2, std::size_t(share * double(rows.size()))));
    pool.set = takeGroups(all, rows, dice.subset(rows.size(), count));
    pool.rows = rowsOfGroups(pool.set.groups);
    return pool;
}

std::vector<std::int64_t> rowsIn(const Pool& pool, const std::vector<std::size_t>& chosen) {
    std::vector<std::int64_t> rows;
    for (const auto g : chosen) rows.insert(rows.end(), pool.rows[g].begin(), pool.rows[g].end());
    return rows;
}

at::Tensor asTensor(const std::vector<std::int64_t>& rows) { return at::tensor(rows, at::kLong); }

struct Row {
    Estimate PrdcEstimates::*estimate;
    double Prdc::*value;
    double most;
};
constexpr Row measures[] = {{&PrdcEstimates::precision, &Prdc::precision, 1},
                            {&PrdcEstimates::recall, &Prdc::recall, 1},
                            {&PrdcEstimates::density, &Prdc::density, INFINITY},
                            {&PrdcEstimates::coverage, &Prdc::coverage, 1}};

double varianceOf(const std::vector<Prdc>& results, double Prdc::*value) {
    double mean = 0, squares = 0;
    for (const auto& r : results) mean += r.*value / double(results.size());
    for (const auto& r : results) squares += (r.*value - mean) * (r.*value - mean);
    return squares / double(results.size() - 1);
}

double quantile(const std::vector<Prdc>& results, double Prdc::*value, double p) {
    std::vector<double> v;
    for (const auto& r : results) v.push_back(r.*value);
    std::sort(v.begin(), v.end());
    const double at = p * double(v.size() - 1);
    const auto low = std::size_t(at);
    return v[low] + (at - double(low)) * (v[std::min(low + 1, v.size() - 1)] - v[low]);
}

// A choice of b of G groups without replacement varies by (1 - b/G) of what b groups drawn afresh do; all the groups together vary by b /
// all of that (Shao and Wu 1989).
double scaleOf(const Pool& pool, std::size_t chosen) {
    const double g = double(pool.rows.size()), b = double(chosen);
    return g / (g - b) * b / double(pool.allGroups);
}

std::vector<Prdc> choices(const DistanceTables& tables, const Pool& real, const Pool& synthetic, int subsets, Dice& dice) {
    std::vector<Prdc> results;
    for (int i = 0; i < subsets; ++i) {
        const auto a = rowsIn(real, dice.subset(real.rows.size(), real.rows.size() / 2));
        const auto b = rowsIn(synthetic, dice.subset(synthetic.rows.size(), synthetic.rows.size() / 2));
        if (hasOtherGroups(real.groupsOf(a)) && hasOtherGroups(synthetic.groupsOf(b)))
            results.push_back(prdc(tables, asTensor(a), asTensor(b)));
    }
    return results;
}

std::vector<Prdc> realHalves(const at::Tensor& table, const Pool& real, int splits, Dice& dice) {
    std::vector<Prdc> results;
    for (int i = 0; i < splits; ++i) {
        const auto first = dice.subset(real.rows.size(), real.rows.size() / 2);
        std::vector<std::size_t> second;
        for (std::size_t g = 0; g < real.rows.size(); ++g)
            if (!std::binary_search(first.begin(), first.end(), g)) second.push_back(g);
        const auto a = rowsIn(real, first), b = rowsIn(real, second);
        if (hasOtherGroups(real.groupsOf(a)) && hasOtherGroups(real.groupsOf(b)))
            results.push_back(prdc(DistanceTables{table, table, table}, asTensor(a), asTensor(b)));
    }
    return results;
}

} // namespace

PrdcEstimates prdcEstimates(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int subsets, int splits) {
    requireComparable(real, synthetic, prdcNeighbours + 1);
    const auto whole = prdc(real, synthetic);
    Dice dice(seed);
    const auto poolA = poolOf(real, dice), poolB = poolOf(synthetic, dice);
    const auto tables = distanceTables(poolA.set, poolB.set);
    const auto fewest = std::min(poolA.rows.size(), poolB.rows.size());
    const auto varied = fewest >= 4 ? choices(tables, poolA, poolB, subsets, dice) : std::vector<Prdc>();
    const auto between = poolA.rows.size() >= 2 ? realHalves(tables.real, poolA, splits, dice) : std::vector<Prdc>();
    const double scale = std::max(scaleOf(poolA, poolA.rows.size() / 2), scaleOf(poolB, poolB.rows.size() / 2));
    PrdcEstimates all;
    for (const auto& m : measures) {
        auto& e = all.*m.estimate;
        e.value = whole.*m.value;
        const bool first = poolA.allGroups <= poolB.allGroups;
        e.tiles = int((first ? real : synthetic).groups.size()), e.groups = int(first ? poolA.allGroups : poolB.allGroups);
        e.method = "subsets of groups without replacement, " + std::to_string(e.groups) + " groups";
        if (varied.size() >= 2) {
            setInterval(e, e.value, {scale * varianceOf(varied, m.value), double(fewest) - 1});
            e.low = std::max(0.0, e.low), e.high = std::min(m.most, e.high);
        } else e.method = "no interval: too few groups";
        if (between.empty()) continue;
        e.realAgainstReal = quantile(between, m.value, 0.5);
        e.realLow = quantile(between, m.value, 0.025), e.realHigh = quantile(between, m.value, 0.975);
    }
    return all;
}

} // namespace phloxine
