#pragma once
// A problem whose answer is known, for tests of samplers: x0 ~ N(0.3, 0.25) in every element.
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"
#include "core/verify/closed_form.h"

namespace phloxine {

struct Problem {
    at::Tensor mean = at::full({1, 1, 1, 1}, 0.3), variance = at::full({1, 1, 1, 1}, 0.25);

    GaussianDenoiser denoiser(Prediction prediction = Prediction::Eps) const { return {mean, variance, prediction}; }

    // The probability flow carries x at noise ratio r0 to m + (x / alpha - m) sqrt((v + r1^2) / (v + r0^2)) at r1.
    at::Tensor exact(const at::Tensor& x, const Level& from, const Level& to) const {
        const double r0 = from.ratio(), r1 = to.ratio();
        const auto y = x.to(at::kDouble) / from.alpha, m = mean.to(at::kDouble), v = variance.to(at::kDouble);
        return to.alpha * (m + (y - m) * ((v + r1 * r1) / (v + r0 * r0)).sqrt());
    }
};

// Levels that are smooth in i and never reach zero, so that the order of a method shows: r falls from 5 to 0.05 along Karras' curve.
inline std::vector<Level> smoothLevels(int steps) {
    std::vector<Level> levels;
    const double top = std::pow(5.0, 1 / 7.0), bottom = std::pow(0.05, 1 / 7.0);
    for (int i = 0; i <= steps; ++i) levels.push_back(preservingLevel(std::pow(top + (bottom - top) * i / steps, 7), 500));
    return levels;
}

inline SamplingPlan planOn(const std::string& id, std::vector<Level> levels) {
    const auto& row = findSampler(id);
    SamplingPlan plan;
    plan.sampler = row.sample;
    plan.settings = row.settings;
    plan.levels = std::move(levels);
    return plan;
}

inline NoiseSchedule stableSchedule() { return scheduleFromBetas(compvisBetas("linear", 1000, 0.00085, 0.012)); }

} // namespace phloxine
