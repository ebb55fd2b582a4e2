#include "core/nn/pixart.h"

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

constexpr int waves = 256; // of the time and of the size of the picture

double interpolation(const PixartConfig& c) { return c.interpolationScale > 0 ? c.interpolationScale : std::max(c.sampleSize / 64, 1); }

} // namespace

Pixart::Block::Block(const WeightView& w, const PixartConfig& c, int width)
    : table(w.get("scale_shift_table", {6, width})), self(w / "attn1", c.heads, width, width, biasRule(c.attentionBias)),
      cross(w / "attn2", c.heads, width, c.crossAttentionDim > 0 ? c.crossAttentionDim : width, biasRule(c.attentionBias)),
      feedForward(w / "ff", width) {}

Pixart::Pixart(const WeightView& w, const PixartConfig& c)
    : m_config(c), m_binding(w.binding()), m_patches(w / "pos_embed", c.inChannels, c.patch, c.sampleSize, interpolation(c)) {
    const int width = m_patches.width();
    const auto embedding = w / "adaln_single.emb";
    requireHeads(w.prefix(), c.heads, width);
    if (c.layers < 1) throw Error(ErrorCode::Shape, "A diffusion transformer needs at least one layer; correct num_layers.");
    m_time = EmbeddingMlp(embedding / "timestep_embedder", waves, width);
    if (c.additionalConditions) {
        m_resolution = EmbeddingMlp(embedding / "resolution_embedder", waves, width / 3);
        m_aspectRatio = EmbeddingMlp(embedding / "aspect_ratio_embedder", waves, width / 3);
    }
    m_modulation = Linear(w / "adaln_single.linear", width, 6 * width);
    if (c.captionChannels > 0) {
        m_caption1 = Linear(w / "caption_projection.linear_1", c.captionChannels, width);
        m_caption2 = Linear(w / "caption_projection.linear_2", width, width);
        if (w.has("y_pos_embed.y_pos_embed")) m_captionPositions = w.get("y_pos_embed.y_pos_embed", {1, -1, c.captionChannels});
    }
    for (int i = 0; i < c.layers; ++i) m_blocks.emplace_back(w / "transformer_blocks" / i, c, width);
    m_table = w.get("scale_shift_table", {2, width});
    m_out = Linear(w / "proj_out", width, c.patch * c.patch * c.outChannels);
}

at::Tensor Pixart::timeEmbedding(const at::Tensor& t, std::int64_t height, std::int64_t width) const {
    auto e = m_time(sinusoid(t, waves).to(m_binding.dtype));
    if (!m_config.additionalConditions) return e;
    const auto options = at::TensorOptions(at::kFloat).device(t.device());
    const auto one = [&](double value) { return at::full({1}, value, options); }; // filled on the device: no copy waits for the host
    const auto size = at::cat({one(double(height * m_config.pixelsPerLatent)), one(double(width * m_config.pixelsPerLatent))});
    const auto ratio = one(double(height) / double(width));
    const auto embedded = [&](const EmbeddingMlp& mlp, const at::Tensor& values) {
        return mlp(sinusoid(values, waves).to(m_binding.dtype)).view({1, -1});
    };
    return e + at::cat({embedded(m_resolution, size), embedded(m_aspectRatio, ratio)}, 1);
}

at::Tensor Pixart::tokens(const Context& context) const {
    if (!context.tokens.defined()) throw Error(ErrorCode::WrongUse, "This network attends to a context, and none was given.");
    auto tokens = context.tokens.to(m_binding.dtype);
    if (m_config.captionChannels < 1) return tokens;
    if (m_captionPositions.defined()) {
        if (m_captionPositions.size(1) != tokens.size(1))
            throw Error(ErrorCode::Shape, "This network is guided by " + std::to_string(m_captionPositions.size(1)) +
                                              " vectors a tile, and was given " + std::to_string(tokens.size(1)) + ".");
        tokens = tokens + m_captionPositions;
    }
    return m_caption2(at::gelu(m_caption1(tokens), "tanh"));
}

at::Tensor Pixart::operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const {
    const auto seen = tokens(context);
    const auto time = timeEmbedding(t, x.size(2), x.size(3));
    const auto modulation = m_modulation(at::silu(time)).view({time.size(0), 6, -1});
    auto h = m_patches(x.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast));
    for (const auto& block : m_blocks) {
        const auto m = (block.table + modulation).chunk(6, 1); // shift, scale, gate of each half
        const auto y = modulated(h, m[0], m[1], m_config.normEps);
        h = at::addcmul(h, m[2], block.self(y, y));
        h = h + block.cross(h, seen); // without a norm
        h = at::addcmul(h, m[5], block.feedForward(modulated(h, m[3], m[4], m_config.normEps)));
    }
    const auto m = (m_table + time.unsqueeze(1)).chunk(2, 1);
    h = m_out(modulated(h, m[0], m[1], 1e-6));
    return joinPatches(h, x.size(2) / m_config.patch, x.size(3) / m_config.patch, m_config.patch).to(at::kFloat);
}

} // namespace phloxine::nn
