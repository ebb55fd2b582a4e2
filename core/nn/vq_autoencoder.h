#pragma once
// The CompVis VQ autoencoder: ldm.models.autoencoder.VQModelInterface, and VQModel, with taming's VectorQuantizer2.
#include "core/nn/autoencoder_blocks.h"

namespace phloxine::nn {

struct VqConfig : AutoencoderConfig {
    int embedDim = 3, codes = 8192; // channels of the latent; entries of the codebook (n_embed)
    // VQModelInterface, the first stage of diffusion models: encode gives the latent before quantisation, decode quantises. Plain VQModel
    // (false): encode quantises, decode takes the latent as it is.
    bool quantiseOnDecode = true;
};

struct Quantised {
    at::Tensor latent; // [n, embedDim, h, w] float32, each position replaced by its nearest codebook entry
    at::Tensor codes;  // [n, h, w] int64
};

// Keys: encoder.*, decoder.*, quantize.embedding.weight, quant_conv, post_quant_conv. Error(MissingKey | Shape) names the tensor.
class VqAutoencoder final : public Autoencoder {
public:
    VqAutoencoder(const WeightView& w, const VqConfig& config);
    // The nearest entries by squared distance, computed in float64: the codes do not depend on the precision of the network.
    Quantised quantise(const at::Tensor& latent) const;
    at::Tensor encode(const at::Tensor& image) const override;
    at::Tensor decode(const at::Tensor& latent) const override { return decode(latent, m_config.quantiseOnDecode); }
    at::Tensor decode(const at::Tensor& latent, bool quantise) const; // [n, embedDim, h, w] -> image, float32, not clamped
    at::Tensor preview(const at::Tensor& latent) const override { return firstChannels(latent); }
    int factor() const override { return downsampling(m_config); }
    int latentChannels() const override { return m_config.embedDim; }
    int codes() const { return m_config.codes; }

private:
    VqConfig m_config;
    Binding m_binding;
    Encoder m_encoder;
    Decoder m_decoder;
    Conv m_quant, m_postQuant;
    at::Tensor m_codebook; // [codes, embedDim], float32 in every binding
};

} // namespace phloxine::nn
