#pragma once
// The switches of the stand-in GPU (stand_in_gpu.cpp says what it is), for tests in whose process chooseDevice() has loaded it.
#include <dlfcn.h>

#include <cstddef>
#include <stdexcept>

extern "C" {
struct StandInCounts {
    // Since the start: tensors copied to and from the device, waits for a number, all operators, graphs played, unused memory given back.
    long uploads, downloads, waits, operators, graphs, cachesEmptied;
};
using StandInLimit = void(std::size_t bytes);
using StandInLoseAfter = void(long operators);
using StandInCount = StandInCounts();
}

namespace phloxine::stand_in {

template <typename Function>
Function* find(const char* name) {
    if (auto* found = reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name))) return found;
    throw std::runtime_error("The stand-in GPU is not loaded: set PHLOXINE_CUDA_MODULE, as ctest does.");
}

inline bool isLoaded() { return dlsym(RTLD_DEFAULT, "standInGpuCounts") != nullptr; }
inline void limitMemory(std::size_t bytes) { find<StandInLimit>("standInGpuLimit")(bytes); }        // of each device, from now on
inline void loseAfter(long operators) { find<StandInLoseAfter>("standInGpuLoseAfter")(operators); } // then every operator fails
inline void giveBack() { limitMemory(std::size_t(64) << 30), loseAfter(1l << 60); }
inline StandInCounts counts() { return find<StandInCount>("standInGpuCounts")(); }

} // namespace phloxine::stand_in
