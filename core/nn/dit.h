#pragma once
// DiT and SiT, class-conditional diffusion transformers (Peebles and Xie 2023), with the keys of diffusers.DiTTransformer2DModel:
// pos_embed.proj, transformer_blocks.N.{norm1, attn1, ff}, proj_out_1, proj_out_2.
#include <vector>

#include "core/nn/diffusion_transformer.h"
#include "core/nn/network.h"

namespace phloxine::nn {

// diffusers' defaults. The width is that of pos_embed.proj.
struct DitConfig {
    int heads = 16, layers = 28, inChannels = 4;
    int outChannels = 4;       // twice inChannels where the variance is learned
    int patch = 2;             // side of a patch, in latent elements
    int sampleSize = 32;       // side of the latent that the positions were made for
    int classes = 1000;        // num_embeds_ada_norm; this label is the null class
    bool attentionBias = true; // to_q, to_k and to_v have biases
    double normEps = 1e-5;     // of the norm before the feed-forward layer; that before the attention has 1e-6
};

// Context.vector: labels [n] int64, 0..classes. The output is [n, outChannels, h, w].
class Dit final : public Network {
public:
    Dit(const WeightView& w, const DitConfig& config); // Error(MissingKey | Shape)
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const override;
    int inChannels() const override { return m_config.inChannels; }
    const DitConfig& config() const { return m_config; }

private:
    struct Embedding { // of time and class; each block has its own
        EmbeddingMlp time;
        at::Tensor classes;
        Embedding() = default;
        Embedding(const WeightView& w, int width, int classes);
        at::Tensor operator()(const at::Tensor& waves, const at::Tensor& labels) const; // [n, width]
    };
    struct Block {
        Embedding embedding;
        Linear modulation;
        CrossAttention attention;
        GeluFeedForward feedForward;
        Block(const WeightView& w, const DitConfig& config, int width);
    };
    DitConfig m_config;
    Binding m_binding;
    PatchEmbedding m_patches;
    std::vector<Block> m_blocks;
    Linear m_out1, m_out2;
};

} // namespace phloxine::nn
