// All kernels but the optimiser's, and the table by which core finds them.
#include "core/cuda/kernels/geglu.cuh"
#include "core/cuda/kernels/group_norm.cuh"
#include "core/cuda/kernels/launchers.h"

extern "C" const phloxine::CudaKernels* phloxineCudaKernels() {
    namespace kernels = phloxine::kernels;
    static const auto table = [] {
        phloxine::CudaKernels t;
        t.errorText = kernels::errorText;
        t.groupNormScratch = kernels::groupNormScratch;
        t.groupNormForward = kernels::groupNormForward, t.groupNormBackward = kernels::groupNormBackward;
        t.gegluForward = kernels::gegluForward, t.gegluBackward = kernels::gegluBackward;
        kernels::addAdamw(t);
        return t;
    }();
    return &table;
}
