#include "core/diffusion/conventions/diffusers_families.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

namespace {

Sampler samplerOf(const SchedulerConfig& c, SamplerSettings& settings) {
    if (c.className == "EulerDiscreteScheduler") return sampleEuler;
    if (c.className == "HeunDiscreteScheduler") return sampleHeun;
    if (c.className == "LMSDiscreteScheduler") return settings.order = 4, sampleLms;
    settings.eta = c.className == "KDPM2DiscreteScheduler" ? 0 : 1;
    return c.className == "EulerAncestralDiscreteScheduler" ? sampleDdim : sampleDpm2;
}

SigmaRun runOf(const SchedulerConfig& c, const SigmaTable& table, int steps) {
    const bool euler = c.className == "EulerDiscreteScheduler", ancestral = c.className == "EulerAncestralDiscreteScheduler";
    SigmaRun run;
    run.times = diffusersTimes(c, TimeFamily::Fractional, steps, "linspace", c.timesteps());
    const auto interpolation = euler ? c.word("interpolation_type", "linear") : "linear";
    if (interpolation == "linear")
        for (const double t : run.times) run.sigmas.push_back(table.at(t));
    else if (interpolation == "log_linear") // one more than the times, and never 0
        for (const double log : linspace(std::log(table.highest()), std::log(table.lowest()), steps + 1))
            run.sigmas.push_back(std::exp(log));
    else c.refuse("interpolation_type \"" + interpolation + "\"");
    if (!ancestral && respaced(c, steps, run.sigmas.back(), run.sigmas.front(), run.sigmas)) {
        run.times.clear();
        const bool whole = c.is({"KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"}) && c.flag("use_karras_sigmas");
        for (const double sigma : run.sigmas) run.times.push_back(whole ? roundHalfToEven(table.timeOf(sigma)) : table.timeOf(sigma));
    }
    const auto end = euler ? c.word("final_sigmas_type", "zero") : "zero";
    if (end != "zero" && end != "sigma_min") c.refuse("final_sigmas_type \"" + end + "\"");
    run.sigmas.push_back(end == "zero" ? 0 : table.lowest());
    for (auto& sigma : run.sigmas) sigma = float(sigma);
    if (euler && c.word("timestep_type", "discrete") == "continuous" && diffusersPrediction(c) == Prediction::V)
        for (std::size_t i = 0; i < run.times.size(); ++i) run.times[i] = 0.25 * std::log(run.sigmas[i]);
    return run;
}

} // namespace

SamplingPlan ratioFamily(const SchedulerConfig& c, int steps) {
    const SigmaTable table(diffusersSchedule(c));
    const auto run = runOf(c, table, steps);
    SamplingPlan plan;
    plan.sampler = samplerOf(c, plan.settings);
    if (c.className == "HeunDiscreteScheduler") plan.limit = limitOf(c, false, false);
    for (std::size_t i = 0; i < run.times.size(); ++i) plan.levels.push_back(explodingLevel(run.sigmas[i], float(run.times[i])));
    plan.levels.push_back(explodingLevel(run.sigmas[run.times.size()], 0));
    const double first = run.sigmas.front();
    const bool leading = c.word("timestep_spacing", "linspace") == "leading";
    plan.startScale = leading ? std::sqrt(first * first + 1) : first;
    plan.timeOf = [table](double ratio) { return table.timeOf(float(ratio)); };
    return plan;
}

} // namespace phloxine
