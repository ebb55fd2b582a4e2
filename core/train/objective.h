#pragma once
// What a denoising network is asked to learn: from a clean latent x0 and noise n at a level (alpha, sigma), the noisy input
// x = alpha x0 + sigma n and the target of the prediction. Latents are [n, c, h, w] float32.
#include <vector>

#include "core/diffusion/denoiser.h"

namespace phloxine {

// Hang et al. 2023, "Efficient diffusion training via min-SNR weighting": the error of x0 counts min(SNR, limit), whatever is predicted.
enum class LossWeight { One, MinSnr };

struct Objective {
    Prediction prediction = Prediction::V;
    LossWeight weight = LossWeight::One;
    double snrLimit = 5;
};

// The level of a share u of the way into noise, 0 <= u < 1: step floor(u T) of the schedule, or for flow sigma = u, alpha = 1 - u,
// t = 1000 u.
Level trainingLevel(const NoiseSchedule& schedule, Prediction prediction, double u);

struct NoisyBatch {
    at::Tensor x, target, t; // [n, c, h, w] twice, [n]
};
NoisyBatch noisyBatch(Prediction prediction, const at::Tensor& x0, const at::Tensor& noise, const std::vector<Level>& levels);

// The factor on the squared error of what the network predicts, of one level; not normalised.
double lossWeight(const Objective& objective, const Level& level);
// Its mean over all levels that training draws: divided by it, losses of different weights have one scale.
double meanLossWeight(const Objective& objective, const NoiseSchedule& schedule);

at::Tensor lossPerSample(const at::Tensor& output, const at::Tensor& target); // mean squared error, [n]

} // namespace phloxine
