#include "core/nn/patch_autoencoder.h"

#include "core/base/Error.h"

namespace phloxine::nn {

PatchAutoencoder::PatchAutoencoder(const WeightView& w, const PatchConfig& config) : m_config(config), m_binding(w.binding()) {
    const std::int64_t values = 3ll * config.patch * config.patch;
    if (config.patch != 1 << config.decoderWidths.size())
        throw Error(ErrorCode::Shape, "The patch autoencoder doubles its size " + std::to_string(config.decoderWidths.size()) +
                                          " times, which does not give patches of " + std::to_string(config.patch) + " pixels.");
    m_encoder = w.exact("encoder.weight", {config.zChannels, values, 1, 1});
    m_linear = w.exact("decoder.linear.weight", {values, config.zChannels, 1, 1});
    m_mean = w.exact("mean", {values}).view({1, -1, 1, 1});
    // pixel_unshuffle orders its channels colour first: their mean over a patch is the colour of one latent element.
    m_previewWeight = m_linear.view({3, -1, config.zChannels}).mean(1).view({3, config.zChannels, 1, 1});
    m_previewBias = m_mean.view({3, -1}).mean(1);
    bindDecoder(w / "decoder.net");
}

// conv, two residuals, then per doubling: conv to four times the next width, shuffle, two residuals; the last two doublings are plain
// convolutions.
void PatchAutoencoder::bindDecoder(const WeightView& w) {
    int index = 0;
    const auto conv = [&](int out) {
        Step step{Step::Convolution, Conv(w / index++, -1, -1, -1), {}, {}, {}};
        if (step.conv.weight.size(0) != out)
            throw Error(ErrorCode::Shape, "The decoder of the patch autoencoder gives " + std::to_string(step.conv.weight.size(0)) +
                                              " channels where its configuration needs " + std::to_string(out) + ".");
        m_steps.push_back(std::move(step));
    };
    const auto residual = [&] {
        const auto v = w / index++;
        m_steps.push_back({Step::Residual, Conv(v / "c1", -1, -1, 3), Conv(v / "c2", -1, -1, 3), GroupNorm(v / "n1", m_config.normGroups, 1e-5),
                           GroupNorm(v / "n2", m_config.normGroups, 1e-5)});
    };
    const auto plain = [&](Step::Kind kind) { ++index, m_steps.push_back({kind, {}, {}, {}, {}}); };
    const auto& widths = m_config.decoderWidths;
    const auto doublings = widths.size();
    conv(widths[0]);
    for (std::size_t i = 0; i + 2 < doublings; ++i) {
        residual(), residual();
        conv(4 * widths[i + 1]), plain(Step::Shuffle);
    }
    residual(), residual();
    m_steps.push_back({Step::NormSilu, {}, {}, GroupNorm(w / index, m_config.normGroups, 1e-5), {}});
    index += 2; // the norm and its activation count as two
    conv(4 * widths[doublings - 1]), plain(Step::Shuffle), plain(Step::Silu);
    conv(widths[doublings - 1]), plain(Step::Silu);
    conv(12), plain(Step::Shuffle);
}

at::Tensor PatchAutoencoder::encode(const at::Tensor& image) const {
    return at::conv2d(at::pixel_unshuffle(image.to(at::kFloat), m_config.patch) - m_mean, m_encoder);
}

at::Tensor PatchAutoencoder::decode(const at::Tensor& latent) const {
    const auto patches = at::conv2d(latent.to(at::kFloat), m_linear) + m_mean;
    return at::pixel_shuffle(patches, m_config.patch) +
           network(latent.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast)).to(at::kFloat);
}

at::Tensor PatchAutoencoder::preview(const at::Tensor& latent) const {
    return at::conv2d(latent.to(at::kFloat), m_previewWeight, m_previewBias);
}

at::Tensor PatchAutoencoder::network(at::Tensor h) const {
    for (const auto& step : m_steps) switch (step.kind) {
        case Step::Convolution:
            h = step.conv(h);
            break;
        case Step::Residual:
            h = h + step.conv2(step.norm2.silu(step.conv(step.norm.silu(h))));
            break;
        case Step::NormSilu:
            h = step.norm.silu(h);
            break;
        case Step::Silu:
            h = at::silu(h);
            break;
        case Step::Shuffle:
            h = at::pixel_shuffle(h, 2).contiguous(at::MemoryFormat::ChannelsLast);
            break;
        }
    return h;
}

} // namespace phloxine::nn
