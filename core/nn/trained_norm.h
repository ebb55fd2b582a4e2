#pragma once
// Group norm of a network in training (group_norm_kernel.h) as a differentiable function that keeps its input alone.
#include "core/nn/layers.h"

namespace phloxine::nn {

// Channels-last maps of float32 or bfloat16 on the CPU under a float32 norm that is trained.
bool canTrainNorm(const GroupNorm& norm, const at::Tensor& x);
at::Tensor trainedNorm(const GroupNorm& norm, const at::Tensor& x, bool silu); // silu: SiLU of the norm. Same bits at any thread count

} // namespace phloxine::nn
