#include "core/measure/statistics/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include <boost/math/distributions/students_t.hpp>

#include "core/base/Dice.h"

namespace phloxine {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t fewestPairs = 3;
constexpr int fewestBlocks = 5, mostBlocks = 100;

double pearson(const std::vector<double>& a, const std::vector<double>& b) {
    const auto n = double(a.size());
    const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n, mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double aa = 0, bb = 0, ab = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb), ab += (a[i] - ma) * (b[i] - mb);
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : none;
}

struct Stratum {
    std::vector<double> x, y;
    std::vector<int> blocks;
};

// Of all pairs but those of one block; -1 leaves none out.
double pooled(const std::vector<Stratum>& strata, int without) {
    double sum = 0, weight = 0;
    for (const auto& stratum : strata) {
        std::vector<double> x, y;
        for (std::size_t i = 0; i < stratum.x.size(); ++i)
            if (stratum.blocks[i] != without) x.push_back(stratum.x[i]), y.push_back(stratum.y[i]);
        const double r = rankCorrelation(x, y);
        if (std::isfinite(r)) sum += r * double(x.size() - 1), weight += double(x.size() - 1);
    }
    return weight > 0 ? sum / weight : none;
}

// Whole groups into blocks of about the same number of groups.
std::map<int, int> blocksOf(const std::set<int>& groups, std::uint64_t seed, int blocks) {
    std::vector<int> order(groups.begin(), groups.end());
    Dice(seed).shuffle(order);
    std::map<int, int> result;
    for (std::size_t i = 0; i < order.size(); ++i) result[order[i]] = int(i % std::size_t(blocks));
    return result;
}

} // namespace

std::vector<double> ranksOf(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
        while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
        for (std::size_t i = first; i < end; ++i) ranks[order[i]] = double(first + end + 1) / 2;
    }
    return ranks;
}

double rankCorrelation(const std::vector<double>& x, const std::vector<double>& y) {
    return x.size() < fewestPairs ? none : pearson(ranksOf(x), ranksOf(y));
}

double rankCorrelationCeiling(const std::vector<double>& x) {
    auto ordered = x;
    std::sort(ordered.begin(), ordered.end());
    std::vector<double> perfect(x.size());
    std::iota(perfect.begin(), perfect.end(), 0.0);
    return rankCorrelation(ordered, perfect);
}

WithinCorrelation correlationWithin(const StratifiedPairs& pairs, std::uint64_t seed) {
    std::map<int, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < pairs.x.size(); ++i)
        if (std::isfinite(pairs.x[i]) && std::isfinite(pairs.y[i])) members[pairs.strata[i]].push_back(i);
    WithinCorrelation result{none, none, none, none};
    std::vector<Stratum> strata;
    std::set<int> groups;
    double ceiling = 0, weight = 0;
    for (const auto& [id, indices] : members) {
        Stratum stratum;
        for (const auto i : indices) stratum.x.push_back(pairs.x[i]), stratum.y.push_back(pairs.y[i]);
        if (!std::isfinite(rankCorrelation(stratum.x, stratum.y))) continue;
        for (const auto i : indices) stratum.blocks.push_back(pairs.groups[i]), groups.insert(pairs.groups[i]);
        const double w = double(stratum.x.size() - 1);
        ceiling += w * rankCorrelationCeiling(stratum.x), weight += w;
        result.pairs += int(stratum.x.size());
        strata.push_back(std::move(stratum));
    }
    result.groups = int(groups.size());
    if (strata.empty()) return result;
    const int blocks = std::min(result.groups, mostBlocks);
    const auto blockOf = blocksOf(groups, seed, blocks);
    for (auto& stratum : strata)
        for (auto& block : stratum.blocks) block = blockOf.at(block);
    result.value = pooled(strata, -1), result.ceiling = ceiling / weight;
    if (blocks < fewestBlocks) return result;
    std::vector<double> left;
    for (int block = 0; block < blocks; ++block)
        if (const double r = pooled(strata, block); std::isfinite(r)) left.push_back(r);
    if (int(left.size()) < fewestBlocks) return result;
    const auto n = double(left.size());
    const double mean = std::accumulate(left.begin(), left.end(), 0.0) / n;
    double sum = 0;
    for (const double r : left) sum += (r - mean) * (r - mean);
    const double half = std::sqrt(sum * (n - 1) / n) * boost::math::quantile(boost::math::students_t(n - 1), 0.975);
    result.low = std::max(-1.0, result.value - half), result.high = std::min(1.0, result.value + half);
    return result;
}

} // namespace phloxine
