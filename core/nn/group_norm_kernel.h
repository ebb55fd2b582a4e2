#pragma once
// Group norm, with or without SiLU behind it, and its gradient over channels-last maps in training: one pass for each of the sums and one
// for the result, where the operators of the library take five and keep three maps. Compiled for the processor's vectors; no Torch.
#include <cstdint>
#include <vector>

namespace phloxine::nn {

struct NormShape {
    std::int64_t positions = 0, channels = 0, groups = 1; // of one sample: [positions, channels]
    float eps = 1e-5f;
    bool silu = false;
};

// One sample of float32 or (bfloat16 as) uint16. mean, rstd: [groups], written forward and read backward; weight, bias: [channels].
template <typename T>
void groupNormForward(const NormShape& shape, const T* x, const float* weight, const float* bias, T* y, float* mean, float* rstd);
// dweight, dbias [channels] of this sample are written; scratch grows to one sample of floats.
template <typename T>
void groupNormBackward(const NormShape& shape, const T* x, const T* dy, const float* weight, const float* bias, const float* mean,
                       const float* rstd, T* dx, float* dweight, float* dbias, std::vector<float>& scratch);

} // namespace phloxine::nn
