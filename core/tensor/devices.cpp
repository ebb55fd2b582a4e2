#include "core/tensor/devices.h"

#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>

#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/image/opencv_threads.h"
#include "core/tensor/cuda_module.h"

namespace phloxine {

namespace {

bool hasProcessorFlag(const std::string& flag) {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("flags")) return (line + " ").find(" " + flag + " ") != std::string::npos;
    return false;
}

std::uint64_t statusBytes(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field)) return std::strtoull(line.c_str() + field.size(), nullptr, 10) * 1024;
    return 0;
}

constexpr auto driverFile = "/proc/driver/nvidia/version";
constexpr auto wslDriver = "/usr/lib/wsl/lib/libcuda.so.1"; // under WSL 2 the driver is that of Windows

void* loadedModule = nullptr;
std::string cudaFault; // why no GPU can be used; empty when the module is loaded

void loadCudaModule() {
    const char* named = std::getenv("PHLOXINE_CUDA_MODULE");
    if (!named && !std::filesystem::exists(driverFile) && !std::filesystem::exists(wslDriver))
        return void(cudaFault = "it has no NVIDIA driver");
    const auto module =
        named ? std::filesystem::path(named) : std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libphloxine_cuda.so";
    if (!std::filesystem::exists(module))
        cudaFault = module.filename().string() + " is not beside the program; run packaging/setup --cuda and build again";
    else if (!(loadedModule = dlopen(module.c_str(), RTLD_NOW | RTLD_GLOBAL)))
        cudaFault = std::string("the CUDA module cannot be loaded: ") + dlerror();
    else if (const auto fault = cudaFunction<const char*()>("phloxineCudaFault")) {
        if (const char* words = fault()) cudaFault = std::string("the driver says: ") + words;
    }
    if (!cudaFault.empty()) logWarning("The GPU of this machine cannot be used (" + cudaFault + "), so the CPU computes.");
}

// The number in "cuda" or "cuda:1"; -1 for another word.
int cudaIndex(const std::string& word) {
    if (word == "cuda") return 0;
    if (!word.starts_with("cuda:") || word.size() != 6 || word[5] < '0' || word[5] > '9') return -1;
    return word[5] - '0';
}

} // namespace

void* cudaModule() { return loadedModule; }

void initDevices(const std::string& device) {
    static std::once_flag once, cuda;
    std::call_once(once, keepOpenCvOnThisThread);
    if (device != "cpu")
        std::call_once(cuda, [] { // before the first hasCUDA(), whose answer Torch keeps
            loadCudaModule();
            auto& context = at::globalContext();
            context.setAllowTF32CuDNN(false);
            context.setAllowTF32CuBLAS(false);
            context.setDeterministicCuDNN(true);
        });
    c10::GradMode::set_enabled(false); // gradient mode is per thread
}

at::Device chooseDevice(const std::string& word) {
    if (word == "cpu") {
        initDevices(word);
        return at::kCPU;
    }
    const int index = word == "auto" ? 0 : cudaIndex(word);
    if (index < 0) wrongUse("The device \"" + word + "\" is not known; use auto, cpu, cuda, or cuda:1 for the second GPU.");
    initDevices(word);
    const int devices = at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
    if (index < devices) return at::Device(at::kCUDA, c10::DeviceIndex(index));
    if (word == "auto") return at::kCPU;
    if (devices > 0)
        throw Error(ErrorCode::Unsupported, "There is no " + word + ": this machine has " + std::to_string(devices) +
                                                (devices == 1 ? " GPU; use cuda." : " GPUs, counted from cuda:0."));
    throw Error(ErrorCode::Unsupported, "No GPU can be used on this machine: " +
                                            (cudaFault.empty() ? std::string("the driver names none") : cudaFault) + ". Choose the CPU.");
}

std::string deviceWord(at::Device device) {
    if (!device.is_cuda()) return "cpu";
    return device.index() > 0 ? "cuda:" + std::to_string(int(device.index())) : "cuda";
}

std::string deviceName(at::Device device) {
    if (!device.is_cuda()) return at::get_cpu_capability();
    const auto name = cudaFunction<const char*(int)>("phloxineCudaDeviceName");
    const char* words = name ? name(int(device.index())) : nullptr;
    return words ? words : "CUDA";
}

at::ScalarType choosePrecision(const std::string& word, at::Device device) {
    if (word == "fp32") return at::kFloat;
    if (word == "bf16") return at::kBFloat16;
    if (word != "auto") throw Error(ErrorCode::WrongUse, "The precision \"" + word + "\" is not known; use auto, fp32 or bf16.");
    static const bool fast = hasProcessorFlag("avx512_bf16") || hasProcessorFlag("amx_bf16");
    const auto computes = cudaFunction<bool(int)>("phloxineCudaComputesBf16");
    return (device.is_cuda() ? !computes || computes(int(device.index())) : fast) ? at::kBFloat16 : at::kFloat;
}

std::string precisionWord(at::ScalarType type) { return type == at::kBFloat16 ? "bf16" : "fp32"; }

std::uint64_t peakMemoryBytes() { return statusBytes("VmHWM:"); }
void giveBackUnusedMemory() {
    if (loadedModule && at::hasCUDA()) c10::getDeviceAllocator(at::kCUDA)->emptyCache();
    ::malloc_trim(0);
}
void resetPeakMemory() {
    giveBackUnusedMemory();
    std::ofstream("/proc/self/clear_refs") << "5";
}
std::uint64_t residentMemoryBytes() { return statusBytes("VmRSS:"); }

namespace {

auto heldOn(at::Device device) { // [0] is the sum over pools
    return c10::getDeviceAllocator(at::kCUDA)->getDeviceStats(device.index()).allocated_bytes[0];
}

} // namespace

std::uint64_t usedMemory(at::Device device) { return device.is_cuda() ? std::uint64_t(heldOn(device).current) : residentMemoryBytes(); }
std::uint64_t peakMemory(at::Device device) { return device.is_cuda() ? std::uint64_t(heldOn(device).peak) : peakMemoryBytes(); }
void resetPeakMemory(at::Device device) {
    resetPeakMemory();
    if (device.is_cuda()) c10::getDeviceAllocator(at::kCUDA)->resetPeakStats(device.index());
}

bool tellsOfFullMemory(const std::exception& error) {
    return dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
           (dynamic_cast<const c10::Error*>(&error) && std::strstr(error.what(), "DefaultCPUAllocator"));
}

std::optional<Error> deviceFault(const std::exception& error) {
    if (tellsOfFullMemory(error)) {
        const bool ofGpu = dynamic_cast<const c10::OutOfMemoryError*>(&error);
        return Error(ErrorCode::OutOfMemory, ofGpu ? "The memory of the GPU was full; close other programs that use it, or choose the CPU."
                                                   : "The memory was full; close other programs and try again.");
    }
    // After such a fault the driver refuses this process everything, so another try on the same GPU cannot help.
    if (dynamic_cast<const c10::Error*>(&error) && std::strstr(error.what(), "CUDA error")) {
        const std::string all = error.what();
        return Error(ErrorCode::DeviceLost,
                     "The GPU stopped in the middle of the work; what was finished is saved. Start Phloxine again, or choose the CPU.",
                     all.substr(0, all.find('\n')));
    }
    return {};
}

} // namespace phloxine
