#pragma once
// The text tower of CLIP (Radford et al. 2021; keys as in transformers.CLIPTextModel).
#include "core/nn/layers.h"

namespace phloxine::nn {

enum class Activation { QuickGelu, Gelu };

struct ClipTextConfig {
    int heads = 12;
    Activation activation = Activation::QuickGelu;
};

class ClipText {
public:
    ClipText(const WeightView& w, const ClipTextConfig& config); // w: ".../text_model"

    // ids [n, tokens] int64 -> last hidden state after the final norm, [n, tokens, width]. Positions restart every 77 tokens, under one
    // causal mask. `padding` [n, tokens], 0 where a key is masked; undefined = attend to all.
    at::Tensor operator()(const at::Tensor& ids, const at::Tensor& padding = {}) const;
    std::int64_t width() const { return m_tokens.size(1); }
    std::int64_t vocabulary() const { return m_tokens.size(0); }

private:
    struct Layer {
        LayerNorm norm1, norm2;
        Linear q, k, v, out, fc1, fc2;
        explicit Layer(const WeightView& w);
    };
    ClipTextConfig m_config;
    at::Tensor m_tokens, m_positions;
    std::vector<Layer> m_layers;
    LayerNorm m_finalNorm;
};

} // namespace phloxine::nn
