#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

// In y = x / alpha and s = sigma / alpha the probability flow is dy/ds = eps, whatever the scale of the levels.
at::Tensor sampleEuler(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto now = churn(walk, plan, plan.levels[std::size_t(i)], x);
        const auto& next = plan.levels[std::size_t(i) + 1];
        const auto d = denoise(x, now);
        x0 = d.x0;
        x = (x / now.alpha + (next.sigma / next.alpha - now.sigma / now.alpha) * d.eps) * next.alpha;
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
