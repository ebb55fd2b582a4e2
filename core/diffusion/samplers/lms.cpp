#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

namespace {

// The integral over [r_i, r_i+1] of the polynomial that is 1 at r_(i-j) and 0 at the other `order` - 1 last ratios. Four Gauss-Legendre
// nodes are exact up to degree 7; upstream integrates numerically.
double coefficient(const std::vector<Level>& levels, std::size_t i, int order, int j) {
    constexpr double nodes[] = {0.33998104358485626, 0.86113631159405258}, weights[] = {0.65214515486254614, 0.34785484513745386};
    const auto ratio = [&](std::size_t k) { return levels[k].ratio(); };
    const auto basis = [&](double tau) {
        double product = 1;
        for (int k = 0; k < order; ++k)
            if (k != j) product *= (tau - ratio(i - std::size_t(k))) / (ratio(i - std::size_t(j)) - ratio(i - std::size_t(k)));
        return product;
    };
    const double middle = (ratio(i) + ratio(i + 1)) / 2, half = (ratio(i + 1) - ratio(i)) / 2;
    double sum = 0;
    for (int n = 0; n < 2; ++n) sum += weights[n] * (basis(middle - half * nodes[n]) + basis(middle + half * nodes[n]));
    return half * sum;
}

} // namespace

at::Tensor sampleLms(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    std::vector<at::Tensor> slopes; // d (x / alpha) / d ratio, newest first
    at::Tensor x0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto& now = plan.levels[std::size_t(i)];
        const auto d = denoise(x, now);
        x0 = d.x0;
        slopes.insert(slopes.begin(), d.eps);
        if (int(slopes.size()) > plan.settings.order) slopes.pop_back();
        auto y = x / now.alpha;
        for (std::size_t j = 0; j < slopes.size(); ++j)
            y = y + coefficient(plan.levels, std::size_t(i), int(slopes.size()), int(j)) * slopes[j];
        x = y * plan.levels[std::size_t(i) + 1].alpha;
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
