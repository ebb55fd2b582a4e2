#include "core/nn/kl_autoencoder.h"

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

const KlConfig& usable(const KlConfig& c) {
    requireUsable(c);
    if ((!c.quantConv || !c.postQuantConv) && c.embedDim != c.zChannels)
        throw Error(ErrorCode::Shape, "An autoencoder without quant_conv has latents of z_channels (" + std::to_string(c.zChannels) +
                                          ") channels, its configuration says " + std::to_string(c.embedDim) + ".");
    return c;
}

} // namespace

KlAutoencoder::KlAutoencoder(const WeightView& w, const KlConfig& config)
    : m_config(usable(config)), m_binding(w.binding()), m_encoder(w / "encoder", config, 2 * config.zChannels),
      m_decoder(w / "decoder", config) {
    if (config.quantConv) m_quant = Conv(w / "quant_conv", 2 * config.zChannels, 2 * config.embedDim, 1);
    if (config.postQuantConv) m_postQuant = Conv(w / "post_quant_conv", config.embedDim, config.zChannels, 1);
}

Moments KlAutoencoder::moments(const at::Tensor& image) const {
    auto h = m_encoder(image.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast));
    if (m_config.quantConv) h = m_quant(h);
    const auto parts = h.to(at::kFloat).chunk(2, 1);
    return {parts[0], parts[1].clamp(-30, 20)};
}

at::Tensor KlAutoencoder::decode(const at::Tensor& latent) const {
    auto h = latent.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast);
    if (m_config.postQuantConv) h = m_postQuant(h);
    return m_decoder(h).to(at::kFloat);
}

} // namespace phloxine::nn
