// The table of kernels with each launch emulated.
#include "tests/support/cuda_emulation.h"
// after it
#include "core/cuda/kernels/adamw.cu"
#include "core/cuda/kernels/kernels.cu"
