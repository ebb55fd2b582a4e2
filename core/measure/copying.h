#pragma once
// Was training tissue copied? Two detectors look for it in all eight orientations: one compares whole tiles (features of the encoder, and
// pixels), one looks for a patch of a training tile inside another tile. Both see grey optical density with its mean and contrast taken
// out, so that a changed stain does not hide a copy. Limits come from real tiles against the training tiles of other groups.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/image/Image.h"

namespace phloxine {

// What the detectors see of a tile.
struct CopySketch {
    static constexpr int small = 56, large = 112; // sides in pixels
    std::vector<std::uint8_t> coarse, fine;       // [small, small], [large, large]: optical density x 100, summed over the channels
};
CopySketch sketchOf(const Image& tile);

struct CopyTiles {
    std::vector<CopySketch> sketches;
    at::Tensor features;             // [n, d] float32 of unit length, of the encoder
    std::vector<std::string> groups; // [n]
};

struct CopyMatch {
    int tile = -1;            // of the training tiles
    double score = -1;        // correlation -1..1, of pixels or of features
    int orientation = 0;      // of the training tile: quarter turns to the left, +4 after a flip from left to right
    int x = 0, y = 0;         // of the patch in the tile, and ...
    int fromX = 0, fromY = 0; // ... in the training tile as it is; both in pixels of the fine sketch. Side patchSide
};
inline constexpr int patchSide = 32; // of 112

struct CopyScores {
    CopyMatch features, pixels, patch;
};

// The training tiles, made ready for being searched.
class CopyIndex {
public:
    explicit CopyIndex(CopyTiles training);
    // The closest training tile in each detector's eyes. Tiles of `group` are left out (a real tile must not find its own field).
    CopyScores search(const CopySketch& tile, const at::Tensor& feature, const std::string& group) const;
    const CopyTiles& training() const { return m_training; }

private:
    void searchPatches(const CopySketch& tile, const std::string& group, CopyMatch& best) const;

    CopyTiles m_training;
    at::Tensor m_patches;                      // [n * patches, d + 1]: the features of each patch, and their squared length
    at::Tensor m_mean, m_scale;                // [d] of the patch features
    std::vector<std::int64_t> m_firstOfTile;   // rows of m_patches
    std::vector<std::pair<int, int>> m_places; // of each row, x and y
};

// Limits for the three scores, each after Fisher's transform in its own spread over real tiles; each may raise a third of the false alarms.
struct CopyLimit {
    double median[3] = {}, spread[3] = {1, 1, 1}; // features, pixels, patch
    double limits[3] = {};
    double statedRate = 0.01;
    int groups = 0;                                // that it was calibrated on
    int alarms = 0, checked = 0;                   // cross-checked: groups whose tiles were over a limit found without them
    double falseAlarmLow = 0, falseAlarmHigh = 1;  // exact 95 % interval of that rate
    double excess(const CopyScores& scores) const; // over 0: a near copy
    int strongest(const CopyScores& scores) const; // 0 features, 1 pixels, 2 patch
};
// `scores` of real tiles, with their groups. Error(WrongUse) under 20 groups.
CopyLimit calibrateCopyLimit(const std::vector<CopyScores>& scores, const std::vector<std::string>& groups, double rate = 0.01);

} // namespace phloxine
