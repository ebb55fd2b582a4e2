#include "core/measure/statistics/auc.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/Dice.h"
#include "core/measure/statistics/rank_correlation.h"

namespace phloxine {

namespace {

double fromRanks(double rankSumB, double na, double nb) { return (rankSumB - nb * (nb + 1) / 2) / (na * nb); }

} // namespace

double areaUnderCurve(const std::vector<double>& a, const std::vector<double>& b) {
    auto all = a;
    all.insert(all.end(), b.begin(), b.end());
    const auto ranks = ranksOf(all);
    double sum = 0;
    for (std::size_t i = a.size(); i < all.size(); ++i) sum += ranks[i];
    return a.empty() || b.empty() ? 0.5 : fromRanks(sum, double(a.size()), double(b.size()));
}

Auc aucWithPermutations(const GroupedValues& a, const GroupedValues& b, std::uint64_t seed, int permutations) {
    Auc result;
    if (a.values.empty() || b.values.empty()) return result;
    result.value = areaUnderCurve(a.values, b.values);
    auto all = a.values;
    all.insert(all.end(), b.values.begin(), b.values.end());
    const auto ranks = ranksOf(all);
    std::map<std::pair<bool, int>, std::pair<double, double>> groups; // rank sum and tiles of each
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool second = i >= a.values.size();
        auto& group = groups[{second, second ? b.groups[i - a.values.size()] : a.groups[i]}];
        group.first += ranks[i], ++group.second;
    }
    std::vector<std::pair<double, double>> pool;
    int groupsOfB = 0;
    for (const auto& [key, sums] : groups) pool.push_back(sums), groupsOfB += key.first;
    Dice dice(seed);
    std::vector<double> chance;
    int asFar = 1;
    for (int i = 0; i < permutations; ++i) {
        const auto order = dice.permutation(int(pool.size()));
        double rankSum = 0, tiles = 0;
        for (int k = 0; k < groupsOfB; ++k)
            rankSum += pool[std::size_t(order[std::size_t(k)])].first, tiles += pool[std::size_t(order[std::size_t(k)])].second;
        chance.push_back(fromRanks(rankSum, double(all.size()) - tiles, tiles));
        asFar += std::abs(chance.back() - 0.5) >= std::abs(result.value - 0.5) - 1e-12;
    }
    std::sort(chance.begin(), chance.end());
    result.low = chance[chance.size() / 40], result.high = chance[chance.size() - 1 - chance.size() / 40];
    result.p = double(asFar) / (permutations + 1);
    return result;
}

} // namespace phloxine
