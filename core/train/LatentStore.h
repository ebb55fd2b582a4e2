#pragma once
// The latents of all tiles and orientations, encoded once into memory-mapped files: training reads no picture after that. Named after the
// hash of tiles, orientations and autoencoder, so that other data or another autoencoder never meet old latents.
#include "core/base/Progress.h"
#include "core/model/Checkpoint.h"
#include "core/train/TrainingSet.h"

namespace phloxine {

class LatentStore {
public:
    // Reads what lies in `folder` and makes the rest; whole parts survive an interruption. A tile that cannot be decoded or is not square
    // is named in faults() and marked as unusable. variants: 1 or 8 (image/orientation).
    LatentStore(const std::filesystem::path& folder, const TrainingSet& set, const Checkpoint& model, int tileSizePx, int variants,
                const ProgressHook& progress = {}, at::Device device = at::kCPU); // which encodes

    at::Tensor batch(const std::vector<int>& tiles, const std::vector<int>& variants) const; // [n, c, h, w] float32, scaled
    bool usable(int tile) const { return m_usable[std::size_t(tile)]; }
    const std::vector<TileFault>& faults() const { return m_faults; }

private:
    std::vector<at::Tensor> m_parts; // [tiles of the part, variants, c, h, w] float16
    std::vector<bool> m_usable;
    std::vector<TileFault> m_faults;
};

} // namespace phloxine
