#pragma once
// A network under guidance, as a Denoiser; and limits on what it may answer.
#include <limits>

#include "core/diffusion/denoiser.h"
#include "core/nn/network.h"

namespace phloxine {

// Classifier-free guidance (Ho and Salimans 2022): out = u + scale (c - u).
struct Guidance {
    double scale = 1;
    // Lin et al. 2023, section 3.4: this share of the result gets the standard deviation of c back, per sample (diffusers'
    // guidance_rescale).
    double rescale = 0;
    // Kynkaanniemi et al. 2024: guided only where low < sigma/alpha <= high; elsewhere the condition alone is computed, at half the cost.
    double lowRatio = 0, highRatio = std::numeric_limits<double>::infinity();

    Guidance(double scale = 1) : scale(scale) {}
    bool at(const Level& level) const;
};
// Error(WrongUse) in one sentence when a number is out of its range.
void validate(const Guidance& guidance);

// Both halves are computed in one batch of 2n; scale 1 computes the condition alone. The network outlives the denoiser.
class GuidedDenoiser final : public Denoiser {
public:
    GuidedDenoiser(const nn::Network& network, Prediction prediction, nn::Context conditional, const nn::Context& unconditional,
                   const Guidance& guidance);
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    at::Tensor output(const at::Tensor& x, const Level& level) const;
    at::Tensor predict(const at::Tensor& x, double t, const nn::Context& context, std::int64_t channels) const;

    const nn::Network& m_network;
    Prediction m_prediction;
    nn::Context m_conditional, m_both; // m_both: conditional then unconditional, 2n of them
    Guidance m_guidance;
};

// What diffusers does to the estimate of x0 when a scheduler says clip_sample or thresholding. Latents are rarely limited.
struct X0Limit {
    double clip = 0; // x0 is clamped to -clip .. clip; 0 = not
    double quantile = 0,
           quantileMaximum = 1; // Saharia et al. 2022: clamped to this quantile s of |x0| per sample, then divided by it; 0 = not
    bool epsFollows = true;     // eps is derived again from the limited x0 (DDIM keeps the network's own)

    bool any() const { return clip > 0 || quantile > 0; }
};

class LimitedDenoiser final : public Denoiser {
public:
    LimitedDenoiser(Denoiser& inner, const X0Limit& limit) : m_inner(inner), m_limit(limit) {}
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    Denoiser& m_inner;
    X0Limit m_limit;
};

} // namespace phloxine
