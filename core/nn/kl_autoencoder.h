#pragma once
// The CompVis KL autoencoder (ldm.models.autoencoder.AutoencoderKL) behind the one interface of first stages.
#include <memory>
#include <vector>

#include "core/nn/layers.h"

namespace phloxine::nn {

// First stage of a latent diffusion model. Images [n, 3, h, w] in -1..1; latents [n, z, h/f, w/f], not scaled.
class Autoencoder {
public:
    virtual ~Autoencoder() = default;
    virtual at::Tensor encode(const at::Tensor& image) const = 0;  // the mode of the posterior
    virtual at::Tensor decode(const at::Tensor& latent) const = 0; // float32, not clamped
    // A small picture, one pixel per latent element, by a linear map: [n, 3, h, w]. Cheap enough for every step.
    virtual at::Tensor preview(const at::Tensor& latent) const = 0;
    virtual int factor() const = 0; // pixels per latent element
    virtual int latentChannels() const = 0;
};

struct KlConfig {
    int channels = 128, resBlocks = 2, zChannels = 4, embedDim = 4, resolution = 256;
    std::vector<int> channelMult{1, 2, 4, 4}, attentionResolutions;
};

struct Moments {
    at::Tensor mean, logvar; // logvar clamped to [-30, 20]
};

class KlAutoencoder final : public Autoencoder {
public:
    KlAutoencoder(const WeightView& w, const KlConfig& config);
    ~KlAutoencoder() override;
    Moments moments(const at::Tensor& image) const;
    at::Tensor encode(const at::Tensor& image) const override { return moments(image).mean; }
    at::Tensor decode(const at::Tensor& latent) const override;
    at::Tensor preview(const at::Tensor& latent) const override; // the first three channels, brought into range
    int factor() const override;
    int latentChannels() const override { return m_config.embedDim; }

private:
    struct Layers;
    KlConfig m_config;
    Binding m_binding;
    std::unique_ptr<Layers> m_layers;
};

} // namespace phloxine::nn
