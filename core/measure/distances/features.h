#pragma once
// What all distances between feature sets read.
#include <vector>

#include <ATen/ATen.h>

namespace phloxine {

struct FeatureSet {
    at::Tensor features;     // [n, d] float32
    std::vector<int> groups; // [n]: field, slide or patient of each tile; tiles of one group are not independent
};

// Error(WrongUse | Shape | Nan) in one sentence: both sets need the same width, finite values, a group per tile, at least `fewest` tiles.
void requireComparable(const FeatureSet& real, const FeatureSet& synthetic, int fewest = 2);

// For each group that occurs, in ascending order of its number, the rows of its tiles.
std::vector<std::vector<std::int64_t>> rowsOfGroups(const std::vector<int>& groups);

// The tiles of the chosen entries of rowsOfGroups.
FeatureSet takeGroups(const FeatureSet& set, const std::vector<std::vector<std::int64_t>>& rows, const std::vector<std::size_t>& chosen);

} // namespace phloxine
