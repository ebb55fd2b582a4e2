#pragma once
// What every sampler does between its equations: tell the hook, look for values that are not finite, draw noise.
#include "core/diffusion/samplers/plan.h"

namespace phloxine {

class Walk {
public:
    Walk(const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) : m_plan(plan), m_noise(noise), m_hook(hook) {}

    void step(int index, const at::Tensor& x, const at::Tensor& x0); // before each step
    at::Tensor finish(const at::Tensor& x, const at::Tensor& x0);    // after the last one; returns x
    at::Tensor draw(const at::Tensor& like);                         // the next draw, on like's device, times the noise scale

private:
    void check(int index, const at::Tensor& x);

    const SamplingPlan& m_plan;
    NoiseSource& m_noise;
    const StepHook& m_hook;
    std::vector<at::Tensor> m_finite; // on a GPU the answers are read once, at the end, so that no step waits for the device
};

// Standard deviation of the fresh noise of a step: eta times that of the posterior q(x_to | x_from, x0) (Song et al. 2021, eq. 16), which
// is also the "sigma_up" of k-diffusion's ancestral step.
double freshNoise(double eta, const Level& from, const Level& to);

// The noise ratio to go down to before fresh noise is added, and that noise, for a step from ratio `from` to `to`
// (k_diffusion.sampling.get_ancestral_step).
struct AncestralStep {
    double down = 0, up = 0;
};
AncestralStep ancestralStep(double eta, double from, double to);

// Adds noise before a step as Karras et al. 2022, alg. 2, lines 4 to 6; returns the level that x has then.
Level churn(Walk& walk, const SamplingPlan& plan, const Level& now, at::Tensor& x);

// Half the logarithm of the signal-to-noise ratio, log(alpha / sigma).
double logSnr(const Level& level);

// The order that a multistep method has in a step: it grows from 1, and falls at the end where the settings say so.
int multistepOrder(const SamplerSettings& settings, int step, int steps);

} // namespace phloxine
