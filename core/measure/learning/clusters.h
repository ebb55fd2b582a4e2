#pragma once
// Shares of tiles with intervals over groups: tiles of one field or patient are right or wrong together, so a group is what is drawn at
// random, never a tile.
#include <cstdint>
#include <string>
#include <vector>

#include "core/measure/Estimate.h"

namespace phloxine {

// Which of `folds` parts each group belongs to: groups of each class are dealt in a seeded order, so that every part has every class.
// labels, groups: one per tile. Returns one fold per tile.
std::vector<int> foldsByGroup(const std::vector<int>& labels, const std::vector<int>& groups, int folds, std::uint64_t seed);

// The share of tiles that are right. Wilson's interval with the effective number of tiles: the one whose binomial variance is the
// cluster-robust one, between the number of groups and that of tiles (Korn and Graubard, "Confidence intervals for proportions with small
// expected number of positive counts estimated from survey data", 1998). Nothing: an Estimate without a value.
Estimate shareOverGroups(const std::vector<bool>& right, const std::vector<int>& groups);

// How much more often one classifier is right than another on the same tiles, as the mean over classes (balanced accuracy).
// gains[s][i]: right minus right, -1..1, for training seed s and test tile i. The variance is that over groups of the mean over seeds, plus
// that over seeds; Student's t with Satterthwaite's degrees of freedom. With one seed the interval is over groups alone, as `method` says.
Estimate balancedGain(const std::vector<std::vector<double>>& gains, const std::vector<int>& labels, const std::vector<int>& groups);

} // namespace phloxine
