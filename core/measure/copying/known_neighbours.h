#pragma once
// neighbours.safetensors, format phloxine-neighbours/1: `features` [n, d] int8 (unit vectors x 127), `groups` [n] int32, and in the
// metadata the encoder's hash and the limit of the detector of features.
#include <filesystem>

#include "core/measure/copying/copy_limit.h"

namespace phloxine {

struct KnownNeighbours {
    at::Tensor features;     // [n, d] float32 of unit length
    std::vector<int> groups; // [n]
    std::string encoder;     // SHA-256 of the file of the encoder
    CopyLimit limit;         // of the first detector alone
    std::string fileSha256 = {};
};

void writeKnownNeighbours(const std::filesystem::path& out, const KnownNeighbours& neighbours); // Error(Exists)
// Error(NotFound | Corrupt | Unsupported | Shape) in one sentence; Unsupported where it was made with another encoder than `encoder`.
KnownNeighbours readKnownNeighbours(const std::filesystem::path& file, const std::string& encoder);

} // namespace phloxine
