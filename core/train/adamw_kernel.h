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

// The same over storage of fewer bits, in pieces that are widened, updated and narrowed within the first cache.
constexpr std::int64_t momentBlock = 256; // values that share one scale

// Moments of 8 bits with one scale per momentBlock values (block-wise as in Dettmers et al. 2022), the codes spaced by a power: a first
// moment is scale x c|c| / 127^2, a second one scale x (c / 255)^4, so that its root, which divides, has the precision of the first; it is
// never rounded below the smallest first moment. Masters of bfloat16 and the codes are rounded up or down at random with chances by the
// remainder (of a second moment by that of its code): what is smaller than a step is kept on average. The random bits are a pure function
// of `salt` and of the element.
struct NarrowBlock {
    float* master = nullptr; // one of the two
    std::uint16_t* masterBf16 = nullptr;
    float *first = nullptr, *second = nullptr; // these two, or the four below
    std::int8_t* firstCodes = nullptr;
    std::uint8_t* secondCodes = nullptr;
    float *firstScales = nullptr, *secondScales = nullptr; // of each momentBlock
    const float* gradient = nullptr;                       // one of the two, or none
    const std::uint16_t* gradientBf16 = nullptr;
    std::vector<float*> means;
    std::int64_t count = 0;
    float keep = 1;
    std::uint32_t salt = 0;  // of tensor and step
    std::uint32_t index = 0; // of the first element
};
void adamwUpdate(const AdamwStep& step, const NarrowBlock& block); // the block begins at a multiple of momentBlock
double sumOfSquares(const std::uint16_t* bf16, std::int64_t count);

} // namespace phloxine
