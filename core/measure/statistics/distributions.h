#pragma once
// Two samples of a measure whose tiles come in groups. Each group weighs the same, however many tiles it has; what is drawn at random is
// always a group. Values that are not finite do not count.
#include <cstdint>
#include <vector>

#include "core/measure/Estimate.h"

namespace phloxine {

struct GroupedValues {
    std::vector<double> values;
    std::vector<int> groups; // one per value
};

double weightedMedian(const GroupedValues& sample); // NaN without values
// The area between the two distribution functions: the mean way that mass has to move, in the unit of the values.
double wassersteinDistance(const GroupedValues& a, const GroupedValues& b);
// Share of random re-labellings of whole groups whose Wasserstein distance is at least the observed one, itself counted (Phipson and Smyth
// 2010): never 0.
double permutationP(const GroupedValues& a, const GroupedValues& b, std::uint64_t seed, int permutations = 499);
// Difference of the medians, b - a. Interval: halves of the groups without replacement, scaled as delete-d jackknives are, which holds for
// quantiles where leaving out one group does not (Shao and Wu 1989). realLow..realHigh: between halves of a.
Estimate medianDifference(const GroupedValues& a, const GroupedValues& b, std::uint64_t seed, int subsets = 200);

// Gaussian kernel density at x, the bandwidth that of Silverman's rule.
std::vector<double> densityCurve(const GroupedValues& sample, const std::vector<double>& x);
std::vector<double> commonAxis(const GroupedValues& a, const GroupedValues& b, int points = 128); // a little beyond both

} // namespace phloxine
