#pragma once
// The samplers of k-diffusion (k_diffusion.sampling): alpha is 1, x begins as noise times the first sigma, times are fractional.
#include <optional>
#include <string>

#include "core/diffusion/samplers/plan.h"

namespace phloxine {

struct KDiffusionRun {
    std::string sampler;        // without "sample_": "euler", "dpmpp_2m_sde", ...
    std::vector<double> sigmas; // falling, ending in 0
    std::optional<double> eta = {}, noiseScale = {}, churn = {}, churnFrom = {}, churnTo = {}; // upstream's defaults where not set
    std::optional<int> order = {};                                                             // of LMS
    std::string solverType = {}; // of dpmpp_2m_sde: "midpoint" (default) or "heun"
};
// `schedule` tells the times of DiscreteSchedule.sigma_to_t; without it t stays 0. Error(Unsupported) for another name.
SamplingPlan kdiffusionPlan(const KDiffusionRun& run, const NoiseSchedule* schedule);

// Sigmas by name: "karras", "exponential", "polyexponential", or "" for even times of the schedule.
struct SigmaRange {
    double low = 0, high = 0, rho = 7;
};
std::vector<double> kdiffusionSigmas(const std::string& spacing, int steps, const SigmaRange& range, const NoiseSchedule* schedule);

} // namespace phloxine
