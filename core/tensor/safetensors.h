#pragma once
// The safetensors format: 8 bytes of header length, a JSON header, then the tensors without gaps. Files are memory-mapped; every size is
// checked before use.
#include <filesystem>
#include <map>
#include <string>

#include "core/tensor/Weights.h"

namespace phloxine {

// Tensors share the mapped file; they are copied when a binding casts them. Error(NotFound | Truncated | Corrupt | Dtype).
Weights readSafetensors(const std::filesystem::path& path, std::map<std::string, std::string>* metadata = nullptr);

// Never overwrites. Keys in order, tensors contiguous in the file.
void writeSafetensors(const std::filesystem::path& path, const Weights& weights, const std::map<std::string, std::string>& metadata = {});

} // namespace phloxine
