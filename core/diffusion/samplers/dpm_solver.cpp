#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

namespace {

struct EpsEstimate {
    at::Tensor eps;
    double lambda = 0;
};

// sigma times the integral of the polynomial through the last estimates of eps over a step of h in lambda; `weight` is 2 for the SDE.
at::Tensor increment(const std::vector<EpsEstimate>& past, int order, bool heun, double weight, double sigma, double h) {
    const auto& now = past.back();
    const double phi1 = weight * sigma * std::expm1(h), phi2 = phi1 / h - weight * sigma;
    if (order == 1) return phi1 * now.eps;
    const auto& last = past[past.size() - 2];
    const double r0 = (now.lambda - last.lambda) / h;
    const auto slope = (now.eps - last.eps) / r0;
    if (order == 2) return phi1 * now.eps + (heun ? phi2 : phi1 / 2) * slope;
    const auto& first = past[past.size() - 3];
    const double r1 = (last.lambda - first.lambda) / h;
    const auto bend = (slope - (last.eps - first.eps) / r1) / (r0 + r1);
    return phi1 * now.eps + phi2 * (slope + r0 * bend) + (phi2 / h - weight * sigma / 2) * bend;
}

} // namespace

at::Tensor sampleDpmSolver(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    const auto& s = plan.settings;
    std::vector<EpsEstimate> past;
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto& now = plan.levels[std::size_t(i)];
        const auto& next = plan.levels[std::size_t(i) + 1];
        const auto d = denoise(x, now);
        x0 = d.x0;
        past.push_back({d.eps, logSnr(now)});
        if (past.size() > 3) past.erase(past.begin());
        const double h = logSnr(next) - logSnr(now);
        x = (next.alpha / now.alpha) * x - increment(past, multistepOrder(s, i, plan.steps()), s.heun, s.eta > 0 ? 2 : 1, next.sigma, h);
        if (s.eta > 0) x = x + next.sigma * std::sqrt(std::expm1(2 * h)) * walk.draw(x);
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
