#include "core/diffusion/samplers/walk.h"

#include "core/base/Error.h"

namespace phloxine {

namespace {

[[noreturn]] void notFinite(int index, int count) {
    const auto where =
        index == 0 ? std::string("before the first step") : "in step " + std::to_string(index) + " of " + std::to_string(count);
    throw Error(ErrorCode::Nan, "The sampling left the range of numbers " + where + "; use fp32 precision, more steps or less guidance.",
                "step " + std::to_string(index));
}

} // namespace

void Walk::check(int index, const at::Tensor& x) {
    auto finite = at::isfinite(x).all();
    if (!x.is_cpu()) m_finite.push_back(std::move(finite));
    else if (!finite.item<bool>()) notFinite(index, m_plan.steps());
}

void Walk::step(int index, const at::Tensor& x, const at::Tensor& x0) {
    check(index, x);
    if (m_hook) m_hook({index, m_plan.steps(), x, x0});
}

at::Tensor Walk::finish(const at::Tensor& x, const at::Tensor& x0) {
    const int steps = m_plan.steps();
    check(steps, x);
    if (!m_finite.empty()) {
        const auto all = at::stack(m_finite, 0).cpu();
        for (int i = 0; i <= steps; ++i)
            if (!all[i].item<bool>()) notFinite(i, steps);
    }
    if (m_hook) m_hook({steps, steps, x, x0});
    return x;
}

at::Tensor Walk::draw(const at::Tensor& like) {
    auto noise = m_noise.draw(like.sizes()).to(like.device());
    return m_plan.settings.noiseScale == 1 ? noise : noise * m_plan.settings.noiseScale;
}

double freshNoise(double eta, const Level& from, const Level& to) {
    if (eta == 0 || to.sigma == 0) return 0;
    const double q = from.alpha * to.sigma / (to.alpha * from.sigma);
    return to.sigma * std::min(1.0, eta * std::sqrt(std::max(0.0, 1 - q * q)));
}

AncestralStep ancestralStep(double eta, double from, double to) {
    if (eta == 0) return {to, 0};
    const float a = float(from), b = float(to); // float32 as upstream: b^2 - up^2 cancels, and the rounding shows in long steps
    const float up = std::min(b, float(eta) * std::sqrt(b * b * (a * a - b * b) / (a * a)));
    return {std::sqrt(b * b - up * up), up};
}

Level churn(Walk& walk, const SamplingPlan& plan, const Level& now, at::Tensor& x) {
    const auto& s = plan.settings;
    if (s.churn == 0) return now;
    const auto noise = walk.draw(x); // drawn in every step, also where it is not used, as upstream
    const double ratio = now.ratio();
    if (ratio < s.churnFrom || ratio > s.churnTo) return now;
    const auto hat = plan.between(ratio * (1 + std::min(s.churn / plan.steps(), std::sqrt(2.0) - 1)), now);
    x = (x / now.alpha + noise * std::sqrt(hat.ratio() * hat.ratio() - ratio * ratio)) * hat.alpha;
    return hat;
}

double logSnr(const Level& level) { return std::log(level.alpha / level.sigma); }

int multistepOrder(const SamplerSettings& settings, int step, int steps) {
    int order = std::min(settings.order, step + 1);
    if (step == steps - 1 && (settings.eulerAtFinal || settings.lowerOrderFinal)) order = 1;
    if (step == steps - 2 && settings.lowerOrderFinal) order = std::min(order, 2);
    return order;
}

} // namespace phloxine
