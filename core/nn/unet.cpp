#include "core/nn/unet.h"

#include "core/base/Error.h"

namespace phloxine::nn {

ResBlock::ResBlock(const WeightView& w, int groups, int in, int out, int time)
    : norm1(w / "in_layers.0", groups, 1e-5, in), norm2(w / "out_layers.0", groups, 1e-5, out), conv1(w / "in_layers.2", 1, -1, in, out),
      conv2(w / "out_layers.3", 1, -1, out, out), emb(w / "emb_layers.1", time), hasSkip(in != out) {
    if (hasSkip) skip = Conv(w / "skip_connection", 1, -1, in, out);
    if (emb.weight.size(0) != conv1.weight.size(0))
        throw Error(ErrorCode::Unsupported,
                    "The U-Net block \"" + w.prefix() + "\" scales and shifts its norm, which this version does not support.", w.prefix());
}

at::Tensor ResBlock::operator()(const at::Tensor& x, const at::Tensor& siluOfTime) const {
    auto h = conv1(norm1.silu(x)) + emb(siluOfTime).unsqueeze(-1).unsqueeze(-1);
    h = conv2(norm2.silu(h));
    return (hasSkip ? skip(x) : x) + h;
}

CrossAttention::CrossAttention(const WeightView& w, int heads, int width, int context)
    : q(w / "to_q", width, width), k(w / "to_k", context, width), v(w / "to_v", context, width), out(w / "to_out.0", width, width),
      heads(heads) {}

at::Tensor CrossAttention::operator()(const at::Tensor& x, const at::Tensor& context) const {
    return out(attention(q(x), k(context), v(context), heads));
}

TransformerBlock::TransformerBlock(const WeightView& w, int heads, int width, int context)
    : norm1(w / "norm1", width), norm2(w / "norm2", width), norm3(w / "norm3", width), self(w / "attn1", heads, width, width),
      cross(w / "attn2", heads, width, context), feedForwardIn(w / "ff.net.0.proj", width, 8 * width),
      feedForwardOut(w / "ff.net.2", 4 * width, width) {}

at::Tensor TransformerBlock::operator()(at::Tensor x, const at::Tensor& context) const {
    const auto y = norm1(x);
    x = x + self(y, y);
    x = x + cross(norm2(x), context);
    const auto gated = feedForwardIn(norm3(x)).chunk(2, -1); // GEGLU
    return x + feedForwardOut(gated[0] * at::gelu(gated[1]));
}

SpatialTransformer::SpatialTransformer(const WeightView& w, const UNetConfig& config, int heads, int width)
    : norm(w / "norm", config.normGroups, 1e-6, width), linear(config.linearProjection) {
    if (linear) linearIn = Linear(w / "proj_in", width, width), linearOut = Linear(w / "proj_out", width, width);
    else convIn = Conv(w / "proj_in", 1, -1, width, width), convOut = Conv(w / "proj_out", 1, -1, width, width);
    for (int i = 0; i < config.transformerDepth; ++i) blocks.emplace_back(w / "transformer_blocks" / i, heads, width, config.contextDim);
}

at::Tensor SpatialTransformer::operator()(const at::Tensor& x, const at::Tensor& context) const {
    auto h = linear ? linearIn(toTokens(norm(x))) : toTokens(convIn(norm(x)));
    for (const auto& block : blocks) h = block(h, context);
    return x + (linear ? toMap(linearOut(h), x.size(2), x.size(3)) : convOut(toMap(h, x.size(2), x.size(3))));
}

UNet::UNet(const WeightView& w, const UNetConfig& c)
    : m_config(c), m_binding(w.binding()), m_time0(w / "time_embed.0", c.modelChannels, 4 * c.modelChannels),
      m_time2(w / "time_embed.2", 4 * c.modelChannels, 4 * c.modelChannels) {
    const int time = 4 * c.modelChannels;
    const auto hasAttention = [&](int factor) {
        return std::count(c.attentionResolutions.begin(), c.attentionResolutions.end(), factor) > 0;
    };
    const auto transformer = [&](const WeightView& view, int channels) {
        const int heads = c.headChannels > 0 ? channels / c.headChannels : c.heads;
        if (heads < 1 || channels % heads || (c.headChannels > 0 && channels % c.headChannels))
            throw Error(ErrorCode::Shape,
                        "The attention \"" + view.prefix() + "\" cannot divide " + std::to_string(channels) + " channels among its heads.",
                        view.prefix());
        return SpatialTransformer(view, c, heads, channels);
    };
    UNetBlock first;
    first.conv.emplace_back(w / "input_blocks.0.0", 1, -1, c.inChannels, c.modelChannels);
    first.end = UNetBlock::End::Conv;
    m_input.push_back(std::move(first));
    const int levels = int(c.channelMult.size());
    int factor = 1, width = c.modelChannels; // width: channels that the next block gets
    std::vector<int> skips{width};
    for (int level = 0; level < levels; ++level) {
        const int channels = c.modelChannels * c.channelMult[std::size_t(level)];
        for (int i = 0; i < c.resBlocks; ++i) {
            const auto view = w / "input_blocks" / int(m_input.size());
            UNetBlock block;
            block.res.emplace_back(view / 0, c.normGroups, width, channels, time);
            skips.push_back(width = channels);
            if (hasAttention(factor)) block.attention.push_back(transformer(view / 1, channels));
            m_input.push_back(std::move(block));
        }
        if (level + 1 == levels) break;
        UNetBlock down;
        down.conv.emplace_back(w / "input_blocks" / int(m_input.size()) / "0.op", 2, 1, width, width);
        skips.push_back(width);
        down.end = UNetBlock::End::Down;
        m_input.push_back(std::move(down));
        factor *= 2;
    }
    m_middle0 = ResBlock(w / "middle_block.0", c.normGroups, width, width, time);
    m_middle1 = transformer(w / "middle_block.1", width);
    m_middle2 = ResBlock(w / "middle_block.2", c.normGroups, width, width, time);
    for (int level = levels; level-- > 0; factor /= 2) {
        const int channels = c.modelChannels * c.channelMult[std::size_t(level)];
        for (int i = 0; i <= c.resBlocks; ++i) {
            const auto view = w / "output_blocks" / int(m_output.size());
            UNetBlock block;
            int part = 0;
            block.res.emplace_back(view / part++, c.normGroups, width + skips.back(), channels, time);
            skips.pop_back();
            width = channels;
            if (hasAttention(factor)) block.attention.push_back(transformer(view / part++, channels));
            if (level > 0 && i == c.resBlocks) {
                block.conv.emplace_back(view / part / "conv", 1, -1, width, width);
                block.end = UNetBlock::End::Up;
            }
            m_output.push_back(std::move(block));
        }
    }
    m_outNorm = GroupNorm(w / "out.0", c.normGroups, 1e-5, width);
    m_outConv = Conv(w / "out.2", 1, -1, width, c.outChannels);
}

at::Tensor sinusoid(const at::Tensor& t, int dim) {
    const int half = dim / 2;
    const auto frequencies = at::exp(at::arange(half, at::TensorOptions(at::kFloat).device(t.device())) * (-std::log(10000.0) / half));
    const auto angles = t.to(at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);
    return at::cat({angles.cos(), angles.sin()}, 1);
}

at::Tensor UNet::timeEmbedding(const at::Tensor& t) const {
    return m_time2(at::silu(m_time0(sinusoid(t, m_config.modelChannels).to(m_binding.dtype))));
}

at::Tensor UNet::run(const UNetBlock& block, at::Tensor x, const at::Tensor& time, const at::Tensor& context) const {
    for (const auto& res : block.res) x = res(x, time);
    for (const auto& attention : block.attention) x = attention(x, context);
    if (block.end == UNetBlock::End::Up) x = at::upsample_nearest2d(x, at::IntArrayRef{x.size(2) * 2, x.size(3) * 2});
    return block.conv.empty() ? x : block.conv[0](x);
}

at::Tensor UNet::operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const {
    const auto c = context.tokens.to(m_binding.dtype);
    const auto time = at::silu(timeEmbedding(t));
    auto h = x.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast);
    std::vector<at::Tensor> skips;
    for (const auto& block : m_input) skips.push_back(h = run(block, h, time, c));
    h = m_middle2(m_middle1(m_middle0(h, time), c), time);
    for (const auto& block : m_output) {
        h = run(block, at::cat({h, skips.back()}, 1), time, c);
        skips.pop_back();
    }
    return m_outConv(m_outNorm.silu(h)).to(at::kFloat);
}

} // namespace phloxine::nn
