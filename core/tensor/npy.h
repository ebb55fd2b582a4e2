#pragma once
// Arrays of NumPy (.npy, format versions 1 to 3): plain numbers in C order. Nothing is unpickled.
#include <filesystem>

#include <ATen/ATen.h>

namespace phloxine {

at::Tensor
readNpy(const std::filesystem::path& path); // Error(NotFound | NotAModel | Truncated | Corrupt | Dtype | Unsafe for object arrays)

// Feature vectors of a condition: a .npy, or a safetensors file that holds one tensor. float32. What readNpy() and readSafetensors() throw.
at::Tensor readVectors(const std::filesystem::path& path);

} // namespace phloxine
