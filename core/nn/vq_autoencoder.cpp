#include "core/nn/vq_autoencoder.h"

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

const VqConfig& usable(const VqConfig& c) {
    requireUsable(c);
    if (c.embedDim < 1 || c.codes < 1)
        throw Error(ErrorCode::Shape,
                    "The configuration of the autoencoder gives a codebook without entries; correct embed_dim and n_embed.");
    return c;
}

} // namespace

VqAutoencoder::VqAutoencoder(const WeightView& w, const VqConfig& config)
    : m_config(usable(config)), m_binding(w.binding()), m_encoder(w / "encoder", config, config.zChannels),
      m_decoder(w / "decoder", config), m_quant(w / "quant_conv", config.zChannels, config.embedDim, 1),
      m_postQuant(w / "post_quant_conv", config.embedDim, config.zChannels, 1),
      m_codebook(w.exact("quantize.embedding.weight", {config.codes, config.embedDim})) {}

Quantised VqAutoencoder::quantise(const at::Tensor& latent) const {
    if (latent.dim() != 4 || latent.size(1) != m_config.embedDim)
        throw Error(ErrorCode::Shape, "A latent of the shape " + shapeText(latent.sizes()) + " has not the " +
                                          std::to_string(m_config.embedDim) + " channels of the codebook.");
    const auto book = m_codebook.detach().to(at::kDouble);
    const auto squares = book.square().sum(1); // |z - e|^2 without |z|^2, which is the same for every entry
    const auto points = toTokens(latent.detach()).reshape({-1, m_config.embedDim});
    constexpr std::int64_t rows = 2048; // bounds the table of distances: 2048 x 8192 doubles = 128 MiB
    std::vector<at::Tensor> codes;
    for (const auto& part : points.split(rows)) codes.push_back(at::addmm(squares, part.to(at::kDouble), book.t(), 1, -2).argmin(1));
    const auto flat = codes.empty() ? at::empty({0}, at::kLong) : at::cat(codes);
    const auto shaped = flat.view({latent.size(0), latent.size(2), latent.size(3)});
    return {at::embedding(m_codebook, shaped).permute({0, 3, 1, 2}), shaped};
}

at::Tensor VqAutoencoder::encode(const at::Tensor& image) const {
    const auto h = m_quant(m_encoder(image.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast))).to(at::kFloat);
    return m_config.quantiseOnDecode ? h : quantise(h).latent;
}

at::Tensor VqAutoencoder::decode(const at::Tensor& latent, bool quantise) const {
    const auto z = quantise ? this->quantise(latent).latent : latent;
    return m_decoder(m_postQuant(z.to(m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast))).to(at::kFloat);
}

} // namespace phloxine::nn
