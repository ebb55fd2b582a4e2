#pragma once
// Can a score tell two samples apart? Area under the ROC curve, with the range that chance gives: labels of whole groups permuted.
#include <cstdint>

#include "core/measure/statistics/distributions.h"

namespace phloxine {

struct Auc {
    double value = 0.5;
    double low = 0.5, high = 0.5; // 95 % of permutations lie here, where nothing is to be told apart
    double p = 1;                 // share of permutations at least as far from 0.5, the observed one counted
};
// P(score of b > score of a) + half of the ties.
double areaUnderCurve(const std::vector<double>& a, const std::vector<double>& b);
Auc aucWithPermutations(const GroupedValues& a, const GroupedValues& b, std::uint64_t seed, int permutations = 299);

} // namespace phloxine
