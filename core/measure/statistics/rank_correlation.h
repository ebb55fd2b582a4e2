#pragma once
// Rank correlation of asked levels with measured values, pooled within strata so that what sets the strata apart cannot stand in for it.
#include <cstdint>
#include <vector>

namespace phloxine {

// Ranks from 1; ties share their mean rank.
std::vector<double> ranksOf(const std::vector<double>& values);

// Spearman's, with mean ranks for ties (Pearson's correlation of the ranks). NaN below 3 pairs or when one side is constant.
double rankCorrelation(const std::vector<double>& x, const std::vector<double>& y);
// What x reaches with values that stand in exactly its order and have no ties: below 1 when x itself has ties.
double rankCorrelationCeiling(const std::vector<double>& x);

struct StratifiedPairs {
    std::vector<double> x, y;        // pairs with a value that is not finite do not count
    std::vector<int> strata, groups; // of each pair; pairs of one group are not independent
};
struct WithinCorrelation {
    double value, ceiling;     // means over the strata, weighted by pairs - 1; NaN where no stratum has a correlation
    double low, high;          // 95 %, jackknife over at most 100 blocks of whole groups; NaN below 5 groups
    int pairs = 0, groups = 0; // of the strata that count: 3 pairs and more, neither side constant
};
WithinCorrelation correlationWithin(const StratifiedPairs& pairs, std::uint64_t seed);

} // namespace phloxine
