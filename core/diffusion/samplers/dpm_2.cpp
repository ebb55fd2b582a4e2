#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

// The slope at the geometric middle of the step carries the whole step; with eta, the step goes to the ancestral ratio and noise follows.
at::Tensor sampleDpm2(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto now = churn(walk, plan, plan.levels[std::size_t(i)], x);
        const auto& next = plan.levels[std::size_t(i) + 1];
        const auto [down, up] = ancestralStep(plan.settings.eta, now.ratio(), next.ratio());
        const auto d = denoise(x, now);
        x0 = d.x0;
        auto y = x / now.alpha;
        if (down == 0) y = y - now.ratio() * d.eps;
        else {
            const auto middle = plan.between(std::sqrt(now.ratio() * down), now);
            const auto half = (y + (middle.ratio() - now.ratio()) * d.eps) * middle.alpha;
            y = y + (down - now.ratio()) * denoise(half, middle).eps;
            if (up > 0) y = y + up * walk.draw(y);
        }
        x = y * next.alpha;
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
