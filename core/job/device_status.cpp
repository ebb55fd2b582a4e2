// Where the device and its memory stand.
#include <unistd.h>

#include <fstream>
#include <mutex>

#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/job/JobQueue.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

std::mutex statusMutex;
DeviceStatus lastStatus;

// What the kernel says that programs may still take without swapping.
std::uint64_t availableBytes() {
    std::ifstream table("/proc/meminfo");
    for (std::string word; table >> word;)
        if (std::uint64_t kilobytes = 0; word == "MemAvailable:" && table >> kilobytes) return kilobytes * 1024;
    return 0;
}

void addGpus(DeviceStatus& status) {
    try {
        (void)chooseDevice("cuda");
    } catch (const Error& e) {
        status.noGpu = e.what();
        return;
    }
    for (int i = 0; i < 10; ++i) try {
            const auto device = chooseDevice("cuda:" + std::to_string(i));
            DeviceStatus::Gpu gpu{deviceWord(device), deviceName(device), 0};
            gpu.memory = c10::getDeviceAllocator(at::kCUDA)->getMemoryInfo(device.index()).second;
            status.gpus.push_back(gpu);
        } catch (const std::exception&) { return; } // there are no more, or they cannot be asked
}

} // namespace

void refreshDeviceStatus(const std::string& word) {
    at::Device device = at::kCPU;
    try {
        device = chooseDevice(word);
    } catch (const Error&) {} // the job that wants it will say so
    DeviceStatus status;
    addGpus(status);
    status.hostMemoryTotal = std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGESIZE));
    status.hostMemoryFree = availableBytes() + residentMemoryBytes();
    status.kind = device.is_cuda() ? "cuda" : "cpu";
    if (device.is_cuda()) { // the memory of the device: what this process holds of it, and what it could hold
        auto* allocator = c10::getDeviceAllocator(at::kCUDA);
        status.name = deviceName(device);
        try {
            const auto [free, total] = allocator->getMemoryInfo(device.index());
            status.memoryUsed = std::uint64_t(allocator->getDeviceStats(device.index()).reserved_bytes[0].current);
            status.memoryTotal = total;
            status.memoryFree = free + status.memoryUsed;
        } catch (const c10::Error&) { logWarning("The memory of the GPU cannot be read; it may have been lost."); }
    } else {
        const int threads = at::get_num_threads();
        status.name = "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
        status.memoryUsed = residentMemoryBytes();
        status.memoryTotal = status.hostMemoryTotal;
        status.memoryFree = status.hostMemoryFree;
    }
    const std::lock_guard lock(statusMutex);
    lastStatus = status;
}

DeviceStatus deviceStatus() {
    const std::lock_guard lock(statusMutex);
    return lastStatus;
}

} // namespace phloxine
