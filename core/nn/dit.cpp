#include "core/nn/dit.h"

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {
constexpr int timeWaves = 256;
}

Dit::Embedding::Embedding(const WeightView& w, int width, int classes)
    : time(w / "timestep_embedder", timeWaves, width), classes(w.get("class_embedder.embedding_table.weight", {classes + 1, width})) {}

at::Tensor Dit::Embedding::operator()(const at::Tensor& waves, const at::Tensor& labels) const {
    return time(waves) + at::embedding(classes, labels);
}

Dit::Block::Block(const WeightView& w, const DitConfig& c, int width)
    : embedding(w / "norm1.emb", width, c.classes), modulation(w / "norm1.linear", width, 6 * width),
      attention(w / "attn1", c.heads, width, width, biasRule(c.attentionBias)), feedForward(w / "ff", width) {}

Dit::Dit(const WeightView& w, const DitConfig& c)
    : m_config(c), m_binding(w.binding()), m_patches(w / "pos_embed", c.inChannels, c.patch, c.sampleSize, 1) {
    const int width = m_patches.width();
    requireHeads(w.prefix(), c.heads, width);
    if (c.layers < 1) throw Error(ErrorCode::Shape, "A diffusion transformer needs at least one layer; correct num_layers.");
    for (int i = 0; i < c.layers; ++i) m_blocks.emplace_back(w / "transformer_blocks" / i, c, width);
    m_out1 = Linear(w / "proj_out_1", width, 2 * width);
    m_out2 = Linear(w / "proj_out_2", width, c.patch * c.patch * c.outChannels);
}

at::Tensor Dit::operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const {
    if (!context.vector.defined()) throw Error(ErrorCode::WrongUse, "This network is guided by a class, and none was given.");
    const auto waves = sinusoid(t, timeWaves, 1).to(m_binding.dtype);
    auto h = m_patches(x.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast));
    at::Tensor first; // the embedding of the first block serves the output too
    for (const auto& block : m_blocks) {
        const auto embedding = at::silu(block.embedding(waves, context.vector));
        if (!first.defined()) first = embedding;
        const auto m = block.modulation(embedding).unsqueeze(1).chunk(6, -1); // shift, scale, gate of each half
        const auto y = modulated(h, m[0], m[1], 1e-6);
        h = at::addcmul(h, m[2], block.attention(y, y));
        h = at::addcmul(h, m[5], block.feedForward(modulated(h, m[3], m[4], m_config.normEps)));
    }
    const auto m = m_out1(first).unsqueeze(1).chunk(2, -1);
    h = m_out2(modulated(h, m[0], m[1], 1e-6));
    return joinPatches(h, x.size(2) / m_config.patch, x.size(3) / m_config.patch, m_config.patch).to(at::kFloat);
}

} // namespace phloxine::nn
