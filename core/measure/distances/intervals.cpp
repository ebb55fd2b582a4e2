#include "core/measure/distances/intervals.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <boost/math/distributions/students_t.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/measure/distances/frechet.h"

namespace phloxine {

namespace {

double meanOf(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / double(v.size()); }

double squaresAround(const std::vector<double>& v, double centre) {
    double sum = 0;
    for (const double x : v) sum += (x - centre) * (x - centre);
    return sum;
}

// Linear between order statistics.
double quantile(std::vector<double> v, double p) {
    std::sort(v.begin(), v.end());
    const double at = p * double(v.size() - 1);
    const auto low = std::size_t(at);
    return v[low] + (at - double(low)) * (v[std::min(low + 1, v.size() - 1)] - v[low]);
}

void setRealAgainstReal(Estimate& e, const std::vector<double>& values) {
    if (values.empty()) return;
    e.realAgainstReal = quantile(values, 0.5), e.realLow = quantile(values, 0.025), e.realHigh = quantile(values, 0.975);
}

std::string words(const char* method, std::size_t groups) { return std::string(method) + ", " + std::to_string(groups) + " groups"; }

Estimate sized(std::size_t tilesA, std::size_t groupsA, std::size_t tilesB, std::size_t groupsB) {
    Estimate e;
    const bool first = groupsA != groupsB ? groupsA < groupsB : tilesA <= tilesB; // the set that limits the interval
    e.tiles = int(first ? tilesA : tilesB), e.groups = int(first ? groupsA : groupsB);
    return e;
}

// Sums by group, from which any mean without one group follows.
struct GroupSums {
    std::vector<double> sum, count;
    double total = 0, tiles = 0;

    GroupSums(const std::vector<double>& values, const std::vector<int>& groups) {
        if (values.empty() || values.size() != groups.size())
            throw Error(ErrorCode::WrongUse, "A mean over groups needs tiles, and a group for each.");
        std::map<int, std::size_t> place;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto [at, isNew] = place.emplace(groups[i], sum.size());
            if (isNew) sum.push_back(0), count.push_back(0);
            sum[at->second] += values[i], count[at->second] += 1;
            total += values[i], tiles += 1;
        }
    }
    double mean() const { return total / tiles; }
    std::vector<double> leaveOneOut() const {
        std::vector<double> means;
        for (std::size_t g = 0; g < sum.size(); ++g) means.push_back((total - sum[g]) / (tiles - count[g]));
        return means;
    }
};

// Random halves of the real groups.
std::pair<std::vector<std::size_t>, std::vector<std::size_t>> halves(std::size_t groups, Dice& dice) {
    auto first = dice.subset(groups, groups / 2);
    std::vector<std::size_t> second;
    for (std::size_t g = 0; g < groups; ++g)
        if (!std::binary_search(first.begin(), first.end(), g)) second.push_back(g);
    return {std::move(first), std::move(second)};
}

at::Tensor indicator(const std::vector<std::size_t>& chosen, std::int64_t of) {
    auto t = at::zeros(of, at::kDouble);
    for (const auto i : chosen) t[std::int64_t(i)] = 1;
    return t;
}

// The spread of a squared distance grows with it, so that too low a value also claims too narrow an interval. The upper end is therefore
// that of the interval on the scale of the root, (sqrt c + reach / (2 sqrt c))^2, where the value stands out from 0.
void setKernelInterval(Estimate& e, double centre, const Spread& spread) {
    setInterval(e, centre, spread);
    const double reach = e.high - centre;
    if (centre > 0 && centre * centre > spread.variance) e.high += reach * reach / (4 * centre);
}

// The same measure between halves of the real set, each scaled to the sizes of the comparison.
std::vector<double> betweenHalves(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int splits,
                                  const std::function<double(const FeatureSet&, const FeatureSet&)>& measure) {
    const auto rows = rowsOfGroups(real.groups);
    const double whole = 1.0 / double(real.groups.size()) + 1.0 / double(synthetic.groups.size());
    std::vector<double> values;
    Dice dice(seed);
    for (int i = 0; i < splits; ++i) {
        const auto [first, second] = halves(rows.size(), dice);
        const auto a = takeGroups(real, rows, first), b = takeGroups(real, rows, second);
        if (std::min(a.groups.size(), b.groups.size()) < 2) continue;
        values.push_back(measure(a, b) * whole / (1.0 / double(a.groups.size()) + 1.0 / double(b.groups.size())));
    }
    return values;
}

} // namespace

Spread jackknifeSpread(const std::vector<double>& a, const std::vector<double>& b) {
    Spread s;
    double denominator = 0;
    for (const auto* values : {&a, &b}) {
        if (values->empty()) continue;
        const double g = double(values->size()), part = (g - 1) / g * squaresAround(*values, meanOf(*values));
        s.variance += part, denominator += part * part / (g - 1);
    }
    s.degrees = denominator > 0 ? s.variance * s.variance / denominator : 0;
    return s;
}

