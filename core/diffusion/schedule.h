#pragma once
// Noise levels. A level is a pair (alpha, sigma) with x = alpha x0 + sigma n, and the time t that the network is told (may be fractional).
// Three scales occur: variance preserving (alpha^2 + sigma^2 = 1), exploding (alpha = 1) and flow (alpha = 1 - sigma).
#include <string>
#include <vector>

namespace phloxine {

struct Level {
    double alpha = 1, sigma = 0, t = 0;

    double ratio() const { return sigma / alpha; } // noise against signal; what k-diffusion calls sigma
};

// What a checkpoint was trained with: cumulative alphas at t = 0 .. T-1.
struct NoiseSchedule {
    std::vector<double> alphasCumprod;

    int timesteps() const { return int(alphasCumprod.size()); }
    Level at(int t) const;                  // alpha = sqrt(abar), sigma = sqrt(1 - abar)
    double noiseRatio(int t) const;         // sigma / alpha
    double timeOf(double noiseRatio) const; // fractional t, linear in log(sigma/alpha) between the steps, clamped
    double ratioOf(double t) const;         // the inverse, for t in 0 .. T-1
};

// Betas as CompVis names them (ldm.modules.diffusionmodules.util.make_beta_schedule): "linear" is linear in the square root.
std::vector<double> compvisBetas(const std::string& name, int timesteps, double linearStart, double linearEnd); // Error(Unsupported)
NoiseSchedule scheduleFromBetas(const std::vector<double>& betas);

// Levels of a noise ratio, in two scales.
Level preservingLevel(double ratio, double t); // alpha = 1 / sqrt(1 + ratio^2), sigma = ratio alpha
inline Level explodingLevel(double ratio, double t) { return {1, ratio, t}; }

} // namespace phloxine
