// The CUDA module: loading it brings torch_cuda into the process. It tells what devices there are and how much memory they have.
#include <cuda_runtime_api.h>

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>

extern "C" {

int phloxineCudaDeviceCount() { return int(c10::cuda::device_count()); }

// The name stays valid for the life of the process; nullptr when there is no such device.
const char* phloxineCudaDeviceName(int device) {
    return device < phloxineCudaDeviceCount() ? at::cuda::getDeviceProperties(c10::DeviceIndex(device))->name : nullptr;
}

// Bytes free and in all; false when they cannot be told.
bool phloxineCudaMemory(int device, std::size_t* free, std::size_t* total) {
    if (device >= phloxineCudaDeviceCount()) return false;
    c10::cuda::set_device(c10::DeviceIndex(device));
    return cudaMemGetInfo(free, total) == cudaSuccess;
}
}
