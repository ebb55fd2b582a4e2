#pragma once
// D(x, level, condition) -> {x0, eps}: the one thing that a sampler knows of a model. Predictions and scaling live in here, guidance and
// clipping in guidance.h.
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

enum class Prediction { Eps, V, X0, Flow };
// "eps", "v", "x0", "flow" and the words of diffusers ("epsilon", "v_prediction", "sample", "flow_prediction"). Error(Unsupported)
Prediction predictionFrom(const std::string& word);

// Turns what a network puts out at a level into x0 and eps. Eps, V and X0 belong to alpha^2 + sigma^2 = 1, with v = alpha eps - sigma x0
// (Salimans and Ho 2022); Flow belongs to alpha = 1 - sigma, with the velocity n - x0 (Lipman et al. 2023).
Denoised fromPrediction(Prediction prediction, const at::Tensor& x, const at::Tensor& output, const Level& level);

// The scale that the network was trained on: where alpha^2 + sigma^2 is not 1, x is divided by its root. Flow is left as it is.
struct NetworkInput {
    at::Tensor x;
    Level level;
};
NetworkInput networkInput(Prediction prediction, const at::Tensor& x, const Level& level);

} // namespace phloxine
