#include "core/diffusion/conventions/diffusers_families.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

namespace {

// The shift is applied twice: to the ends of the range when the scheduler is made, and to the sigmas of the run.
std::vector<double> sigmasOf(const SchedulerConfig& c, int steps) {
    const double shift = c.number("shift", 1), total = c.timesteps();
    const auto shifted = [&](double sigma) { return shift * sigma / (1 + (shift - 1) * sigma); };
    std::vector<double> sigmas;
    for (const double t : linspace(float(shifted(1)) * total, float(shifted(1 / total)) * total, steps))
        sigmas.push_back(shifted(t / total));
    if (const double end = c.number("shift_terminal", 0); end != 0) {
        const double scale = (1 - sigmas.back()) / (1 - end);
        for (auto& sigma : sigmas) sigma = 1 - (1 - sigma) / scale;
    }
    respaced(c, steps, sigmas.back(), sigmas.front(), sigmas);
    return sigmas;
}

} // namespace

SamplingPlan flowFamily(const SchedulerConfig& c, int steps) {
    if (c.flag("use_dynamic_shifting")) c.refuse("use_dynamic_shifting");
    const bool inverted = c.flag("invert_sigmas");
    SamplingPlan plan;
    for (const double value : sigmasOf(c, steps)) {
        const double sigma = inverted ? 1 - float(value) : float(value);
        plan.levels.push_back({1 - sigma, sigma, float(sigma * c.timesteps())});
    }
    plan.levels.push_back(inverted ? Level{0, 1, 0} : Level{});
    // Stochastic: x0, then fresh noise, which is what LCM does without a boundary condition.
    plan.sampler = c.flag("stochastic_sampling") ? sampleLcm : sampleDdim;
    plan.settings.timeScaling = std::numeric_limits<double>::infinity();
    return plan;
}

} // namespace phloxine
