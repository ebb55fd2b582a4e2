#include "core/diffusion/samplers/plan.h"

#include "core/base/Error.h"

namespace phloxine {

Move SamplingPlan::move(int step) const {
    const auto i = std::size_t(step);
    if (!moves.empty()) return moves.at(i);
    return {levels.at(i), levels.at(i), levels.at(i + 1)};
}

Level SamplingPlan::between(double ratio, const Level& like) const {
    const double t = timeOf && ratio > 0 ? timeOf(ratio) : 0;
    return like.alpha == 1 ? explodingLevel(ratio, t) : preservingLevel(ratio, t);
}

at::Tensor run(const SamplingPlan& plan, Denoiser& denoise, const at::Tensor& noise, NoiseSource& draws, const StepHook& hook) {
    if (plan.steps() < 1) throw Error(ErrorCode::WrongUse, "The number of steps must be at least 1.");
    const auto x = plan.startScale == 1 ? noise : noise * plan.startScale;
    if (!plan.limit.any()) return plan.sampler(denoise, x, plan, draws, hook);
    LimitedDenoiser limited(denoise, plan.limit);
    return plan.sampler(limited, x, plan, draws, hook);
}

namespace {

class Listener final : public Denoiser {
public:
    std::vector<Level> levels;
    Denoised operator()(const at::Tensor& x, const Level& level) override {
        levels.push_back(level);
        return {at::zeros_like(x), at::zeros_like(x)};
    }
};

class Silence final : public NoiseSource {
public:
    at::Tensor draw(at::IntArrayRef shape) override { return at::zeros(shape); }
};

} // namespace

// The calls of every sampler depend on its plan alone, so a dry run tells them.
std::vector<Level> networkCalls(const SamplingPlan& plan) {
    Listener listener;
    Silence silence;
    plan.sampler(listener, at::zeros({1, 1, 1, 1}), plan, silence, {});
    return listener.levels;
}

} // namespace phloxine
