#pragma once
// The maximum mean discrepancy between two feature sets (Gretton et al. 2012), squared and unbiased: KID with the cubic kernel (Binkowski
// et al. 2018, as torch-fidelity computes it), MMD with a Gaussian one.
#include <functional>

#include "core/measure/distances/features.h"

namespace phloxine {

using Kernel = std::function<at::Tensor(const at::Tensor& a, const at::Tensor& b)>; // float64 [n, d], [m, d] -> [n, m]

Kernel polynomialKernel();               // (x.y / d + 1)^3
Kernel gaussianKernel(double bandwidth); // exp(-|x - y|^2 / (2 bandwidth^2))
// The median distance between different tiles of both sets together; of at most 1000 tiles of each, evenly spread. Never 0.
double medianDistance(const at::Tensor& a, const at::Tensor& b);

// Sums of a kernel over all pairs of tiles, by blocks of groups: any choice of whole blocks has its discrepancy without touching a tile
// again. Groups beyond `mostBlocks` share blocks.
struct KernelBlocks {
    at::Tensor xx, yy, xy;        // float64 [B, B] of sums between blocks
    at::Tensor selfX, selfY;      // [B]: of each tile with itself
    at::Tensor groupX, groupY;    // [B]: within groups, a tile with itself included
    at::Tensor countX, countY;    // [B]: tiles
    at::Tensor squareX, squareY;  // [B]: pairs within groups, a tile with itself included
    int groupsX = 0, groupsY = 0; // before sharing
};
KernelBlocks kernelBlocks(const FeatureSet& x, const FeatureSet& y, const Kernel& kernel, int mostBlocks = 200);

// Which pairs are left out of the means within a set. A tile with itself: the published estimator, unbiased for independent tiles. Whole
// groups: unbiased also where tiles of a group are alike.
enum class LeftOut { Tile, Group };
// `x`, `y` [B]: 1 for blocks that count, 0 for others. NaN where nothing is left to average.
double discrepancy(const KernelBlocks& blocks, const at::Tensor& x, const at::Tensor& y, LeftOut leftOut);
double discrepancy(const KernelBlocks& blocks, LeftOut leftOut);
// Between two choices of blocks of x alone.
double discrepancyWithin(const KernelBlocks& blocks, const at::Tensor& first, const at::Tensor& second, LeftOut leftOut);

// Without each block of one set in turn, whole groups left out of the means within a set.
struct LeaveOneOut {
    std::vector<double> x, y;
};
LeaveOneOut leaveOneOut(const KernelBlocks& blocks);

// Of two tables of features as they are, all tiles independent. Error(WrongUse) below two tiles.
double discrepancy(const at::Tensor& x, const at::Tensor& y, const Kernel& kernel);

} // namespace phloxine
