#include "core/nn/unet.h"

#include <algorithm>

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

struct Heads {
    int count, size;
};

// Upstream's rules for the heads of one attention, which differ between transformers and attention blocks.
Heads headsOf(const UNetConfig& c, int level, int channels, bool up) {
    int count = c.heads, size = -1;
    if (!c.headsPerLevel.empty()) count = c.headsPerLevel[std::size_t(level)];
    else if (c.headChannels > 0) count = channels / c.headChannels, size = c.headChannels;
    if (c.spatialTransformer) {
        if ((c.legacy || size < 0) && count > 0) size = channels / count;
        return {count, size};
    }
    if (size < 0 && up && c.legacy && c.headsPerLevel.empty() && c.headsUpsample > 0) count = c.headsUpsample;
    if (size < 0 && count > 0) size = channels / count;
    return {channels % std::max(size, 1) ? 0 : channels / std::max(size, 1), size};
}

void requireUsable(const UNetConfig& c) {
    const int levels = c.levels();
    const auto fits = [levels](const std::vector<int>& list) { return list.empty() || int(list.size()) == levels; };
    bool good = levels > 0 && levels <= 8 && c.inChannels > 0 && c.outChannels > 0 && c.modelChannels > 1 && c.normGroups > 0 &&
                c.contextDim >= 0 && fits(c.resBlocksPerLevel) && fits(c.headsPerLevel) && fits(c.transformerDepthPerLevel);
    for (int i = 0; good && i < levels; ++i) good = c.width(i) > 0 && c.blocks(i) > 0 && c.depth(i) >= 0;
    if (!good)
        throw Error(ErrorCode::Shape, "The configuration of the U-Net gives sizes that make no network, or lists of another length than "
                                      "its levels; correct its unet_config.");
}

} // namespace

bool UNet::attends(int factor) const {
    return std::count(m_config.attentionResolutions.begin(), m_config.attentionResolutions.end(), factor) > 0;
}

ResBlock UNet::res(const WeightView& w, int in, int out, Resample resample) const {
    return ResBlock(w, {m_config.normGroups, m_config.normEps, in, out, 4 * m_config.modelChannels, m_config.scaleShiftNorm, resample});
}

UNetPart UNet::attention(const WeightView& w, int level, int depth, bool up) const {
    const auto& c = m_config;
    const int channels = c.width(level);
    const auto heads = headsOf(c, level, channels, up);
    if (heads.count < 1 || heads.size < 1)
        throw Error(ErrorCode::Shape,
                    "The attention \"" + w.prefix() + "\" cannot divide " + std::to_string(channels) + " channels among its heads.",
                    w.prefix());
    if (!c.spatialTransformer) return AttentionBlock(w, c.normGroups, c.normEps, channels, heads.count, c.newAttentionOrder);
    return SpatialTransformer(w, {c.normGroups, channels, heads.count, heads.size, depth, c.contextDim, c.linearProjection});
}

UNet::UNet(const WeightView& w, const UNetConfig& config) : m_config(config), m_binding(w.binding()) {
    requireUsable(config);
    bindEmbeddings(w);
    bindInput(w / "input_blocks");
    bindMiddle(w / "middle_block");
    bindOutput(w / "output_blocks");
    m_outNorm = GroupNorm(w / "out.0", config.normGroups, config.normEps, m_width);
    m_outConv = Conv(w / "out.2", m_width, config.outChannels, 3);
}

void UNet::bindEmbeddings(const WeightView& w) {
    const auto& c = m_config;
    const int time = 4 * c.modelChannels;
    m_time0 = Linear(w / "time_embed.0", c.modelChannels, time);
    m_time2 = Linear(w / "time_embed.2", time, time);
    switch (c.vectorInput) {
    case VectorInput::None:
        break;
    case VectorInput::Labels:
        m_labels = w.get("label_emb.weight", {c.classes, time});
        break;
    case VectorInput::Continuous:
        m_label0 = Linear(w / "label_emb", 1, time);
        break;
    case VectorInput::Sequential:
        m_label0 = Linear(w / "label_emb.0.0", c.admChannels, time);
        m_label2 = Linear(w / "label_emb.0.2", time, time);
        break;
    }
}

void UNet::bindInput(const WeightView& w) {
    const auto& c = m_config;
    const auto add = [&](UNetBlock block) { m_input.push_back(std::move(block)), m_skips.push_back(m_width); };
    m_width = c.modelChannels;
    add({Conv(w / "0.0", c.inChannels, m_width, 3)});
    for (int level = 0, factor = 1; level < c.levels(); ++level, factor *= 2) {
        for (int i = 0; i < c.blocks(level); ++i) {
            const auto view = w / int(m_input.size());
            UNetBlock block{res(view / 0, m_width, c.width(level))};
            m_width = c.width(level);
            if (attends(factor)) block.push_back(attention(view / 1, level, c.depth(level), false));
            add(std::move(block));
        }
        if (level + 1 == c.levels()) break;
        const auto view = w / int(m_input.size()) / 0;
        if (c.resblockUpdown) add({res(view, m_width, m_width, Resample::Down)});
        else if (c.convResample) add({Downsample{Conv(view / "op", m_width, m_width, 3, 2)}});
        else add({Downsample{}});
    }
}

