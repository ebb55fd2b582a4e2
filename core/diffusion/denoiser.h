#pragma once
// D(x, level, condition) -> {x0, eps}: the one thing that a sampler knows of a model. Predictions, scaling and guidance live in here.
#include <functional>
#include <string>

#include <ATen/ATen.h>

#include "core/diffusion/schedule.h"

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

// A network with its condition: called with x in variance-preserving scale and times [n], gives the raw prediction.
using Network = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& t, const at::Tensor& context)>;

// Classifier-free guidance (Ho and Salimans 2022): out = u + scale (c - u), both computed in one batch of 2n. Scale 1 computes the
// condition alone.
class GuidedDenoiser final : public Denoiser {
public:
    GuidedDenoiser(Network network, Prediction prediction, at::Tensor conditional, at::Tensor unconditional, double scale);
    Denoised operator()(const at::Tensor& x, const Level& level) override;

private:
    Network m_network;
    Prediction m_prediction;
    at::Tensor m_conditional, m_context; // m_context: conditional then unconditional, [2n, tokens, width]
    double m_scale;
};

} // namespace phloxine
