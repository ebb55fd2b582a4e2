#pragma once
// Weights from a file of a stranger: safetensors, or a .ckpt / .pt of torch.save (Lightning checkpoint or bare state dict). No code of the
// file ever runs.
#include <filesystem>

#include "core/tensor/Weights.h"

namespace phloxine {

// Recognised by content. Tensors share the mapped file. Error(NotFound | Truncated | Corrupt | Unsafe | Dtype | LegacyFormat | NotAModel |
// Unsupported).
Weights readCheckpoint(const std::filesystem::path& path);

// The same, and files of torch.save before PyTorch 1.6 too: for networks that are published as such. Still no code of the file runs.
Weights readCheckpointOrLegacy(const std::filesystem::path& path);

} // namespace phloxine
