#pragma once
// Exact nearest neighbours among many vectors, in memory that does not grow with their number.
#include <ATen/ATen.h>

namespace phloxine {

struct Neighbours {
    at::Tensor index;    // int64 [q, k], nearest first; equal distances in ascending index
    at::Tensor distance; // float64 [q, k], Euclidean
};

// Squared Euclidean distances [n, m] between the rows of a [n, d] and of b [m, d], by one matrix product; in their type, never below 0.
at::Tensor squaredDistances(const at::Tensor& a, const at::Tensor& b);

// The k nearest rows of `base` [n, d] to each row of `queries` [q, d]. A matrix product in float32 finds candidates, whose distances are
// then taken in float64; where its rounding could have hidden a neighbour, all of that row is computed in float64. `excludeSelf`: queries
// are the rows of base, and none is its own neighbour. Error(WrongUse | Shape | Nan).
Neighbours nearestNeighbours(const at::Tensor& queries, const at::Tensor& base, int k, bool excludeSelf = false);

} // namespace phloxine
