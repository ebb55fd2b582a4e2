#pragma once
// Phloxine's own first stage: a linear transform of image patches plus a residual convolutional decoder.
//   encode: latent = E (pixel_unshuffle(image, patch) - mean)
//   decode: image = pixel_shuffle(D latent + mean, patch) + network(latent)
#include "core/nn/autoencoder_blocks.h"

namespace phloxine::nn {

struct PatchConfig {
    int patch = 16, zChannels = 16, normGroups = 32;
    std::vector<int> decoderWidths{192, 96, 64, 32}; // one per doubling: 2^4 = patch
};

class PatchAutoencoder final : public Autoencoder {
public:
    PatchAutoencoder(const WeightView& w, const PatchConfig& config);
    at::Tensor encode(const at::Tensor& image) const override;
    at::Tensor decode(const at::Tensor& latent) const override;
    int factor() const override { return m_config.patch; }
    int latentChannels() const override { return m_config.zChannels; }
    at::Tensor preview(const at::Tensor& latent) const override;

private:
    struct Step {
        enum Kind { Convolution, Residual, NormSilu, Silu, Shuffle } kind;
        Conv conv, conv2;
        GroupNorm norm, norm2;
    };
    void bindDecoder(const WeightView& w);
    at::Tensor network(at::Tensor h) const;

    PatchConfig m_config;
    Binding m_binding;
    at::Tensor m_encoder, m_linear, m_mean, m_previewWeight, m_previewBias; // float32: they carry the colours
    std::vector<Step> m_steps;
};

} // namespace phloxine::nn
