#include "core/measure/statistics/distributions.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <boost/math/distributions/students_t.hpp>

#include "core/base/Dice.h"

namespace phloxine {

namespace {

struct Weighted {
    double value, weight;
};

using ByGroup = std::vector<std::vector<double>>;

ByGroup byGroup(const GroupedValues& sample) {
    std::map<int, std::vector<double>> groups;
    for (std::size_t i = 0; i < sample.values.size(); ++i)
        if (std::isfinite(sample.values[i])) groups[sample.groups[i]].push_back(sample.values[i]);
    ByGroup result;
    for (auto& [group, values] : groups) result.push_back(std::move(values));
    return result;
}

std::vector<Weighted> sorted(const ByGroup& groups, const std::vector<int>& chosen) {
    std::vector<Weighted> all;
    for (const int g : chosen)
        for (const double value : groups[std::size_t(g)])
            all.push_back({value, 1.0 / double(groups[std::size_t(g)].size()) / double(chosen.size())});
    std::sort(all.begin(), all.end(), [](const auto& x, const auto& y) { return x.value < y.value; });
    return all;
}

std::vector<int> allOf(const ByGroup& groups) {
    std::vector<int> indices(groups.size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = int(i);
    return indices;
}

double medianOf(const std::vector<Weighted>& all) {
    double below = 0;
    for (const auto& w : all)
        if ((below += w.weight) >= 0.5 - 1e-12) return w.value;
    return Estimate::none;
}

double areaBetween(const std::vector<Weighted>& a, const std::vector<Weighted>& b) {
    double area = 0, fa = 0, fb = 0, last = 0;
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        const bool fromA = j == b.size() || (i < a.size() && a[i].value <= b[j].value);
        const double value = fromA ? a[i].value : b[j].value;
        if (i + j > 0) area += std::abs(fa - fb) * (value - last);
        last = value;
        if (fromA) fa += a[i++].weight;
        else fb += b[j++].weight;
    }
    return area;
}

std::vector<int> half(Dice& dice, int groups) {
    auto order = dice.permutation(groups);
    order.resize(std::size_t(groups / 2));
    return order;
}

// Variance of the median from halves: (groups left in / groups left out) is 1 for halves.
double halfVariance(const ByGroup& groups, double centre, Dice& dice, int subsets) {
    double sum = 0;
    for (int s = 0; s < subsets; ++s) {
        const double m = medianOf(sorted(groups, half(dice, int(groups.size()))));
        sum += (m - centre) * (m - centre);
    }
    const double left = double(groups.size() / 2), out = double(groups.size()) - left;
    return sum / subsets * left / out;
}

} // namespace

double weightedMedian(const GroupedValues& sample) {
    const auto groups = byGroup(sample);
    return groups.empty() ? Estimate::none : medianOf(sorted(groups, allOf(groups)));
}

double wassersteinDistance(const GroupedValues& a, const GroupedValues& b) {
    const auto ga = byGroup(a), gb = byGroup(b);
    return ga.empty() || gb.empty() ? Estimate::none : areaBetween(sorted(ga, allOf(ga)), sorted(gb, allOf(gb)));
}

double permutationP(const GroupedValues& a, const GroupedValues& b, std::uint64_t seed, int permutations) {
    auto pool = byGroup(a);
    const auto first = pool.size();
    for (auto& group : byGroup(b)) pool.push_back(std::move(group));
    if (first < 2 || pool.size() < first + 2) return Estimate::none;
    const auto distance = [&](const std::vector<int>& order) {
        return areaBetween(sorted(pool, {order.begin(), order.begin() + std::ptrdiff_t(first)}),
                           sorted(pool, {order.begin() + std::ptrdiff_t(first), order.end()}));
    };
    const double observed = distance(allOf(pool));
    Dice dice(seed);
    int asLarge = 1;
    for (int i = 0; i < permutations; ++i) asLarge += distance(dice.permutation(int(pool.size()))) >= observed * (1 - 1e-12);
    return double(asLarge) / (permutations + 1);
}

Estimate medianDifference(const GroupedValues& a, const GroupedValues& b, std::uint64_t seed, int subsets) {
    const auto ga = byGroup(a), gb = byGroup(b);
    Estimate e;
    e.groups = int(std::min(ga.size(), gb.size())), e.tiles = int(std::min(a.values.size(), b.values.size()));
    if (ga.empty() || gb.empty()) return e;
    const double ma = medianOf(sorted(ga, allOf(ga))), mb = medianOf(sorted(gb, allOf(gb)));
    e.value = mb - ma;
    e.method = "halves of the groups without replacement, " + std::to_string(e.groups) + " groups";
    if (e.groups < 4) return e;
    Dice dice(seed);
    const double variance = halfVariance(ga, ma, dice, subsets) + halfVariance(gb, mb, dice, subsets);
    const double t = boost::math::quantile(boost::math::students_t(double(e.groups - 1)), 0.975);
    e.low = e.value - t * std::sqrt(variance), e.high = e.value + t * std::sqrt(variance);
    std::vector<double> splits;
    for (int s = 0; s < subsets; ++s) {
        const auto order = dice.permutation(int(ga.size()));
        const auto middle = order.begin() + std::ptrdiff_t(order.size() / 2);
        splits.push_back(medianOf(sorted(ga, {order.begin(), middle})) - medianOf(sorted(ga, {middle, order.end()})));
    }
    std::sort(splits.begin(), splits.end());
    e.realLow = splits[splits.size() / 40], e.realHigh = splits[splits.size() - 1 - splits.size() / 40],
    e.realAgainstReal = splits[splits.size() / 2];
    return e;
}

std::vector<double> densityCurve(const GroupedValues& sample, const std::vector<double>& x) {
    const auto groups = byGroup(sample);
    std::vector<double> density(x.size());
    if (groups.empty()) return density;
    const auto all = sorted(groups, allOf(groups));
    double mean = 0, square = 0, q1 = all.front().value, q3 = all.back().value, below = 0;
    for (const auto& w : all) {
        mean += w.weight * w.value, square += w.weight * w.value * w.value;
        if (below < 0.25) q1 = w.value;
        if (below < 0.75) q3 = w.value;
        below += w.weight;
    }
    const double deviation = std::sqrt(std::max(0.0, square - mean * mean)),
                 spread = q3 > q1 ? std::min(deviation, (q3 - q1) / 1.34) : deviation;
    const double width = std::max(0.9 * spread * std::pow(double(all.size()), -0.2), 1e-9 + std::abs(mean) * 1e-6);
    for (std::size_t i = 0; i < x.size(); ++i)
        for (const auto& w : all)
            density[i] += w.weight * std::exp(-0.5 * std::pow((x[i] - w.value) / width, 2)) / (width * std::sqrt(2 * M_PI));
    return density;
}

std::vector<double> commonAxis(const GroupedValues& a, const GroupedValues& b, int points) {
    double low = INFINITY, high = -INFINITY;
    for (const auto* sample : {&a, &b})
        for (const double value : sample->values)
            if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
    std::vector<double> x;
    if (!(high > low)) return x;
    const double margin = 0.05 * (high - low);
    for (int i = 0; i < points; ++i) x.push_back(low - margin + (high - low + 2 * margin) * i / (points - 1));
    return x;
}

} // namespace phloxine
