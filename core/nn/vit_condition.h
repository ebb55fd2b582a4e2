#pragma once
// The condition encoder of ZoomLDM (ldm.modules.encoders.modules.EmbeddingViT2_5, and EmbeddingViT2 before it): a vision transformer over
// one token for the magnification and 64 for a grid of feature vectors.
#include <vector>

#include "core/nn/layers.h"

namespace phloxine::nn {

struct VitConditionConfig { // upstream's defaults; the widths are those of the weights
    int heads = 8, layers = 12;
    bool finalNorm = true; // layer_norm at the end: EmbeddingViT2_5, not EmbeddingViT2
};

// Keys: mag_embedding, dim_reduce, pad_token, encoder.{pos_embedding, layers.encoder_layer_N, ln}, final_proj, layer_norm.
class VitCondition {
public:
    static constexpr std::int64_t side = 8, places = side * side, tokens = places + 1;

    VitCondition(const WeightView& w, const VitConditionConfig& config); // Error(MissingKey | Shape)
    // features [n, d, h, w], magnifications [n] int64 -> [n, 65, outWidth]. A grid of fewer than 8 rows or columns stands in the middle of
    // the 64 places, row by row, the rest is padding; a larger one is averaged to 8 x 8. Error(Shape) for a small grid with an odd number
    // of vectors or more than 64, for which upstream has no rule.
    at::Tensor operator()(const at::Tensor& features, const at::Tensor& magnifications) const;
    std::int64_t featureWidth() const { return m_reduce.weight.size(1); }
    std::int64_t outWidth() const { return m_project.weight.size(0); }
    std::int64_t magnifications() const { return m_magnification.size(0); }
    const Binding& binding() const { return m_binding; }

private:
    struct Layer { // torchvision.models.vision_transformer.EncoderBlock
        LayerNorm norm1, norm2;
        at::Tensor qkvWeight, qkvBias;
        Linear out, mlp0, mlp3;
        Layer(const WeightView& w, int width);
    };
    at::Tensor placed(const at::Tensor& features) const; // [n, 64, width]

    VitConditionConfig m_config;
    Binding m_binding;
    at::Tensor m_magnification, m_pad, m_positions;
    Linear m_reduce, m_project;
    std::vector<Layer> m_layers;
    LayerNorm m_encoderNorm, m_finalNorm;
};

} // namespace phloxine::nn
