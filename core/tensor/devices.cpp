#include "core/tensor/devices.h"

#include <dlfcn.h>
#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <mutex>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/image/opencv_threads.h"

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

void loadCudaModule() {
    if (!std::filesystem::exists("/proc/driver/nvidia/version")) return;
    const char* named = std::getenv("PHLOXINE_CUDA_MODULE");
    const auto module =
        named ? std::filesystem::path(named) : std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libphloxine_cuda.so";
    if (!std::filesystem::exists(module))
        return logWarning("An NVIDIA driver is there, but " + module.filename().string() +
                          " is not, so the CPU computes; run packaging/setup --cuda and build again.");
    if (!dlopen(module.c_str(), RTLD_NOW | RTLD_GLOBAL))
        logWarning(std::string("The CUDA module cannot be loaded, so the CPU computes: ") + dlerror());
}

} // namespace

void initDevices(const std::string& device) {
    static std::once_flag once;
    std::call_once(once, [&] {
        keepOpenCvOnThisThread();
        if (device != "cpu") loadCudaModule();
        c10::GradMode::set_enabled(false);
    });
    c10::GradMode::set_enabled(false); // gradient mode is per thread
}

at::Device chooseDevice(const std::string& word) {
    if (word == "cpu") return at::kCPU;
    if (word != "auto" && word != "cuda")
        throw Error(ErrorCode::WrongUse, "The device \"" + word + "\" is not known; use auto, cpu or cuda.");
    if (at::hasCUDA()) return at::Device(at::kCUDA, 0);
    if (word == "cuda") throw Error(ErrorCode::Unsupported, "No CUDA device can be used on this machine; use --device cpu.");
    return at::kCPU;
}

at::ScalarType choosePrecision(const std::string& word, at::Device device) {
    if (word == "fp32") return at::kFloat;
    if (word == "bf16") return at::kBFloat16;
    if (word != "auto") throw Error(ErrorCode::WrongUse, "The precision \"" + word + "\" is not known; use auto, fp32 or bf16.");
    static const bool fast = hasProcessorFlag("avx512_bf16") || hasProcessorFlag("amx_bf16");
    return device.is_cuda() || fast ? at::kBFloat16 : at::kFloat;
}

std::string precisionWord(at::ScalarType type) { return type == at::kBFloat16 ? "bf16" : "fp32"; }

std::uint64_t peakMemoryBytes() { return statusBytes("VmHWM:"); }
void resetPeakMemory() {
    ::malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";
}
std::uint64_t residentMemoryBytes() { return statusBytes("VmRSS:"); }

} // namespace phloxine
