#pragma once
// The kernels of the CUDA module (core/cuda/kernels.h) for tensors of Torch.
#include <functional>

#include <ATen/ATen.h>

#include "core/cuda/kernels.h"

namespace phloxine {

// The kernels for what lies on `device`; nullptr on a CPU, where the module has none or those of another version, and where
// PHLOXINE_CUDA_KERNELS is "off", which leaves all to Torch.
const CudaKernels* deviceKernels(at::Device device);

inline bool hasKernelType(const at::Tensor& t) { return t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16; }
inline CudaType cudaType(const at::Tensor& t) { return t.scalar_type() == at::kBFloat16 ? CudaType::Bfloat16 : CudaType::Float32; }

// Calls launch(stream) with `device` current and its stream. What the kernel refuses is a fault as Torch throws it ("CUDA error: ...").
void launchOn(at::Device device, const std::function<int(void* stream)>& launch);

} // namespace phloxine
