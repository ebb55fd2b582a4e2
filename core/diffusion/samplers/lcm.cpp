#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

// The network jumps to x0; x0 is noised again for the next step. The boundary condition blends in x itself where t is near 0:
// c_skip = s^2 / (T^2 + s^2), c_out = T / sqrt(T^2 + s^2) with T = timeScaling t, s = 1/2.
at::Tensor sampleLcm(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto [at, from, to] = plan.move(i);
        x0 = denoise(x, at).x0;
        if (std::isfinite(plan.settings.timeScaling)) {
            const double time = plan.settings.timeScaling * at.t, square = time * time + 0.25;
            x0 = time / std::sqrt(square) * x0 + 0.25 / square * x;
        }
        x = i + 1 < plan.steps() ? to.alpha * x0 + to.sigma * walk.draw(x) : x0;
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
