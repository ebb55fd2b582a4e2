#include "core/diffusion/conventions/kdiffusion.h"

#include "core/base/Error.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

SamplingPlan kdiffusionPlan(const KDiffusionRun& run, const NoiseSchedule* schedule) {
    static constexpr std::string_view offered[] = {"euler",    "euler_ancestral", "heun",         "dpm_2",     "dpm_2_ancestral",   "lms",
                                                   "dpmpp_2m", "dpmpp_2m_sde",    "dpmpp_3m_sde", "dpmpp_sde", "dpmpp_2s_ancestral"};
    if (std::find(std::begin(offered), std::end(offered), run.sampler) == std::end(offered))
        throw Error(ErrorCode::Unsupported, "The sampler \"" + run.sampler + "\" of k-diffusion is not known.", run.sampler);
    if (run.sigmas.size() < 2) throw Error(ErrorCode::WrongUse, "The number of steps must be at least 1.");
    const auto& row = findSampler(run.sampler);
    SamplingPlan plan;
    plan.sampler = row.sample;
    auto& s = plan.settings = row.settings;
    if (row.settings.eta > 0) s.eta = run.eta.value_or(1);
    s.noiseScale = run.noiseScale.value_or(1);
    s.churn = run.churn.value_or(0);
    s.churnFrom = run.churnFrom.value_or(s.churnFrom), s.churnTo = run.churnTo.value_or(s.churnTo);
    if (run.sampler == "lms") s.order = run.order.value_or(4);
    if (run.sampler == "dpmpp_2m_sde") s.heun = run.solverType == "heun";
    if (schedule) plan.timeOf = [table = *schedule](double ratio) { return table.timeOf(ratio); };
    for (const double sigma : run.sigmas) plan.levels.push_back(explodingLevel(sigma, schedule && sigma > 0 ? schedule->timeOf(sigma) : 0));
    plan.startScale = run.sigmas.front();
    return plan;
}

std::vector<double> kdiffusionSigmas(const std::string& spacing, int steps, const SigmaRange& range, const NoiseSchedule* schedule) {
    if (steps < 1) throw Error(ErrorCode::WrongUse, "The number of steps must be at least 1.");
    if (spacing.empty()) {
        if (!schedule) throw Error(ErrorCode::WrongUse, "Even times need the schedule of a model.");
        return uniformSigmas(*schedule, steps);
    }
    if (spacing == "karras") return karrasSigmas(steps, range.low, range.high, range.rho);
    if (spacing == "exponential") return exponentialSigmas(steps, range.low, range.high);
    if (spacing == "polyexponential") return polyexponentialSigmas(steps, range.low, range.high, range.rho);
    throw Error(ErrorCode::Unsupported, "The spacing \"" + spacing + "\" of k-diffusion is not known.", spacing);
}

} // namespace phloxine
