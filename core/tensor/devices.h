#pragma once
// The processors that tensors can live on. initDevices() is the first Torch call of the process.
#include <string>

#include <ATen/ATen.h>

#include "core/tensor/peak_memory.h"

namespace phloxine {

// Loads the CUDA module beside the program (or PHLOXINE_CUDA_MODULE) unless `device` is "cpu". A missing module or driver is one logged
// sentence, and the CPU. On a GPU fp32 is computed in fp32 (no TF32), and equal input gives equal bits (deterministic cuDNN).
void initDevices(const std::string& device = "auto");

// "auto", "cpu", "cuda", "cuda:1", after initDevices(). Error(Unsupported) that says why when the GPU cannot be used, Error(WrongUse) for
// another word.
at::Device chooseDevice(const std::string& word);
std::string deviceWord(at::Device device);                                  // "cpu", "cuda", "cuda:1"
std::string deviceName(at::Device device);                                  // "NVIDIA H200"; of the CPU its instruction set, "AVX512"
at::ScalarType choosePrecision(const std::string& word, at::Device device); // "auto": bf16 where the processor computes in it, else fp32
std::string precisionWord(at::ScalarType type);                             // "fp32", "bf16"

// Bytes: of a GPU what Torch holds there now, and the most since resetPeakMemory(); of the CPU this process (peak_memory.h).
std::uint64_t usedMemory(at::Device device);
std::uint64_t peakMemory(at::Device device);
void resetPeakMemory(at::Device device);

} // namespace phloxine
