#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

// With alpha and sigma instead of betas: the posterior's mean is that of DDIM with eta 1, and beta_t = 1 - (alpha_from / alpha_to)^2.
at::Tensor sampleDdpm(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto [at, from, to] = plan.move(i);
        const auto d = denoise(x, at);
        x0 = d.x0;
        const double posterior = freshNoise(1, from, to), kept = from.alpha / to.alpha;
        const double fresh = plan.settings.largeVariance ? std::sqrt(std::max(0.0, 1 - kept * kept)) : posterior;
        x = to.alpha * d.x0 + std::sqrt(to.sigma * to.sigma - posterior * posterior) * d.eps;
        if (from.t > 0) x = x + fresh * walk.draw(x);
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
