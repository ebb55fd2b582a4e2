#include "core/nn/clip_text.h"

#include "core/base/Error.h"

namespace phloxine::nn {

ClipText::Layer::Layer(const WeightView& w, int width)
    : norm1(w / "layer_norm1", width), norm2(w / "layer_norm2", width), q(w / "self_attn.q_proj", width, width),
      k(w / "self_attn.k_proj", width, width), v(w / "self_attn.v_proj", width, width), out(w / "self_attn.out_proj", width, width),
      fc1(w / "mlp.fc1", width), fc2(w / "mlp.fc2", int(fc1.weight.size(0)), width) {}

ClipText::ClipText(const WeightView& w, const ClipTextConfig& config)
    : m_config(config), m_tokens(w.get("embeddings.token_embedding.weight", {-1, -1})),
      m_positions(w.get("embeddings.position_embedding.weight", {-1, m_tokens.size(1)})),
      m_finalNorm(w / "final_layer_norm", int(width())) {
    const int layers = (w / "encoder.layers").count();
    if (layers == 0) throw Error(ErrorCode::MissingKey, "The text encoder \"" + w.prefix() + "\" has no layers.", w.prefix());
    if (config.skip < 0 || config.skip >= layers)
        throw Error(ErrorCode::WrongUse, "The text encoder has " + std::to_string(layers) + " layers, and cannot leave out " +
                                             std::to_string(config.skip) + " of them.");
    if (config.heads == 0) m_config.heads = int(width() / 64);
    if (m_config.heads < 1 || width() % m_config.heads)
        throw Error(ErrorCode::Shape, "The text encoder cannot divide its width of " + std::to_string(width()) + " among " +
                                          std::to_string(m_config.heads) + " heads; put a text_config.json with num_attention_heads beside it.");
    for (int i = 0; i < layers - config.skip; ++i) m_layers.emplace_back(w / "encoder.layers" / i, int(width()));
}

at::Tensor ClipText::operator()(const at::Tensor& ids, const at::Tensor& padding) const {
    const auto tokens = ids.size(1);
    const auto positions = at::arange(tokens, at::kLong).remainder(m_positions.size(0)).to(m_positions.device());
    auto x = at::embedding(m_tokens, ids.to(m_tokens.device())) + at::embedding(m_positions, positions);
    at::Tensor mask;
    if (padding.defined()) {
        const auto causal = at::ones({tokens, tokens}, at::kBool).tril().view({1, 1, tokens, tokens});
        mask = at::zeros({ids.size(0), 1, tokens, tokens}, at::kFloat)
                   .masked_fill(causal.logical_and(padding.to(at::kBool).view({-1, 1, 1, tokens})).logical_not(),
                                -std::numeric_limits<float>::infinity());
        mask = mask.to(x.options());
    }
    for (const auto& layer : m_layers) {
        const auto h = layer.norm1(x);
        x = x + layer.out(attention(layer.q(h), layer.k(h), layer.v(h), m_config.heads, !mask.defined(), mask));
        const auto m = layer.fc1(layer.norm2(x));
        x = x + layer.fc2(m_config.activation == Activation::QuickGelu ? m * at::sigmoid(m * 1.702) : at::gelu(m));
    }
    return m_finalNorm(x);
}

} // namespace phloxine::nn
