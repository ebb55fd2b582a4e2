#include "core/nn/autoencoder_blocks.h"

#include <algorithm>

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

constexpr double groupEps = 1e-6; // all norms of the autoencoder

bool attends(const AutoencoderConfig& c, int resolution) {
    return c.attention && std::count(c.attentionResolutions.begin(), c.attentionResolutions.end(), resolution) > 0;
}

AutoencoderLevel bindLevel(const WeightView& w, const AutoencoderConfig& c, int blocks, int in, int out, int resolution) {
    AutoencoderLevel level;
    for (int i = 0; i < blocks; ++i, in = out) {
        level.blocks.emplace_back(w / "block" / i, c.normGroups, in, out);
        if (attends(c, resolution)) level.attentions.emplace_back(w / "attn" / i, c.normGroups, out);
    }
    return level;
}

} // namespace

AutoencoderRes::AutoencoderRes(const WeightView& w, int groups, int in, int out)
    : norm1(w / "norm1", groups, groupEps, in), norm2(w / "norm2", groups, groupEps, out), conv1(w / "conv1", in, out, 3),
      conv2(w / "conv2", out, out, 3), hasShortcut(in != out) {
    if (hasShortcut) shortcut = Conv(w / "nin_shortcut", in, out, 1);
}

at::Tensor AutoencoderRes::operator()(const at::Tensor& x) const {
    return (hasShortcut ? shortcut(x) : x) + conv2(norm2.silu(conv1(norm1.silu(x))));
}

AutoencoderAttention::AutoencoderAttention(const WeightView& w, int groups, int width)
    : norm(w / "norm", groups, groupEps, width), q(w / "q", width, width, 1), k(w / "k", width, width, 1), v(w / "v", width, width, 1),
      out(w / "proj_out", width, width, 1) {}

at::Tensor AutoencoderAttention::operator()(const at::Tensor& x) const {
    const auto h = norm(x);
    return x + out(toMap(nn::attention(toTokens(q(h)), toTokens(k(h)), toTokens(v(h)), 1), x.size(2), x.size(3)));
}

at::Tensor AutoencoderLevel::operator()(at::Tensor x) const {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        x = blocks[i](x);
        if (!attentions.empty()) x = attentions[i](x);
    }
    switch (resample) {
    case Resample::None:
        break;
    case Resample::Down: // padded right and bottom only, as upstream
        x = conv.empty() ? at::avg_pool2d(x, 2, 2) : conv[0](at::constant_pad_nd(x, {0, 1, 0, 1}));
        break;
    case Resample::Up:
        x = at::upsample_nearest2d(x, at::IntArrayRef{x.size(2) * 2, x.size(3) * 2});
        if (!conv.empty()) x = conv[0](x);
        break;
    }
    return x;
}

AutoencoderMiddle::AutoencoderMiddle(const WeightView& w, const AutoencoderConfig& c, int width)
    : block1(w / "block_1", c.normGroups, width, width), block2(w / "block_2", c.normGroups, width, width) {
    if (c.attention && c.middleAttention) attention.emplace_back(w / "attn_1", c.normGroups, width);
}

at::Tensor AutoencoderMiddle::operator()(const at::Tensor& x) const {
    auto h = block1(x);
    for (const auto& a : attention) h = a(h);
    return block2(h);
}

Encoder::Encoder(const WeightView& w, const AutoencoderConfig& c, int out) : m_in(w / "conv_in", c.inChannels, c.channels, 3) {
    int width = c.channels, resolution = c.resolution;
    for (int i = 0; i < c.levels(); ++i, resolution /= 2) {
        const auto view = w / "down" / i;
        const int channels = c.width(i);
        m_down.push_back(bindLevel(view, c, c.resBlocks, width, channels, resolution));
        width = channels;
        if (i + 1 == c.levels()) break;
        m_down.back().resample = AutoencoderLevel::Resample::Down;
        if (c.convResample) m_down.back().conv.emplace_back(view / "downsample.conv", width, width, 3, 2, 0);
    }
    m_middle.emplace_back(w / "mid", c, width);
    m_norm = GroupNorm(w / "norm_out", c.normGroups, groupEps, width);
    m_out = Conv(w / "conv_out", width, out, 3);
}

at::Tensor Encoder::operator()(const at::Tensor& image) const {
    auto h = m_in(image);
    for (const auto& level : m_down) h = level(h);
    return m_out(m_norm.silu(m_middle[0](h)));
}

Decoder::Decoder(const WeightView& w, const AutoencoderConfig& c) : m_tanh(c.tanhOut) {
    int width = c.width(c.levels() - 1), resolution = c.resolution >> (c.levels() - 1); // doubled from here, as upstream counts
    m_in = Conv(w / "conv_in", c.zChannels, width, 3);
    m_middle.emplace_back(w / "mid", c, width);
    for (int i = c.levels(); i-- > 0; resolution *= 2) {
        const auto view = w / "up" / i;
        const int channels = c.width(i);
        m_up.push_back(bindLevel(view, c, c.resBlocks + 1, width, channels, resolution));
        width = channels;
        if (i == 0) break;
        m_up.back().resample = AutoencoderLevel::Resample::Up;
        if (c.convResample) m_up.back().conv.emplace_back(view / "upsample.conv", width, width, 3);
    }
    m_norm = GroupNorm(w / "norm_out", c.normGroups, groupEps, width);
    m_out = Conv(w / "conv_out", width, c.outChannels, 3);
}

at::Tensor Decoder::operator()(const at::Tensor& z) const {
    auto h = m_middle[0](m_in(z));
    for (const auto& level : m_up) h = level(h);
    h = m_out(m_norm.silu(h));
    return m_tanh ? at::tanh(h) : h;
}

void requireUsable(const AutoencoderConfig& c) {
    bool good = c.channels > 0 && c.resBlocks > 0 && c.zChannels > 0 && c.inChannels > 0 && c.outChannels > 0 && c.normGroups > 0 &&
                c.levels() > 0 && c.levels() <= 8;
    for (int i = 0; good && i < c.levels(); ++i) good = c.width(i) > 0;
    if (!good)
        throw Error(ErrorCode::Shape, "The configuration of the autoencoder gives sizes that make no network; correct its ddconfig.");
}

int downsampling(const AutoencoderConfig& config) { return 1 << (config.levels() - 1); }

at::Tensor firstChannels(const at::Tensor& latent) {
    const auto three = latent.size(1) < 3 ? latent.slice(1, 0, 1).expand({-1, 3, -1, -1}) : latent.slice(1, 0, 3);
    const auto values = three.to(at::kFloat);
    return values / values.abs().amax({1, 2, 3}, true).clamp_min(1e-6);
}

} // namespace phloxine::nn