void setInterval(Estimate& e, double centre, const Spread& s) {
    if (!std::isfinite(s.variance)) return;
    const double reach =
        s.variance > 0 ? boost::math::quantile(boost::math::students_t(std::max(1.0, s.degrees)), 0.975) * std::sqrt(s.variance) : 0;
    e.low = centre - reach, e.high = centre + reach;
}

Estimate groupedMean(const std::vector<double>& values, const std::vector<int>& groups) {
    const GroupSums sums(values, groups);
    auto e = sized(values.size(), sums.sum.size(), values.size(), sums.sum.size());
    e.value = sums.mean();
    e.method = words("delete-group jackknife", sums.sum.size());
    if (sums.sum.size() < 2) e.method = "no interval: one group";
    else setInterval(e, e.value, jackknifeSpread(sums.leaveOneOut()));
    return e;
}

Estimate groupedMeanDifference(const std::vector<double>& a, const std::vector<int>& groupsA, const std::vector<double>& b,
                               const std::vector<int>& groupsB) {
    const GroupSums first(a, groupsA), second(b, groupsB);
    auto e = sized(a.size(), first.sum.size(), b.size(), second.sum.size());
    e.value = first.mean() - second.mean();
    e.method = words("delete-group jackknife", std::size_t(e.groups));
    if (e.groups < 2) e.method = "no interval: one group";
    else setInterval(e, e.value, jackknifeSpread(first.leaveOneOut(), second.leaveOneOut()));
    return e;
}

Estimate kernelEstimate(const FeatureSet& real, const FeatureSet& synthetic, const Kernel& kernel, LeftOut leftOut, std::uint64_t seed,
                        int splits) {
    requireComparable(real, synthetic);
    const auto k = kernelBlocks(real, synthetic, kernel);
    auto e = sized(real.groups.size(), std::size_t(k.groupsX), synthetic.groups.size(), std::size_t(k.groupsY));
    e.value = discrepancy(k, leftOut);
    if (leftOut == LeftOut::Tile) e.method = "no interval: pairs of tiles of one group are counted, as published";
    else if (e.groups < 3) e.method = "no interval: fewer than 3 groups";
    else {
        const auto without = leaveOneOut(k);
        setKernelInterval(e, e.value, jackknifeSpread(without.x, without.y));
        e.method = words("delete-group jackknife", std::size_t(e.groups));
    }
    if (std::isnan(e.value)) e.value = discrepancy(k, LeftOut::Tile);
    std::vector<double> values;
    const double whole = 1.0 / double(real.groups.size()) + 1.0 / double(synthetic.groups.size());
    Dice dice(seed);
    const auto blocks = k.countX.numel();
    for (int i = 0; i < splits && blocks >= 2; ++i) {
        const auto [first, second] = halves(std::size_t(blocks), dice);
        const auto a = indicator(first, blocks), b = indicator(second, blocks);
        const double tilesA = a.dot(k.countX).item<double>(), tilesB = b.dot(k.countX).item<double>();
        const double value = discrepancyWithin(k, a, b, leftOut) * whole / (1 / tilesA + 1 / tilesB);
        if (std::isfinite(value)) values.push_back(value);
    }
    setRealAgainstReal(e, values);
    return e;
}

Estimate frechetEstimate(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int splits) {
    requireComparable(real, synthetic);
    const auto groups = rowsOfGroups(real.groups).size();
    auto e = sized(real.groups.size(), groups, synthetic.groups.size(), rowsOfGroups(synthetic.groups).size());
    e.value = frechetDistance(real.features, synthetic.features);
    e.method = "no interval: subsets change the bias of this distance more than its value";
    if (groups >= 2)
        setRealAgainstReal(e, betweenHalves(real, synthetic, seed, splits, [](const FeatureSet& a, const FeatureSet& b) {
                               return frechetDistance(a.features, b.features);
                           }));
    return e;
}

Estimate frechetInfinityEstimate(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int splits) {
    requireComparable(real, synthetic);
    const auto groups = rowsOfGroups(real.groups).size(), others = rowsOfGroups(synthetic.groups).size();
    auto e = sized(real.groups.size(), groups, synthetic.groups.size(), others);
    if (std::min(groups, others) < 5) {
        e.method = "not given: fewer than 5 groups";
        return e;
    }
    e.value = frechetInfinity(real, synthetic, seed).value;
    e.method = "line over 1/n through 8 subsets of groups; no interval";
    if (groups >= 10)
        setRealAgainstReal(e, betweenHalves(real, synthetic, seed, splits, [seed](const FeatureSet& a, const FeatureSet& b) {
                               return frechetInfinity(a, b, seed).value;
                           }));
    return e;
}

} // namespace phloxine
