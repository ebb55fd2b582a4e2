#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

namespace {

struct X0Estimate {
    at::Tensor x0;
    double lambda = 0;
};

// What a step of h in lambda adds: alpha times the integral of the polynomial through the last estimates of x0, with k = h (1 + eta).
at::Tensor increment(const SamplerSettings& s, const std::vector<X0Estimate>& past, int order, double alpha, double h, double k) {
    const auto& now = past.back();
    const double phi1 = -alpha * std::expm1(-k), phi2 = alpha - phi1 / k;
    if (order == 1) return phi1 * now.x0;
    const auto& last = past[past.size() - 2];
    const double r0 = (now.lambda - last.lambda) / h;
    if (order == 2 && !s.heun) return phi1 * (now.x0 + (now.x0 - last.x0) / (2 * r0));
    const auto slope = (now.x0 - last.x0) / r0;
    if (order == 2) return phi1 * now.x0 + phi2 * slope;
    const auto& first = past[past.size() - 3];
    const double r1 = (last.lambda - first.lambda) / h;
    const auto bend = (slope - (last.x0 - first.x0) / r1) / (r0 + r1);
    const double phi3 = phi2 / k - (s.sdeThirdOrderAsDiffusers ? -0.5 : 0.5) * alpha;
    return phi1 * now.x0 + phi2 * (slope + r0 * bend) - phi3 * bend;
}

} // namespace

at::Tensor sampleDpmpp(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    const auto& s = plan.settings;
    std::vector<X0Estimate> past;
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto& now = plan.levels[std::size_t(i)];
        const auto& next = plan.levels[std::size_t(i) + 1];
        x0 = denoise(x, now).x0;
        past.push_back({x0, logSnr(now)});
        if (past.size() > 3) past.erase(past.begin());
        if (next.sigma == 0) { // h is infinite
            x = next.alpha * x0;
            continue;
        }
        const double h = logSnr(next) - logSnr(now), k = h * (1 + s.eta);
        const double decay = s.eta > 0 ? std::exp(-s.eta * h) : 1; // h may be infinite at the first step
        x = (next.sigma / now.sigma * decay) * x + increment(s, past, multistepOrder(s, i, plan.steps()), next.alpha, h, k);
        if (s.eta > 0) x = x + next.sigma * std::sqrt(-std::expm1(-2 * s.eta * h)) * walk.draw(x);
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
