#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

at::Tensor sampleDdim(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    const double eta = plan.settings.eta;
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto [at, from, to] = plan.move(i);
        const auto d = denoise(x, at);
        x0 = d.x0;
        const double fresh = freshNoise(eta, from, to);
        x = to.alpha * d.x0 + (fresh == 0 ? to.sigma : std::sqrt(to.sigma * to.sigma - fresh * fresh)) * d.eps;
        if (eta > 0) x = x + fresh * walk.draw(x);
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
