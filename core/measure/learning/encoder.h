#pragma once
// Fingerprints of tiles from a small network trained here. File: safetensors in fp16, metadata `format: phloxine-encoder/1`.
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/image/Image.h"
#include "core/measure/learning/EncoderTraining.h"
#include "core/measure/learning/train_tile_net.h"

namespace phloxine {

struct TileEncoder {
    std::string sha256; // of the file
    int sizePx = 112;   // tiles are reduced to this by area
    int width = 128;    // of a fingerprint
    int cellsAcross = 7;
    std::map<std::string, std::string> metadata;
    Weights weights; // float32; where they lie is where tiles are embedded
    // Unit length, float32, on the CPU, the same whatever else is in the batch up to rounding. Error(WrongUse) for an empty tile.
    at::Tensor embed(const std::vector<Image>& tiles) const; // [n, width]
    at::Tensor dense(const std::vector<Image>& tiles) const; // [n, cellsAcross^2, width]: one fingerprint per cell, row by row
};

TileEncoder
loadEncoder(const std::filesystem::path& file); // Error(NotFound | Truncated | Corrupt | Unsupported | MissingKey | Shape | Nan)
const TileEncoder& embeddedEncoder(at::Device device = at::kCPU); // read once, and once for each device

EncoderFigures measureEncoder(const Weights& weights, const TileData& data, int sizePx, std::uint64_t seed);

} // namespace phloxine
