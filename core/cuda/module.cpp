// The CUDA module: loading it brings torch_cuda into the process. It tells what Torch itself does not: why there is
// no device, and what a device is called and can do.
#include <cuda_runtime_api.h>

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

extern "C" {

int phloxineCudaDeviceCount() { return int(c10::cuda::device_count()); }

// Why no device can be used, in the driver's words; nullptr when there is one.
const char* phloxineCudaFault() {
    int count = 0;
    const auto status = cudaGetDeviceCount(&count);
    return status != cudaSuccess ? cudaGetErrorString(status) : count == 0 ? "no device" : nullptr;
}

// The stream (cudaStream_t) that Torch puts work of this thread in.
void* phloxineCudaStream(int device) { return c10::cuda::getCurrentCUDAStream(c10::DeviceIndex(device)).stream(); }

// Whether the device multiplies in bf16 (Ampere, compute capability 8.0, and newer); older ones would only emulate it.
bool phloxineCudaComputesBf16(int device) {
    return device < phloxineCudaDeviceCount() && at::cuda::getDeviceProperties(c10::DeviceIndex(device))->major >= 8;
}

// The name stays valid for the life of the process; nullptr when there is no such device.
const char* phloxineCudaDeviceName(int device) {
    return device < phloxineCudaDeviceCount() ? at::cuda::getDeviceProperties(c10::DeviceIndex(device))->name : nullptr;
}
}
