#pragma once
// Denoisers with a known answer: E[x0 | x] of a Gaussian or of a mixture of two isotropic Gaussians, in float64 (reference kit, section 4).
// As a network would, they hand over the output of their prediction type in float32, from which x0 and eps follow.
#include "core/diffusion/denoiser.h"

namespace phloxine {

class GaussianDenoiser final : public Denoiser { // x0 ~ N(mean, diag(variance)), both broadcast over x
public:
    GaussianDenoiser(at::Tensor mean, at::Tensor variance, Prediction prediction = Prediction::Eps)
        : m_mean(mean.to(at::kDouble)), m_variance(variance.to(at::kDouble)), m_prediction(prediction) {}
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    at::Tensor m_mean, m_variance;
    Prediction m_prediction;
};

class MixtureDenoiser final : public Denoiser { // components k: N(means[k], variance I) with weights[k]; means [k, ...]
public:
    MixtureDenoiser(at::Tensor means, double variance, at::Tensor weights, Prediction prediction = Prediction::Eps)
        : m_means(means.to(at::kDouble)), m_weights(weights.to(at::kDouble)), m_variance(variance), m_prediction(prediction) {}
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    at::Tensor m_means, m_weights;
    double m_variance;
    Prediction m_prediction;
};

} // namespace phloxine
