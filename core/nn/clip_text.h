#pragma once
// The text tower of CLIP (Radford et al. 2021), with the keys of transformers.CLIPTextModel: ViT-B/32 and L/14 with quick GELU, OpenCLIP's
// with GELU, whose files must be renamed to these keys first.
#include "core/nn/layers.h"

namespace phloxine::nn {

enum class Activation { QuickGelu, Gelu };

struct ClipTextConfig {
    int heads = 0; // 0: width / 64, as in all released towers
    Activation activation = Activation::QuickGelu;
    // Layers left out at the end, before the final norm: 1 is OpenCLIP's "penultimate" (FrozenOpenCLIPEmbedder), k is diffusers' clip_skip.
    int skip = 0;
};

class ClipText {
public:
    // w: ".../text_model", with embeddings.{token_embedding, position_embedding}, encoder.layers.N, final_layer_norm. Error(MissingKey |
    // Shape)
    ClipText(const WeightView& w, const ClipTextConfig& config);

    // ids [n, tokens] int64 -> last hidden state after the final norm, [n, tokens, width]. Positions restart every 77 tokens, under one
    // causal mask. `padding` [n, tokens], 0 where a key is masked; undefined = attend to all.
    at::Tensor operator()(const at::Tensor& ids, const at::Tensor& padding = {}) const;
    std::int64_t width() const { return m_tokens.size(1); }
    std::int64_t vocabulary() const { return m_tokens.size(0); }

private:
    struct Layer {
        LayerNorm norm1, norm2;
        Linear q, k, v, out, fc1, fc2;
        Layer(const WeightView& w, int width);
    };
    ClipTextConfig m_config;
    at::Tensor m_tokens, m_positions;
    std::vector<Layer> m_layers;
    LayerNorm m_finalNorm;
};

} // namespace phloxine::nn
