#pragma once
// The CompVis KL autoencoder (ldm.models.autoencoder.AutoencoderKL): f4, f8, f16 by the number of levels, with 4, 16 or any number of
// latent channels. The scale and shift of latents belong to the model around it.
#include "core/nn/autoencoder_blocks.h"

namespace phloxine::nn {

struct KlConfig : AutoencoderConfig {
    int embedDim = 4; // channels of the latent; zChannels where the file has no quant_conv
    // diffusers' use_quant_conv and use_post_quant_conv: autoencoders with 16 channels often have neither.
    bool quantConv = true, postQuantConv = true;
};

struct Moments {
    at::Tensor mean, logvar; // logvar clamped to [-30, 20]
};

// Keys: encoder.*, decoder.*, quant_conv, post_quant_conv. Error(MissingKey | Shape) names the tensor that does not fit.
class KlAutoencoder final : public Autoencoder {
public:
    KlAutoencoder(const WeightView& w, const KlConfig& config);
    Moments moments(const at::Tensor& image) const; // each [n, embedDim, h/f, w/f] in float32
    at::Tensor encode(const at::Tensor& image) const override { return moments(image).mean; }
    at::Tensor decode(const at::Tensor& latent) const override;
    at::Tensor preview(const at::Tensor& latent) const override { return firstChannels(latent); }
    int factor() const override { return downsampling(m_config); }
    int latentChannels() const override { return m_config.embedDim; }

private:
    KlConfig m_config;
    Binding m_binding;
    Encoder m_encoder;
    Decoder m_decoder;
    Conv m_quant, m_postQuant;
};

} // namespace phloxine::nn
