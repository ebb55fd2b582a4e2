#pragma once
// What the CompVis / OpenAI U-Net is made of (latent-diffusion, ldm.modules.diffusionmodules.openaimodel and ldm.modules.attention). Maps
// are [n, c, h, w], tokens [n, h*w, c].
#include <optional>
#include <vector>

#include "core/nn/layers.h"

namespace phloxine::nn {

enum class Resample { None, Down, Up };
// Average pooling by two, or nearest neighbours. `size` {h, w}: what upsampling shall give; empty = twice the size.
at::Tensor resampled(const at::Tensor& x, Resample how, at::IntArrayRef size = {});

struct ResBlockShape {
    int groups = 32;
    double eps = 1e-5;
    int in = 0, out = 0, time = 0;      // channels before and after, width of the time embedding
    bool scaleShift = false;            // use_scale_shift_norm
    Resample resample = Resample::None; // resblock_updown: between the first activation and its convolution
};

struct ResBlock {
    GroupNorm norm1, norm2;
    Conv conv1, conv2, skip;
    Linear emb;
    bool hasSkip = false, scaleShift = false;
    Resample resample = Resample::None;
    ResBlock() = default;
    ResBlock(const WeightView& w, const ResBlockShape& shape);
    // recompute: the branch beside the skip connection keeps its input alone for the gradients (recompute.h)
    at::Tensor operator()(at::Tensor x, const at::Tensor& siluOfTime, at::IntArrayRef size = {}, bool recompute = false) const;
    at::Tensor branch(const at::Tensor& x, const at::Tensor& siluOfTime, at::IntArrayRef size) const;
};

struct Downsample { // a convolution of stride two, or average pooling
    std::optional<Conv> conv;
    at::Tensor operator()(const at::Tensor& x) const;
};

struct Upsample { // nearest neighbours, and a convolution
    std::optional<Conv> conv;
    at::Tensor operator()(const at::Tensor& x, at::IntArrayRef size) const;
};

struct TransformerBlock {
    LayerNorm norm1, norm2, norm3;
    CrossAttention self, cross;
    Linear feedForwardIn, feedForwardOut;
    TransformerBlock(const WeightView& w, int heads, int width, int context);
    // context undefined: the second attention is to itself too. mask: added to its scores
    at::Tensor operator()(at::Tensor x, const at::Tensor& context, const at::Tensor& mask = {}) const;
};

struct TransformerShape {
    int groups = 32, channels = 0, heads = 1, headSize = 0, depth = 1;
    int context = 0; // width of the context; 0 = none
    bool linear = false;
};

struct SpatialTransformer {
    GroupNorm norm;
    Conv convIn, convOut;
    Linear linearIn, linearOut;
    bool linear = false;
    std::vector<TransformerBlock> blocks;
    SpatialTransformer() = default;
    SpatialTransformer(const WeightView& w, const TransformerShape& shape);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask = {}, bool recompute = false) const;
    at::Tensor branch(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask) const;
};

// Self-attention of U-Nets without spatial transformers. Upstream's two orders of the channels of qkv, by head first (QKVAttentionLegacy)
// or by q, k, v first (QKVAttention), become the second when bound.
struct AttentionBlock {
    GroupNorm norm;
    at::Tensor qkvWeight, qkvBias, outWeight, outBias;
    int heads = 1;
    AttentionBlock() = default;
    AttentionBlock(const WeightView& w, int groups, double eps, int channels, int heads, bool newOrder);
    at::Tensor operator()(const at::Tensor& x) const;
};

} // namespace phloxine::nn
