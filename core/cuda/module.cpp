// The CUDA module: loading it brings torch_cuda into the process. It tells what Torch itself does not: why there is
// no device, and what a device is called and can do.
#include <cuda_runtime_api.h>

#include <memory>

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
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

// A CUDA graph of the kernels that work(context) starts, which runs in a stream of its own behind what this thread's stream has. Whatever
// work throws, and the driver's refusals, come out as they are, and nothing is being recorded then.
void* phloxineCudaGraphRecord(int device, void (*work)(void*), void* context) {
    const auto stream = c10::cuda::getStreamFromPool(false, c10::DeviceIndex(device));
    at::cuda::CUDAEvent before;
    before.record(c10::cuda::getCurrentCUDAStream(c10::DeviceIndex(device)));
    before.block(stream);
    const c10::cuda::CUDAStreamGuard guard(stream);
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    graph->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
        work(context);
    } catch (...) {
        try {
            graph->capture_end();
        } catch (const c10::Error&) { // because of what is on its way
        }
        (void)cudaGetLastError();
        throw;
    }
    graph->capture_end();
    return graph.release();
}
void phloxineCudaGraphPlay(void* graph) { static_cast<at::cuda::CUDAGraph*>(graph)->replay(); }
void phloxineCudaGraphRelease(void* graph) { delete static_cast<at::cuda::CUDAGraph*>(graph); }

// Whether the device multiplies in bf16 (Ampere, compute capability 8.0, and newer); older ones would only emulate it.
bool phloxineCudaComputesBf16(int device) {
    return device < phloxineCudaDeviceCount() && at::cuda::getDeviceProperties(c10::DeviceIndex(device))->major >= 8;
}

// The name stays valid for the life of the process; nullptr when there is no such device.
const char* phloxineCudaDeviceName(int device) {
    return device < phloxineCudaDeviceCount() ? at::cuda::getDeviceProperties(c10::DeviceIndex(device))->name : nullptr;
}
}
