#pragma once
// The update of AdamW (Loshchilov and Hutter 2019) and of the exponential means of the weights, over one block of one tensor in a single
// pass over the memory. Compiled for the processor's vectors and chosen at run time; no Torch.
#include <cstdint>
#include <vector>

namespace phloxine {

struct AdamwStep {
    float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float stepSize = 0;       // rate / (1 - beta1^n)
    float secondScale = 1;    // 1 / sqrt(1 - beta2^n)
    float gradientScale = 1;  // what clipping leaves of the gradient
    std::vector<float> means; // 1 - decay of each mean of the weights
};

// One block: `count` values at each pointer. gradient may be null: zero.
struct AdamwBlock {
    float *master = nullptr, *first = nullptr, *second = nullptr;
    const float* gradient = nullptr;
    std::vector<float*> means;
    std::int64_t count = 0;
    float keep = 1; // 1 - rate * decay
};

void adamwUpdate(const AdamwStep& step, const AdamwBlock& block);
double sumOfSquares(const float* values, std::int64_t count); // in double, always in the same order

} // namespace phloxine
