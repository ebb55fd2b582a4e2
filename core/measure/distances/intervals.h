#pragma once
// 95 % intervals over groups (fields, slides, patients), and what a measure is between halves of the real set. Tiles are never drawn with
// replacement: a tile that occurs twice is its own nearest neighbour and pairs with itself, which shifts every distance.
#include "core/measure/Estimate.h"
#include "core/measure/distances/kernel_distance.h"
#include "core/measure/distances/prdc.h"

namespace phloxine {

// The variance of a measure of two sets from leaving out one group at a time of each, each set with its own sum, and the degrees of freedom
// of that variance (Welch 1938, Satterthwaite 1946). Sets are independent.
struct Spread {
    double variance = 0, degrees = 0;
};
Spread jackknifeSpread(const std::vector<double>& leaveOneOutA, const std::vector<double>& leaveOneOutB = {});
// centre +- t(degrees, 97.5 %) * sqrt(variance) into low and high.
void setInterval(Estimate& estimate, double centre, const Spread& spread);

// The mean of a value per tile, and the difference of two such means (a - b). Delete-group jackknife. Without an interval below 2 groups in
// a set. Error(WrongUse) without tiles.
Estimate groupedMean(const std::vector<double>& values, const std::vector<int>& groups);
Estimate groupedMeanDifference(const std::vector<double>& a, const std::vector<int>& groupsA, const std::vector<double>& b,
                               const std::vector<int>& groupsB);

// Squared discrepancy. LeftOut::Group: without pairs of tiles of one group, which group effects do not shift; delete-group jackknife on
// both sets, delete-a-group-of-groups beyond 200 groups; the upper end of the interval is on the scale of the root. Needs 3 groups in each
// set, and counts pairs within a group where a set is one group. LeftOut::Tile: the published estimator, to be compared with published
// numbers; without an interval, because it lies above the distance of the populations as far as tiles of a group are alike. Splits, by the
// same estimator: halves of the real groups, times (1/n + 1/m) / (2/h) for real n, synthetic m and halves of h tiles, the order in which
// the spread of such a distance between equal populations shrinks.
Estimate kernelEstimate(const FeatureSet& real, const FeatureSet& synthetic, const Kernel& kernel, LeftOut leftOut, std::uint64_t seed,
                        int splits = 200);

// Frechet distance. No interval: subsets change its bias more than its value. Splits as above; its bias between equal populations shrinks
// in the same order.
Estimate frechetEstimate(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int splits = 20);
// For endless sets (frechetInfinity). The interval is that of the line at 0: it says how well the points agree, nothing about other groups,
// and is left out. Splits need 10 real groups.
Estimate frechetInfinityEstimate(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int splits = 10);

// Precision, recall, density and coverage; balls reach to neighbours of other groups where a set has enough of them. The interval: choices
// of half of the groups of both sets without replacement, their variance scaled as delete-d jackknives are (Shao and Wu 1989); from at most
// about 2500 tiles of each set. Splits: halves of the real groups, not scaled: there is no common order in n.
struct PrdcEstimates {
    Estimate precision, recall, density, coverage;
};
PrdcEstimates prdcEstimates(const FeatureSet& real, const FeatureSet& synthetic, std::uint64_t seed, int subsets = 100, int splits = 60);

} // namespace phloxine
