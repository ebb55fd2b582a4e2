#pragma once
// A small residual network that looks at whole tiles: what kind of tissue it is, and a fingerprint of it. Pre-activation blocks (He et al.,
// "Identity mappings in deep residual networks", 2016) with group norms, which need no batch statistics: a tile's result does not depend
// on its neighbours in the batch. Keys: stem, stages.<i>.<j>.{norm1,conv1,norm2,conv2,skip}, norm, embedding, head.
#include <vector>

#include "core/nn/layers.h"

namespace phloxine::nn {

struct TileNetShape {
    int channels = 3; // of the input
    int width = 32;   // of the first stage; each further stage has twice as many channels and half the side
    int stages = 3;
    int blocks = 2; // per stage
    int embedding = 128;
    int classes = 0;                                 // 0: no head
    int cellPx() const { return 4 << (stages - 1); } // side of the field between two cells of the dense map, in pixels of the input
};

class TileNet {
public:
    // Gives every tensor that is missing in `w` through its source. The norms compute in float32, convolutions in the type of their
    // weights.
    TileNet(const WeightView& w, const TileNetShape& shape);

    at::Tensor cells(const at::Tensor& x) const;       // [n, channels, h, w], about -1..1 -> [n, embedding, h/16, w/16] float32
    static at::Tensor pooled(const at::Tensor& cells); // [n, embedding]
    static at::Tensor dense(const at::Tensor& cells);  // [n, h*w/256, embedding], unit length, row by row
    at::Tensor logits(const at::Tensor& pooled) const; // [n, classes]

private:
    struct Block {
        GroupNorm norm1, norm2;
        Conv conv1, conv2;
        std::optional<Conv> skip;
        at::Tensor operator()(const at::Tensor& x) const;
    };
    Conv m_stem;
    std::vector<Block> m_blocks;
    GroupNorm m_norm;
    Linear m_embedding, m_head;
};

// Weights to start training from: they follow from the seed and the names alone. Convolutions keep the variance; the last one of a block is
// small, so that the network begins near the identity; norms are 1 and 0.
Weights newTileNet(const TileNetShape& shape, std::uint64_t seed);

// The shape that a dictionary was made with, read from its tensors. Error(MissingKey | Shape).
TileNetShape tileNetShape(const Weights& weights);

} // namespace phloxine::nn
