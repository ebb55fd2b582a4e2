#pragma once
// The processors that tensors can live on. initDevices() is the first Torch call of the process.
#include <string>

#include <ATen/ATen.h>

#include "core/tensor/peak_memory.h"

namespace phloxine {

// Loads the CUDA module beside the program (or PHLOXINE_CUDA_MODULE) unless `device` is "cpu". A missing module or driver is one logged
// sentence, and the CPU.
void initDevices(const std::string& device = "auto");

at::Device chooseDevice(const std::string& word); // "auto", "cpu", "cuda". Error(Unsupported) when "cuda" is not there
at::ScalarType choosePrecision(const std::string& word, at::Device device); // "auto": bf16 where the processor computes in it, else fp32
std::string precisionWord(at::ScalarType type);                             // "fp32", "bf16"

} // namespace phloxine
