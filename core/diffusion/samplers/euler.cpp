#include "core/diffusion/samplers/samplers.h"

namespace phloxine {

// In y = x / alpha and s = sigma / alpha the probability flow is dy/ds = eps, whatever the scale of the levels.
at::Tensor sampleEuler(Denoiser& denoise, at::Tensor x, const std::vector<Level>& levels, NoiseSource&, const StepHook& hook) {
    const int steps = int(levels.size()) - 1;
    at::Tensor x0;
    for (int i = 0; i < steps; ++i) {
        if (hook) hook({i, steps, x, x0});
        const auto& now = levels[std::size_t(i)];
        const auto& next = levels[std::size_t(i) + 1];
        const auto d = denoise(x, now);
        x0 = d.x0;
        x = (x / now.alpha + (next.sigma / next.alpha - now.sigma / now.alpha) * d.eps) * next.alpha;
    }
    if (hook) hook({steps, steps, x, x0});
    return requireFiniteLatent(x);
}

} // namespace phloxine
