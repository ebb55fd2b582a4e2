#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

at::Tensor sampleHeun(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto now = churn(walk, plan, plan.levels[std::size_t(i)], x);
        const auto& next = plan.levels[std::size_t(i) + 1];
        const double ds = next.sigma / next.alpha - now.sigma / now.alpha;
        const auto d = denoise(x, now);
        x0 = d.x0;
        const auto y = x / now.alpha;
        x = (y + ds * d.eps) * next.alpha;
        if (next.sigma > 0) x = (y + ds * 0.5 * (d.eps + denoise(x, next).eps)) * next.alpha; // the slope at the far end corrects the step
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
