#pragma once
// Sampling that starts from a real picture (Meng et al. 2022, "SDEdit"), and keeps a part of it: there the clean latent is known, so the
// denoiser answers with it, and the sampler re-noises it at each step (the blend of CompVis' DDIMSampler with a mask; RePaint, Lugmayr et
// al. 2022, eq. 8, without its resampling).
#include "core/diffusion/denoiser.h"
#include "core/generate/codec.h"
#include "core/generate/initial_image.h"
#include "core/model/Model.h"

namespace phloxine {

struct KnownLatent {
    at::Tensor latent; // [1, c, h, w], scaled as the network knows it
    at::Tensor paint;  // [1, 1, h, w] bool: true = to be painted; undefined = everywhere
};

KnownLatent knownLatent(const InitialImage& initial, const Model& model, const CodecWindows& windows);

// The last part of a path: `strength` of its steps, at least one.
std::vector<Level> levelsFrom(std::vector<Level> levels, double strength);

// The state at `level`: alpha latent + sigma noise. At strength 1 the part to be painted is noise alone, as without a picture: startScale
// times the noise, as the plan has it.
at::Tensor startFrom(const KnownLatent& known, const at::Tensor& noise, const Level& level, double strength, double startScale = 1);

class InpaintingDenoiser final : public Denoiser {
public:
    InpaintingDenoiser(Denoiser& denoise, const KnownLatent& known) : m_denoise(denoise), m_known(known) {}
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    Denoiser& m_denoise;
    const KnownLatent& m_known;
};

} // namespace phloxine
