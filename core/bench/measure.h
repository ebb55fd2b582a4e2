#pragma once
#include "core/bench/bench.h"

namespace phloxine {

std::vector<BenchResult> benchFid(const BenchOptions& options);        // 10,000 x 2048 features against as many
std::vector<BenchResult> benchNeighbours(const BenchOptions& options); // the 5 nearest of 100,000 x 512 for 10,000 queries
std::vector<BenchResult> benchMetrics(const BenchOptions& options);    // every distance with its interval, 1,000 x 2048 in 50 groups each
std::vector<BenchResult> benchInception(const BenchOptions& options);  // 16 images of 299 x 299, beside the same network in PyTorch

} // namespace phloxine
