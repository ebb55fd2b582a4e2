#include "core/diffusion/samplers/samplers.h"

namespace phloxine {

at::Tensor sampleDdim(Denoiser& denoise, at::Tensor x, const std::vector<Level>& levels, NoiseSource&, const StepHook& hook) {
    const int steps = int(levels.size()) - 1;
    at::Tensor x0;
    for (int i = 0; i < steps; ++i) {
        if (hook) hook({i, steps, x, x0});
        const auto d = denoise(x, levels[std::size_t(i)]);
        const auto& next = levels[std::size_t(i) + 1];
        x0 = d.x0;
        x = next.alpha * d.x0 + next.sigma * d.eps;
    }
    if (hook) hook({steps, steps, x, x0});
    return requireFiniteLatent(x);
}

} // namespace phloxine
