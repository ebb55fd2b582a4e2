#pragma once
// The functions of the CUDA module (core/cuda) that initDevices() loaded.
#include <dlfcn.h>

namespace phloxine {

void* cudaModule(); // nullptr: not loaded

// A function of the module; nullptr where there is none.
template <class Function>
Function* cudaFunction(const char* name) {
    return cudaModule() ? reinterpret_cast<Function*>(dlsym(cudaModule(), name)) : nullptr;
}

} // namespace phloxine
