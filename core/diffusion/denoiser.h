#pragma once
// D(x, level, condition) -> {x0, eps}: the one thing that a sampler knows of a model. Predictions, scaling and guidance live in here.
#include <string>

#include <ATen/ATen.h>

#include "core/diffusion/schedule.h"
#include "core/nn/network.h"

namespace phloxine {

struct Denoised {
    at::Tensor x0, eps; // both satisfy x = alpha x0 + sigma eps
};

class Denoiser {
public:
    virtual ~Denoiser() = default;
    virtual Denoised operator()(const at::Tensor& x, const Level& level) = 0; // x [n, c, h, w] float32
};

enum class Prediction { Eps, V, X0 };
Prediction predictionFrom(const std::string& word); // "eps", "v", "x0". Error(Unsupported)

// Turns what a network puts out at (alpha, sigma), alpha^2 + sigma^2 = 1, into x0 and eps. v = alpha eps - sigma x0 (Salimans and Ho 2022).
Denoised fromPrediction(Prediction prediction, const at::Tensor& x, const at::Tensor& output, const Level& level);

// A network with its condition, under classifier-free guidance (Ho and Salimans 2022): out = u + scale (c - u), both computed in one batch
// of 2n. Scale 1 computes the condition alone. The network outlives the denoiser.
class GuidedDenoiser final : public Denoiser {
public:
    GuidedDenoiser(const nn::Network& network, Prediction prediction, nn::Context conditional, const nn::Context& unconditional,
                   double scale);
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    const nn::Network& m_network;
    Prediction m_prediction;
    nn::Context m_conditional, m_both; // m_both: conditional then unconditional, 2n of them
    double m_scale;
};

} // namespace phloxine
