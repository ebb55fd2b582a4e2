#include "core/nn/vit_condition.h"

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

constexpr double layerEps = 1e-6; // torchvision's vision transformers; the final norm has 1e-5

// torchvision called the layers of the mlp linear_1 and linear_2 before it numbered them.
WeightView mlp(const WeightView& w, const char* now, const char* before) {
    return w.has(std::string("mlp.") + before + ".weight") ? w / "mlp" / before : w / "mlp" / now;
}

} // namespace

VitCondition::Layer::Layer(const WeightView& w, int width)
    : norm1(w / "ln_1", width, layerEps), norm2(w / "ln_2", width, layerEps),
      qkvWeight(w.get("self_attention.in_proj_weight", {3 * width, width})), qkvBias(w.get("self_attention.in_proj_bias", {3 * width})),
      out(w / "self_attention.out_proj", width, width), mlp0(mlp(w, "0", "linear_1"), width),
      mlp3(mlp(w, "3", "linear_2"), int(mlp0.weight.size(0)), width) {}

VitCondition::VitCondition(const WeightView& w, const VitConditionConfig& config)
    : m_config(config), m_binding(w.binding()), m_magnification(w.get("mag_embedding.weight", {-1, -1})) {
    const int width = int(m_magnification.size(1));
    if (config.heads < 1 || width % config.heads)
        throw Error(ErrorCode::Shape, "The condition encoder cannot divide its width of " + std::to_string(width) + " among " +
                                          std::to_string(config.heads) + " heads; correct num_heads.");
    m_pad = w.get("pad_token", {1, 1, width});
    m_reduce = Linear(w / "dim_reduce", -1, width);
    m_positions = w.get("encoder.pos_embedding", {1, tokens, width});
    for (int i = 0; i < config.layers; ++i) m_layers.emplace_back(w / ("encoder.layers.encoder_layer_" + std::to_string(i)), width);
    m_encoderNorm = LayerNorm(w / "encoder.ln", width, layerEps);
    m_project = Linear(w / "final_proj", width);
    if (config.finalNorm) m_finalNorm = LayerNorm(w / "layer_norm", int(outWidth()));
}

at::Tensor VitCondition::placed(const at::Tensor& features) const {
    const auto h = features.size(2), w = features.size(3), n = h * w;
    if (h >= side && w >= side) {
        const bool fits = h == side && w == side;
        return m_reduce(toTokens(fits ? features : at::adaptive_avg_pool2d(features, at::IntArrayRef{side, side})));
    }
    if (n < 1 || n > places || (n > 1 && n % 2))
        throw Error(ErrorCode::Shape, "A grid of " + std::to_string(h) + " x " + std::to_string(w) +
                                          " feature vectors has no place among the 64 of this model; give an even number of at most 64.");
    const auto before = places / 2 - n / 2;
    const auto padding = [&](std::int64_t count) { return m_pad.expand({features.size(0), count, -1}); };
    return at::cat({padding(before), m_reduce(toTokens(features)), padding(places - before - n)}, 1);
}

at::Tensor VitCondition::operator()(const at::Tensor& features, const at::Tensor& magnifications) const {
    const auto grid = placed(features.to(m_binding.device, m_binding.dtype));
    const auto magnification = at::embedding(m_magnification, magnifications.to(m_binding.device)).unsqueeze(1);
    auto x = at::cat({magnification, grid}, 1) + m_positions;
    for (const auto& layer : m_layers) {
        const auto qkv = at::linear(layer.norm1(x), layer.qkvWeight, layer.qkvBias).chunk(3, -1);
        x = x + layer.out(attention(qkv[0], qkv[1], qkv[2], m_config.heads));
        x = x + layer.mlp3(at::gelu(layer.mlp0(layer.norm2(x))));
    }
    x = m_project(m_encoderNorm(x));
    return m_config.finalNorm ? m_finalNorm(x) : x;
}

} // namespace phloxine::nn
