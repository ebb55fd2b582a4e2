#pragma once
// The kernels of core/cuda/kernels.h as the stand-in GPU has them: the same results, but for rounding, by operators of Torch and the
// optimiser's kernel of the CPU. That the CUDA kernels themselves are right is for tests/cuda.
#include "core/cuda/kernels.h"

namespace phloxine::stand_in {

// host(pointer): where the host finds what stands at an address of the device. begin(): at each call, before anything is done.
const CudaKernels& kernels(void* (*host)(const void*), void (*begin)());

} // namespace phloxine::stand_in
