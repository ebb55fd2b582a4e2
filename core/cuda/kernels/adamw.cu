// The optimiser's kernels, compiled without fused products and sums: -fmad=false.
#include "core/cuda/kernels/adamw.cuh"
#include "core/cuda/kernels/launchers.h"

namespace phloxine::kernels {

void addAdamw(CudaKernels& table) { table.sumOfSquares = sumOfSquares, table.adamw = adamw; }

} // namespace phloxine::kernels
