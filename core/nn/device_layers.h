#pragma once
// Layers by the kernels of the CUDA module (core/cuda/kernels.h), differentiable. Their formulas stand with the kernels.
#include "core/nn/layers.h"

namespace phloxine::nn {

// Maps [n, c, h, w] of float32 or bfloat16 on a device that has kernels.
bool hasDeviceNorm(const GroupNorm& norm, const at::Tensor& x);
// The norm of x + add, with SiLU behind it or without. add [n, c], or undefined. In training it keeps x and add, not their sum.
at::Tensor deviceNorm(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& add, bool silu);

bool hasDeviceGeglu(const at::Tensor& x);
at::Tensor deviceGeglu(const at::Tensor& x); // [..., 2 width] -> [..., width]

} // namespace phloxine::nn
