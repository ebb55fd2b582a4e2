#include "core/tensor/device_kernels.h"

#include <cstdlib>
#include <string_view>

#include <c10/core/DeviceGuard.h>

#include "core/tensor/cuda_module.h"

namespace phloxine {

namespace {

const CudaKernels* kernelsOfModule() {
    const auto get = cudaFunction<const CudaKernels*()>("phloxineCudaKernels");
    const auto* kernels = get ? get() : nullptr;
    return kernels && kernels->version == cudaKernelsVersion ? kernels : nullptr;
}

} // namespace

const CudaKernels* deviceKernels(at::Device device) {
    if (!device.is_cuda()) return nullptr;
    const char* word = std::getenv("PHLOXINE_CUDA_KERNELS");
    if (word && std::string_view(word) == "off") return nullptr;
    static const CudaKernels* const kernels = kernelsOfModule(); // whoever has a device has loaded the module
    return kernels;
}

void launchOn(at::Device device, const std::function<int(void* stream)>& launch) {
    const c10::DeviceGuard guard(device);
    static const auto streamOf = cudaFunction<void*(int)>("phloxineCudaStream");
    if (const int error = launch(streamOf ? streamOf(int(device.index())) : nullptr))
        TORCH_CHECK(false, "CUDA error: ", deviceKernels(device)->errorText(error));
}

} // namespace phloxine
