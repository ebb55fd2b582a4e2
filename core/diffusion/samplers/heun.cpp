#include "core/diffusion/samplers/samplers.h"

namespace phloxine {

at::Tensor sampleHeun(Denoiser& denoise, at::Tensor x, const std::vector<Level>& levels, NoiseSource&, const StepHook& hook) {
    const int steps = int(levels.size()) - 1;
    at::Tensor x0;
    for (int i = 0; i < steps; ++i) {
        if (hook) hook({i, steps, x, x0});
        const auto& now = levels[std::size_t(i)];
        const auto& next = levels[std::size_t(i) + 1];
        const double ds = next.sigma / next.alpha - now.sigma / now.alpha;
        const auto d = denoise(x, now);
        x0 = d.x0;
        const auto y = x / now.alpha;
        x = (y + ds * d.eps) * next.alpha;
        if (next.sigma > 0) x = (y + ds * 0.5 * (d.eps + denoise(x, next).eps)) * next.alpha; // the slope at the far end corrects the step
    }
    if (hook) hook({steps, steps, x, x0});
    return requireFiniteLatent(x);
}

} // namespace phloxine
