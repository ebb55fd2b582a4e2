#pragma once
// PixArt, a diffusion transformer with cross-attention (Chen et al. 2023), and PixCell, which is one over vectors of image patches. Keys of
// diffusers.PixArtTransformer2DModel: pos_embed.proj, adaln_single, caption_projection, transformer_blocks.N.{attn1, attn2, ff,
// scale_shift_table}, scale_shift_table, proj_out; and PixCell's y_pos_embed.y_pos_embed.
#include <vector>

#include "core/nn/diffusion_transformer.h"
#include "core/nn/network.h"

namespace phloxine::nn {

// diffusers' defaults. The width is that of pos_embed.proj.
struct PixartConfig {
    int heads = 16, layers = 28, inChannels = 4;
    int outChannels = 8;               // twice inChannels where the variance is learned
    int patch = 2;                     // side of a patch, in latent elements
    int sampleSize = 128;              // side of the latent that the positions were made for
    double interpolationScale = 0;     // 0 (null): max(sampleSize / 64, 1)
    int captionChannels = 0;           // width of the tokens before caption_projection; 0 (null): they are not projected
    int crossAttentionDim = 0;         // width of the tokens that the blocks attend to; 0: the width
    bool additionalConditions = false; // use_additional_conditions; null upstream means sampleSize == 128
    int pixelsPerLatent = 8;           // for additionalConditions: the size of the picture is part of the condition
    bool attentionBias = true;         // to_q, to_k and to_v have biases
    double normEps = 1e-6;
};

// Context.tokens [n, tokens, captionChannels]. The output is [n, outChannels, h, w].
class Pixart final : public Network {
public:
    Pixart(const WeightView& w, const PixartConfig& config); // Error(MissingKey | Shape)
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const override;
    int inChannels() const override { return m_config.inChannels; }
    const PixartConfig& config() const { return m_config; }

private:
    struct Block {
        at::Tensor table; // scale_shift_table [6, width]
        CrossAttention self, cross;
        GeluFeedForward feedForward;
        Block(const WeightView& w, const PixartConfig& config, int width);
    };
    at::Tensor timeEmbedding(const at::Tensor& t, std::int64_t height, std::int64_t width) const; // [n, width]
    at::Tensor tokens(const Context& context) const;

    PixartConfig m_config;
    Binding m_binding;
    PatchEmbedding m_patches;
    EmbeddingMlp m_time, m_resolution, m_aspectRatio;
    Linear m_modulation, m_caption1, m_caption2, m_out;
    at::Tensor m_captionPositions; // y_pos_embed; undefined where the file has none
    std::vector<Block> m_blocks;
    at::Tensor m_table; // scale_shift_table [2, width]
};

} // namespace phloxine::nn
