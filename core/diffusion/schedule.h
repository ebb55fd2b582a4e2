#pragma once
// Noise levels. A level is a pair (alpha, sigma) with x = alpha x0 + sigma n, and the time t that the network is told (may be fractional).
#include <string>
#include <vector>

namespace phloxine {

struct Level {
    double alpha = 1, sigma = 0, t = 0;
};

// What a checkpoint was trained with: cumulative alphas at t = 0 .. T-1.
struct NoiseSchedule {
    std::vector<double> alphasCumprod;

    int timesteps() const { return int(alphasCumprod.size()); }
    Level at(int t) const;                  // alpha = sqrt(abar), sigma = sqrt(1 - abar)
    double noiseRatio(int t) const;         // sigma / alpha
    double timeOf(double noiseRatio) const; // fractional t, linear in log(sigma/alpha) between the steps, clamped
};

// Betas as CompVis names them (ldm.modules.diffusionmodules.util.make_beta_schedule): "linear" is linear in the square root.
std::vector<double> compvisBetas(const std::string& name, int timesteps, double linearStart, double linearEnd); // Error(Unsupported)
NoiseSchedule scheduleFromBetas(const std::vector<double>& betas);

// Times that CompVis DDIM visits for S steps, ascending: "uniform" = 1 + k (T div S) (the number may differ from S and the last one be out
// of range), "quad", and "exact" = floor(k T / S) + (1 if 2 S <= T), always S steps.
std::vector<int> compvisTimes(const std::string& spacing, int steps, int timesteps);

// Levels to sample through, noisiest first; the last one is the level of the result.
std::vector<Level> ddimLevels(const NoiseSchedule& schedule, int steps,
                              const std::string& spacing = "exact"); // result at abar[0], as upstream
// Karras et al. 2022, eq. 5: sigma_i = (max^(1/rho) + i/(n-1) (min^(1/rho) - max^(1/rho)))^rho, then 0.
std::vector<double> karrasSigmas(int steps, double sigmaMin, double sigmaMax, double rho = 7);
// Karras spacing over the range of the schedule (its noise above sigma/alpha = 80 is left out), as variance-preserving levels.
std::vector<Level> karrasLevels(const NoiseSchedule& schedule, int steps);
// k-diffusion's own: alpha = 1, sigma as given, t only where a schedule is given.
std::vector<Level> explodingLevels(const std::vector<double>& sigmas, const NoiseSchedule* schedule = nullptr);
// diffusers' DPMSolverMultistepScheduler with linspace spacing.
std::vector<Level> linspaceLevels(const NoiseSchedule& schedule, int steps);

} // namespace phloxine
