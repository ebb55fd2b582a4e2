#include "core/nn/kl_autoencoder.h"

namespace phloxine::nn {

namespace {

constexpr int groups = 32;
constexpr double eps = 1e-6; // all norms of the autoencoder

struct Res {
    GroupNorm norm1, norm2;
    Conv conv1, conv2, shortcut;
    bool hasShortcut = false;
    Res() = default;
    explicit Res(const WeightView& w)
        : norm1(w / "norm1", groups, eps), norm2(w / "norm2", groups, eps), conv1(w / "conv1"), conv2(w / "conv2"),
          hasShortcut(w.has("nin_shortcut.weight")) {
        if (hasShortcut) shortcut = Conv(w / "nin_shortcut");
    }
    at::Tensor operator()(const at::Tensor& x) const { return (hasShortcut ? shortcut(x) : x) + conv2(norm2.silu(conv1(norm1.silu(x)))); }
};

struct Attention { // one head over all positions
    GroupNorm norm;
    Conv q, k, v, out;
    Attention() = default;
    explicit Attention(const WeightView& w) : norm(w / "norm", groups, eps), q(w / "q"), k(w / "k"), v(w / "v"), out(w / "proj_out") {}
    at::Tensor operator()(const at::Tensor& x) const {
        const auto h = norm(x);
        return x + out(toMap(attention(toTokens(q(h)), toTokens(k(h)), toTokens(v(h)), 1), x.size(2), x.size(3)));
    }
};

struct Level {
    std::vector<Res> blocks;
    std::vector<Attention> attentions;
    std::vector<Conv> resample; // empty at the end of the chain
    at::Tensor operator()(at::Tensor x) const {
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            x = blocks[i](x);
            if (!attentions.empty()) x = attentions[i](x);
        }
        return x;
    }
};

struct Middle {
    Res block1, block2;
    Attention attention;
    explicit Middle(const WeightView& w) : block1(w / "block_1"), block2(w / "block_2"), attention(w / "attn_1") {}
    at::Tensor operator()(const at::Tensor& x) const { return block2(attention(block1(x))); }
};

Level bindLevel(const WeightView& w, int blocks, bool attention) {
    Level level;
    for (int i = 0; i < blocks; ++i) {
        level.blocks.emplace_back(w / "block" / i);
        if (attention) level.attentions.emplace_back(w / "attn" / i);
    }
    return level;
}

} // namespace

struct KlAutoencoder::Layers {
    Conv encoderIn, encoderOut, decoderIn, decoderOut, quant, postQuant;
    GroupNorm encoderNorm, decoderNorm;
    Middle encoderMiddle, decoderMiddle;
    std::vector<Level> down, up; // up[0] is the finest

    Layers(const WeightView& w, const KlConfig& c)
        : encoderIn(w / "encoder.conv_in"), encoderOut(w / "encoder.conv_out"), decoderIn(w / "decoder.conv_in"),
          decoderOut(w / "decoder.conv_out"), quant(w / "quant_conv"), postQuant(w / "post_quant_conv"),
          encoderNorm(w / "encoder.norm_out", groups, eps), decoderNorm(w / "decoder.norm_out", groups, eps),
          encoderMiddle(w / "encoder.mid"), decoderMiddle(w / "decoder.mid") {
        int resolution = c.resolution;
        for (int level = 0; level < int(c.channelMult.size()); ++level, resolution /= 2) {
            const bool attention = std::count(c.attentionResolutions.begin(), c.attentionResolutions.end(), resolution) > 0;
            down.push_back(bindLevel(w / "encoder.down" / level, c.resBlocks, attention));
            up.push_back(bindLevel(w / "decoder.up" / level, c.resBlocks + 1, attention));
            if (level + 1 < int(c.channelMult.size()))
                down.back().resample.emplace_back(w / "encoder.down" / level / "downsample.conv", 2, 0);
            if (level > 0) up.back().resample.emplace_back(w / "decoder.up" / level / "upsample.conv");
        }
    }
};

KlAutoencoder::KlAutoencoder(const WeightView& w, const KlConfig& config)
    : m_config(config), m_binding(w.binding()), m_layers(std::make_unique<Layers>(w, config)) {}
KlAutoencoder::~KlAutoencoder() = default;

int KlAutoencoder::factor() const { return 1 << (m_config.channelMult.size() - 1); }

Moments KlAutoencoder::moments(const at::Tensor& image) const {
    const auto& l = *m_layers;
    auto h = l.encoderIn(image.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast));
    for (const auto& level : l.down) {
        h = level(h);
        if (!level.resample.empty()) h = level.resample[0](at::constant_pad_nd(h, {0, 1, 0, 1})); // right and bottom only, as upstream
    }
    h = l.quant(l.encoderOut(l.encoderNorm.silu(l.encoderMiddle(h)))).to(at::kFloat);
    const auto parts = h.chunk(2, 1);
    return {parts[0], parts[1].clamp(-30, 20)};
}

at::Tensor KlAutoencoder::preview(const at::Tensor& latent) const {
    const auto three = latent.slice(1, 0, 3).to(at::kFloat);
    return three / three.abs().amax().clamp_min(1e-6);
}

at::Tensor KlAutoencoder::decode(const at::Tensor& latent) const {
    const auto& l = *m_layers;
    auto h = l.decoderMiddle(l.decoderIn(l.postQuant(latent.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast))));
    for (auto level = l.up.rbegin(); level != l.up.rend(); ++level) {
        h = (*level)(h);
        if (!level->resample.empty()) h = level->resample[0](at::upsample_nearest2d(h, at::IntArrayRef{h.size(2) * 2, h.size(3) * 2}));
    }
    return l.decoderOut(l.decoderNorm.silu(h)).to(at::kFloat);
}

} // namespace phloxine::nn
