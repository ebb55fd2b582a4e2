#pragma once
// Was training tissue copied? Three detectors look for it in all eight orientations: features of the encoder and pixels compare whole
// tiles, pieces find a part of a training tile inside another tile. Pixels are grey optical density, so that a changed stain hides nothing.
#include <array>

#include <ATen/ATen.h>

#include "core/measure/copying/pieces.h"

namespace phloxine {

struct CopyTiles {
    std::vector<CopySketch> sketches; // none where only features are known: then only the first detector looks
    at::Tensor features;              // [n, d] float32 of unit length, of the encoder
    std::vector<std::string> groups;  // [n]
};

inline constexpr std::array<const char*, 3> copyDetectors = {"features", "pixels", "piece"};
using CopyScores = std::array<CopyMatch, copyDetectors.size()>; // parallel to copyDetectors

// The training tiles, made ready for being searched.
class CopyIndex {
public:
    explicit CopyIndex(CopyTiles training);
    CopyIndex(const CopyIndex&) = delete;
    // The closest training tile in each detector's eyes. Tiles of `group` are left out (a real tile must not find its own field); empty:
    // none.
    CopyScores search(const CopySketch& tile, const at::Tensor& feature, const std::string& group) const;

private:
    CopyTiles m_training;
    PieceIndex m_pieces;
};

} // namespace phloxine
