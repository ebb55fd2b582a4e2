#pragma once
// Training of the small network for tiles: classes by cross-entropy and, where asked, fingerprints by the supervised contrastive loss
// (Khosla et al., "Supervised contrastive learning", 2020) whose positives are the tiles of one group. AdamW with warm-up and a cosine
// rate. Same data, settings and thread count: same weights, bit for bit.
#include <functional>
#include <vector>

#include "core/measure/learning/augment_tiles.h"
#include "core/nn/tile_net.h"

namespace phloxine {

struct TileData {
    at::Tensor pixels;               // [n, 3, h, w] bytes
    std::vector<int> labels, groups; // 0 .. k-1 each; tiles of one group (field, slide, patient) are not independent
    int classes = 0;
    int tiles() const { return int(labels.size()); }
    int groupCount() const;
    TileData rows(const std::vector<int>& which) const; // a copy of these tiles
};

at::Tensor indices(const std::vector<int>& numbers); // [n] int64

// Error(WrongUse) in one sentence when there are no tiles, fewer than two classes with tiles, fewer than `leastGroups` groups in one of
// them, or labels out of range. `what` names the data: "The real set".
void requireTrainable(const TileData& data, const std::string& what, int leastGroups = 1);

enum class TileInput { Colour, Haematoxylin }; // what the network sees: [n, 3, ...] in -1..1, or the optical density of haematoxylin

struct TileTraining {
    nn::TileNetShape shape; // channels and classes follow from `input` and the data
    TileInput input = TileInput::Colour;
    int sizePx = 112; // of what the network sees
    int steps = 1000;
    int batch = 64;
    double rate = 2e-3, weightDecay = 0.05;
    double contrast = 0, temperature = 0.1; // weight and temperature of the contrastive term
    Augmentation augmentation;
    std::uint64_t seed = 1;
    at::ScalarType precision = at::kFloat; // of the convolutions; the masters are float32
    at::Device device = at::kCPU;          // that computes; the weights come back to the CPU
};

// Called after each step; throws Cancelled to stop.
using TrainHook = std::function<void(int step, double loss)>;

// Draws classes evenly, then a tile of the class (with the contrastive term: a group of the class, and two of its tiles).
// Error(WrongUse) as requireTrainable, Error(Nan) when the loss is not finite.
Weights trainTileNet(const TileData& data, const TileTraining& how, const TrainHook& hook = {});

// Tiles in 0..1 as the network sees them.
at::Tensor networkInput(const at::Tensor& rgb, TileInput input);

// Without gradients, in float32, in small batches, on the device of the weights; the results are on the CPU. pixels: [n, 3, h, w] bytes on
// the CPU, reduced to sizePx.
at::Tensor tileLogits(const Weights& weights, const at::Tensor& pixels, int sizePx, TileInput input = TileInput::Colour); // [n, classes]
struct Fingerprints {
    at::Tensor whole; // [n, embedding], unit length
    at::Tensor cells; // [n, places, embedding], unit length; empty unless asked for
};
Fingerprints fingerprints(const Weights& weights, const at::Tensor& pixels, int sizePx, bool withCells = false);

// The supervised contrastive loss of unit vectors z [n, d]; ids [n]: equal = positives. Vectors without a positive do not count.
at::Tensor contrastiveLoss(const at::Tensor& z, const at::Tensor& ids, double temperature);

} // namespace phloxine
