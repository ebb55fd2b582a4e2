#pragma once
// Between the files of this folder: what each enters into the table.
#include "core/cuda/kernels.h"

namespace phloxine::kernels {

void addAdamw(CudaKernels& table);

} // namespace phloxine::kernels
