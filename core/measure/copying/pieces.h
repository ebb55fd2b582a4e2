#pragma once
// The detector of copied pieces: a gland of a training tile inside another tile, in any of eight orientations and at any place. Marked
// points (nuclei, gaps) are described by the angular spectrum of rings around them, which no turn and no flip changes; the nearest points
// of the training tiles propose how the tiles may lie on each other, and the pixels decide.
#include <memory>

#include "core/measure/copying/sketch.h"

namespace phloxine {

class PieceIndex {
public:
    static constexpr int window = 40; // side of the piece that is compared, in pixels of the fine sketch (of 112)

    explicit PieceIndex(const std::vector<CopySketch>& training); // which must outlive the index
    ~PieceIndex();
    // The piece of `tile` that correlates best with a piece of a training tile; tiles of `excluded` (one mark per training tile) do not
    // count.
    CopyMatch search(const CopySketch& tile, const std::vector<bool>& excluded) const;

private:
    struct Points;
    const std::vector<CopySketch>& m_training;
    std::unique_ptr<Points> m_points;
};

} // namespace phloxine