void UNet::bindMiddle(const WeightView& w) {
    const int last = m_config.levels() - 1, depth = m_config.transformerDepthMiddle;
    m_middle.push_back(res(w / 0, m_width, m_width));
    m_middle.push_back(attention(w / 1, last, depth < 0 ? m_config.depth(last) : depth, false));
    m_middle.push_back(res(w / 2, m_width, m_width));
}

void UNet::bindOutput(const WeightView& w) {
    const auto& c = m_config;
    for (int level = c.levels(), factor = 1 << (level - 1); level-- > 0; factor /= 2)
        for (int i = 0; i <= c.blocks(level); ++i) {
            const auto view = w / int(m_output.size());
            UNetBlock block{res(view / 0, m_width + m_skips.back(), c.width(level))};
            m_skips.pop_back();
            m_width = c.width(level);
            if (attends(factor)) block.push_back(attention(view / 1, level, c.depth(level), true));
            if (level > 0 && i == c.blocks(level)) {
                const auto up = view / int(block.size());
                if (c.resblockUpdown) block.push_back(res(up, m_width, m_width, Resample::Up));
                else if (c.convResample) block.push_back(Upsample{Conv(up / "conv", m_width, m_width, 3)});
                else block.push_back(Upsample{});
            }
            m_output.push_back(std::move(block));
        }
}

at::Tensor UNet::embedding(const at::Tensor& t, const Context& context) const {
    auto e = m_time2(at::silu(m_time0(sinusoid(t, m_config.modelChannels).to(m_binding.dtype))));
    if (m_config.vectorInput == VectorInput::None) return e;
    if (!context.vector.defined()) throw Error(ErrorCode::WrongUse, "This network is guided by a class or a vector, and none was given.");
    if (m_config.vectorInput == VectorInput::Labels) return e + at::embedding(m_labels, context.vector).to(m_binding.dtype);
    const auto vector = context.vector.to(m_binding.dtype);
    if (m_config.vectorInput == VectorInput::Continuous) return e + m_label0(vector.view({-1, 1}));
    return e + m_label2(at::silu(m_label0(vector)));
}

namespace {

// What a block is given beside its input: SiLU of the time embedding, the context, the size that upsampling shall give.
struct Given {
    at::Tensor time, tokens, mask;
    at::IntArrayRef size;
    bool recompute = false;
};

at::Tensor run(const UNetBlock& block, at::Tensor x, const Given& given) {
    struct Call {
        const at::Tensor& x;
        const Given& given;
        at::Tensor operator()(const Conv& conv) const { return conv(x); }
        at::Tensor operator()(const ResBlock& res) const { return res(x, given.time, given.size, given.recompute); }
        at::Tensor operator()(const SpatialTransformer& transformer) const {
            return transformer(x, given.tokens, given.mask, given.recompute);
        }
        at::Tensor operator()(const AttentionBlock& attention) const { return attention(x); }
        at::Tensor operator()(const Downsample& down) const { return down(x); }
        at::Tensor operator()(const Upsample& up) const { return up(x, given.size); }
    };
    for (const auto& part : block) x = std::visit(Call{x, given}, part);
    return x;
}

} // namespace

at::Tensor UNet::operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const {
    Given given{at::silu(embedding(t, context)), {}, {}, {}, m_recompute && at::GradMode::is_enabled()};
    if (m_config.spatialTransformer && m_config.contextDim > 0) {
        if (!context.tokens.defined()) throw Error(ErrorCode::WrongUse, "This network attends to a context, and none was given.");
        given.tokens = context.tokens.to(m_binding.dtype);
        if (context.mask.defined()) // [n, 1, 1, tokens], added to the scores
            given.mask = at::zeros(context.mask.sizes(), given.tokens.options())
                             .masked_fill(context.mask.to(given.tokens.device()).eq(0), -std::numeric_limits<float>::infinity())
                             .unsqueeze(1)
                             .unsqueeze(1);
    }
    auto h = x.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast);
    // A block that is computed again passes a gradient on only where one of its maps asks for it; before frozen weights none does.
    if (given.recompute && !h.requires_grad()) h = h.detach().requires_grad_(true);
    std::vector<at::Tensor> skips;
    for (const auto& block : m_input) skips.push_back(h = run(block, h, given));
    h = run(m_middle, h, given);
    for (const auto& block : m_output) {
        h = at::cat({h, skips.back()}, 1);
        skips.pop_back();
        if (!skips.empty()) given.size = skips.back().sizes().slice(2);
        h = run(block, h, given);
    }
    return m_outConv(m_outNorm.silu(h)).to(at::kFloat);
}

} // namespace phloxine::nn
