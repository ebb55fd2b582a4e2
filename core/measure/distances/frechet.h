#pragma once
// The Frechet distance between Gaussians fitted to two sets of features (FID: Heusel et al. 2017), in float64, and its value for endless
// sets (Chong and Forsyth 2020).
#include "core/measure/distances/features.h"

namespace phloxine {

// Mean and unbiased covariance, accumulated batch by batch (Chan, Golub and LeVeque 1983). float64.
struct Moments {
    std::int64_t n = 0;
    at::Tensor mean;                   // [d]
    at::Tensor scatter;                // [d, d]: sum of (x - mean)(x - mean)^T
    at::Tensor covariance() const;     // scatter / (n - 1). Error(WrongUse) below two tiles
    void add(const at::Tensor& batch); // [b, d]
};
Moments momentsOf(const at::Tensor& features, std::int64_t batch = 4096);

// |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2) by eigenvalues of symmetric matrices, which stays right where the covariances are
// singular; never below 0.
double frechetDistance(const Moments& a, const Moments& b);

// The same from features [n, d]. Where a set has fewer tiles than features, the trace comes from the small factor: the nuclear norm of
// A B^T for centred A and B, of the size of the sets instead of that of the features.
double frechetDistance(const at::Tensor& a, const at::Tensor& b);

struct FrechetInfinity {
    double value = 0;                     // the line at 1/n = 0; may fall below 0, where noise outweighs the distance
    std::vector<double> inverseN, values; // the points that it goes through
};
// A least-squares line over 1/n1 + 1/n2 through the distances of random subsets of whole groups of both sets, from 40 % of the groups to
// all. Deterministic for a seed. Error(WrongUse) below 5 groups in a set.
FrechetInfinity frechetInfinity(const FeatureSet& a, const FeatureSet& b, std::uint64_t seed, int sizes = 8);

} // namespace phloxine
