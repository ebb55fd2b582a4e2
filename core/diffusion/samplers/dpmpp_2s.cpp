#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

// In y = x / alpha, with lambda = -log(sigma / alpha) and h the step in it: a half step gives the x0 that carries the whole step.
at::Tensor sampleDpmpp2s(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto& now = plan.levels[std::size_t(i)];
        const auto& next = plan.levels[std::size_t(i) + 1];
        const auto [down, up] = ancestralStep(plan.settings.eta, now.ratio(), next.ratio());
        x0 = denoise(x, now).x0;
        at::Tensor y = x0;
        if (down > 0) {
            const double h = std::log(now.ratio() / down);
            const auto middle = plan.between(now.ratio() * std::exp(-h / 2), now);
            const auto half = (middle.ratio() / now.ratio()) * (x / now.alpha) - std::expm1(-h / 2) * x0;
            y = (down / now.ratio()) * (x / now.alpha) - std::expm1(-h) * denoise(half * middle.alpha, middle).x0;
        }
        if (up > 0) y = y + up * walk.draw(y);
        x = y * next.alpha;
    }
    return walk.finish(x, x0);
}

// The same half step, but with fresh noise in both parts; two draws per step.
at::Tensor sampleDpmppSde(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    const double eta = plan.settings.eta;
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto& now = plan.levels[std::size_t(i)];
        const auto& next = plan.levels[std::size_t(i) + 1];
        x0 = denoise(x, now).x0;
        at::Tensor y = x0;
        if (next.sigma > 0) {
            const auto from = x / now.alpha;
            const auto part = [&](const at::Tensor& target, double to) {
                const auto [down, up] = ancestralStep(eta, now.ratio(), to);
                return (down / now.ratio()) * from - (down / now.ratio() - 1) * target + up * walk.draw(from);
            };
            const auto middle = plan.between(std::sqrt(now.ratio() * next.ratio()), now);
            y = part(denoise(part(x0, middle.ratio()) * middle.alpha, middle).x0, next.ratio());
        }
        x = y * next.alpha;
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
