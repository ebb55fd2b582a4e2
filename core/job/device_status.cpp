// Where the device and its memory stand.
#include <unistd.h>

#include <fstream>
#include <mutex>

#include <ATen/Parallel.h>

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

} // namespace

void refreshDeviceStatus() {
    const bool cuda = chooseDevice("auto").is_cuda();
    DeviceStatus status;
    status.kind = cuda ? "cuda" : "cpu";
    const int threads = at::get_num_threads();
    status.name = cuda ? "CUDA" : "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    status.memoryUsed = residentMemoryBytes();
    status.memoryTotal = std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGESIZE));
    status.memoryFree = availableBytes() + status.memoryUsed;
    const std::lock_guard lock(statusMutex);
    lastStatus = status;
}

DeviceStatus deviceStatus() {
    const std::lock_guard lock(statusMutex);
    return lastStatus;
}

} // namespace phloxine
