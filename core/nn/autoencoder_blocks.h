#pragma once
// The body that the KL and the VQ autoencoder share (ldm.modules.diffusionmodules.model.Encoder and .Decoder), and the interface of first
// stages. Maps are [n, c, h, w]; a body halves or doubles them between its levels.
#include <vector>

#include "core/nn/layers.h"

namespace phloxine::nn {

// First stage of a latent diffusion model. Images [n, 3, h, w] in -1..1; latents [n, z, h/f, w/f], not scaled.
class Autoencoder {
public:
    virtual ~Autoencoder() = default;
    virtual at::Tensor encode(const at::Tensor& image) const = 0;  // the mode of the posterior
    virtual at::Tensor decode(const at::Tensor& latent) const = 0; // float32, not clamped
    // A small picture, one pixel per latent element, by a linear map: [n, 3, h, w]. Cheap enough for every step.
    virtual at::Tensor preview(const at::Tensor& latent) const = 0;
    virtual int factor() const = 0; // pixels per latent element
    virtual int latentChannels() const = 0;
};

// Upstream's `ddconfig`, with its defaults.
struct AutoencoderConfig {
    int channels = 128, resBlocks = 2, zChannels = 4, resolution = 256, inChannels = 3, outChannels = 3;
    // Width of each level; map sizes, counted from `resolution`, whose levels carry attention.
    std::vector<int> channelMult{1, 2, 4, 4}, attentionResolutions;
    std::vector<int> levelWidths; // channels of each level in place of channels x channelMult; diffusers' block_out_channels
    bool attention = true;        // attn_type: false for "none", which leaves out the middle one too
    bool middleAttention = true;  // diffusers' mid_block_add_attention
    bool convResample = true;     // resamp_with_conv: false for average pooling and nearest neighbours alone
    bool tanhOut = false;
    int normGroups = 32;
    int levels() const { return int((levelWidths.empty() ? channelMult : levelWidths).size()); }
    int width(int level) const {
        return levelWidths.empty() ? channels * channelMult[std::size_t(level)] : levelWidths[std::size_t(level)];
    }
};

struct AutoencoderRes {
    GroupNorm norm1, norm2;
    Conv conv1, conv2, shortcut;
    bool hasShortcut = false;
    AutoencoderRes(const WeightView& w, int groups, int in, int out);
    at::Tensor operator()(const at::Tensor& x) const;
};

struct AutoencoderAttention { // one head over all positions
    GroupNorm norm;
    Conv q, k, v, out;
    AutoencoderAttention(const WeightView& w, int groups, int width);
    at::Tensor operator()(const at::Tensor& x) const;
};

struct AutoencoderLevel {
    enum class Resample { None, Down, Up };
    std::vector<AutoencoderRes> blocks;
    std::vector<AutoencoderAttention> attentions; // none, or one after each block
    Resample resample = Resample::None;
    std::vector<Conv> conv; // of the resampling; none when it has no weights
    at::Tensor operator()(at::Tensor x) const;
};

struct AutoencoderMiddle {
    AutoencoderRes block1, block2;
    std::vector<AutoencoderAttention> attention; // one or none
    AutoencoderMiddle(const WeightView& w, const AutoencoderConfig& config, int width);
    at::Tensor operator()(const at::Tensor& x) const;
};

class Encoder {
public:
    Encoder(const WeightView& w, const AutoencoderConfig& config, int out); // out: zChannels, twice that for moments
    at::Tensor operator()(const at::Tensor& image) const;

private:
    Conv m_in, m_out;
    std::vector<AutoencoderLevel> m_down; // the finest first
    std::vector<AutoencoderMiddle> m_middle;
    GroupNorm m_norm;
};

class Decoder {
public:
    Decoder(const WeightView& w, const AutoencoderConfig& config);
    at::Tensor operator()(const at::Tensor& z) const;

private:
    Conv m_in, m_out;
    std::vector<AutoencoderMiddle> m_middle;
    std::vector<AutoencoderLevel> m_up; // in the order of the run: the coarsest first
    GroupNorm m_norm;
    bool m_tanh = false;
};

// Error(Shape | Unsupported) where the sizes make no network.
void requireUsable(const AutoencoderConfig& config);
int downsampling(const AutoencoderConfig& config); // pixels per latent element
// The first three channels, each picture brought into -1..1: [n, 3, h, w] float32.
at::Tensor firstChannels(const at::Tensor& latent);

} // namespace phloxine::nn
