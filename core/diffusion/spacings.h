#pragma once
// Which levels a run of n steps visits. Times are those of the schedule (0 .. T-1), ratios are sigma / alpha; lists fall, and the last
// level is the one of the result. Steps below 1 or beyond the schedule are Error(WrongUse).
#include <string>
#include <vector>

#include "core/diffusion/schedule.h"

namespace phloxine {

// Times that CompVis DDIM visits for S steps, ascending: "uniform" = 1 + k (T div S) (the number may differ from S and the last one be out
// of range), "quad", and "exact" = floor(k T / S) + (1 if 2 S <= T), always S steps. Error(Unsupported) for another word.
std::vector<int> compvisTimes(const std::string& spacing, int steps, int timesteps);
// The levels of these times, ending at abar[0] as upstream, which is visited once. Error(WrongUse) where they leave the schedule.
std::vector<Level> ddimLevels(const NoiseSchedule& schedule, int steps, const std::string& spacing = "exact");

// Spacings of the noise ratio, ending in 0 (k_diffusion.sampling.get_sigmas_*).
// Karras et al. 2022, eq. 5: sigma_i = (max^(1/rho) + i/(n-1) (min^(1/rho) - max^(1/rho)))^rho.
std::vector<double> karrasSigmas(int steps, double sigmaMin, double sigmaMax, double rho = 7);
std::vector<double> exponentialSigmas(int steps, double sigmaMin, double sigmaMax); // even in log sigma
std::vector<double> polyexponentialSigmas(int steps, double sigmaMin, double sigmaMax, double rho = 1);
std::vector<double> uniformSigmas(const NoiseSchedule& schedule, int steps); // even in t: DiscreteSchedule.get_sigmas(n)

// Karras spacing over the range of the schedule (its noise above sigma/alpha = 80 is left out), as variance-preserving levels.
std::vector<Level> karrasLevels(const NoiseSchedule& schedule, int steps);

// numpy.linspace(from, to, n) with its rounding, and diffusers' three ways to choose n of T times, noisiest first, unrounded for
// "linspace" (Lin et al. 2023, table 2). "trailing" keeps n times where numpy's arange would return one more, below zero.
std::vector<double> linspace(double from, double to, int n);
std::vector<double> leadingTimes(int steps, int timesteps, int offset);
std::vector<double> trailingTimes(int steps, int start, double stride);
double roundHalfToEven(double value);

// What a user picks from, for a model with a variance-preserving schedule.
struct SpacingInfo {
    const char *id, *title;
    std::vector<Level> (*levels)(const NoiseSchedule&, int steps);
};
const std::vector<SpacingInfo>& spacings();
const SpacingInfo& findSpacing(const std::string& id); // Error(WrongUse) naming the known ones

// Flow matching: sigma from 1 down to 0, alpha = 1 - sigma, t = 1000 sigma; shift > 1 spends more steps on noise (Esser et al. 2024).
std::vector<Level> flowLevels(int steps, double shift = 1);

void requireSteps(int steps, int most); // Error(WrongUse): "The number of steps must lie between 1 and ..."

} // namespace phloxine
