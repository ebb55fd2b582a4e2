#include "core/diffusion/samplers/samplers.h"

namespace phloxine {

at::Tensor sampleDpmpp2m(Denoiser& denoise, at::Tensor x, const std::vector<Level>& levels, NoiseSource&, const StepHook& hook) {
    const auto logSnr = [](const Level& l) { return std::log(l.alpha / l.sigma); }; // half the log signal-to-noise ratio
    const int steps = int(levels.size()) - 1;
    at::Tensor x0, previous;
    for (int i = 0; i < steps; ++i) {
        if (hook) hook({i, steps, x, x0});
        const auto& now = levels[std::size_t(i)];
        const auto& next = levels[std::size_t(i) + 1];
        x0 = denoise(x, now).x0;
        if (next.sigma == 0) x = next.alpha * x0; // h is infinite
        else {
            const double h = logSnr(next) - logSnr(now);
            auto direction = x0;
            if (previous.defined()) {
                const double r = (logSnr(now) - logSnr(levels[std::size_t(i) - 1])) / h;
                direction = x0 + (x0 - previous) / (2 * r);
            }
            x = (next.sigma / now.sigma) * x - next.alpha * std::expm1(-h) * direction;
        }
        previous = x0;
    }
    if (hook) hook({steps, steps, x, x0});
    return requireFiniteLatent(x);
}

} // namespace phloxine
