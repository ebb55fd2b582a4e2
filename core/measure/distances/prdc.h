#pragma once
// Does each set lie where the other does: improved precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al.
// 2020). A tile's ball reaches to its k-th nearest neighbour in its own set, itself not counted.
#include "core/measure/distances/features.h"

namespace phloxine {

struct Prdc {
    double precision = 0; // synthetic tiles inside a ball of a real one
    double recall = 0;    // real tiles inside a ball of a synthetic one
    double density = 0;   // real balls that hold a synthetic tile, per tile and k; may exceed 1
    double coverage = 0;  // real tiles whose ball holds a synthetic one
};

constexpr int prdcNeighbours = 5;

// As published. [n, d], [m, d]. Error(WrongUse) where a set has no more than k tiles.
Prdc prdc(const at::Tensor& real, const at::Tensor& synthetic, int k = prdcNeighbours);

// Tiles of one group are alike, and their balls would reach no further than the group: here they reach to the k-th nearest neighbour of
// another group. Whether each tile has as many; independent tiles do where there are more than k.
bool hasOtherGroups(const std::vector<int>& groups, int k = prdcNeighbours);
// Groups where both sets have enough of them, else as published.
Prdc prdc(const FeatureSet& real, const FeatureSet& synthetic, int k = prdcNeighbours);

// Squared distances between all tiles, for many choices of them; within a set infinite between tiles of one group.
struct DistanceTables {
    at::Tensor real, synthetic, across; // float64 [n, n], [m, m], [n, m]
};
DistanceTables distanceTables(const FeatureSet& real, const FeatureSet& synthetic);
Prdc prdc(const DistanceTables& tables, const at::Tensor& realRows, const at::Tensor& syntheticRows, int k = prdcNeighbours);

} // namespace phloxine
