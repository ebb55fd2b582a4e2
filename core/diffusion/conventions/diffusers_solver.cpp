#include "core/base/Error.h"
#include "core/diffusion/conventions/diffusers_families.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

namespace {

// DPM++ leaves out the times whose lambda = log(alpha / sigma) lies below lambda_min_clipped.
int lastTime(const SchedulerConfig& c, const NoiseSchedule& schedule) {
    if (!c.has("lambda_min_clipped")) return schedule.timesteps();
    const float least = float(c.number("lambda_min_clipped", 0));
    int last = schedule.timesteps();
    while (last > 1) {
        const float bar = float(schedule.alphasCumprod[std::size_t(last) - 1]);
        if (std::log(std::sqrt(bar)) - std::log(std::sqrt(1 - bar)) >= least) break;
        --last;
    }
    return last;
}

void addFlowSigmas(const SchedulerConfig& c, int steps, bool dpm, SigmaRun& run) {
    const double shift = c.number("flow_shift", 1), total = c.timesteps();
    auto even = linspace(1, 1 / total, steps + 1);
    if (dpm) { // the order of upstream's arithmetic decides to which whole time a sigma is cut
        for (auto& value : even) value = 1 - value;
        std::reverse(even.begin(), even.end());
    }
    for (const double value : even) run.sigmas.push_back(shift * value / (1 + (shift - 1) * value));
    run.sigmas.pop_back();
    if (const double end = c.number("shift_terminal", 0); !dpm && end != 0) {
        const double scale = (1 - run.sigmas.back()) / (1 - end);
        for (auto& sigma : run.sigmas) sigma = 1 - (1 - sigma) / scale;
    }
    if (!dpm && std::abs(run.sigmas.front() - 1) < 1e-6) run.sigmas.front() -= 1e-6; // log(alpha) would be infinite
    run.times.clear();
    for (const double sigma : run.sigmas) run.times.push_back(sigma * total);
}

SigmaRun runOf(const SchedulerConfig& c, int steps) {
    const bool dpm = c.className == "DPMSolverMultistepScheduler", karras = c.flag("use_karras_sigmas"),
               lu = dpm && c.flag("use_lu_lambdas"), cosine = c.word("beta_schedule", "linear") == "squaredcos_cap_v2";
    if (c.flag("use_dynamic_shifting")) c.refuse("use_dynamic_shifting");
    const auto schedule = diffusersSchedule(c);
    const SigmaTable table(schedule);
    SigmaRun run;
    run.times = diffusersTimes(c, TimeFamily::Solver, steps, "linspace", dpm ? lastTime(c, schedule) : schedule.timesteps());
    bool ranged = karras || !lu ? respaced(c, steps, table.lowest(), table.highest(), run.sigmas) : false;
    if (!ranged && lu) { // even in log sigma (Lu et al. 2022a, with rho 1)
        for (const double log : linspace(table.highestLog(), table.lowestLog(), steps)) run.sigmas.push_back(std::exp(log));
        ranged = true;
    }
    if (ranged) {
        if (c.flag("use_flow_sigmas")) c.refuse("flow sigmas and another spacing of them");
        run.times.clear();
        const bool round = (karras && !(dpm && cosine)) || (!karras && lu && !cosine);
        for (const double sigma : run.sigmas) run.times.push_back(round ? roundHalfToEven(table.timeOf(sigma)) : table.timeOf(sigma));
    } else if (c.flag("use_flow_sigmas")) addFlowSigmas(c, steps, dpm, run), ranged = !dpm;
    else
        for (const double t : run.times) run.sigmas.push_back(table.at(t));
    const auto end = c.word("final_sigmas_type", "zero");
    if (end != "zero" && end != "sigma_min") c.refuse("final_sigmas_type \"" + end + "\"");
    run.sigmas.push_back(end == "zero" ? 0 : ranged && !dpm ? run.sigmas.back() : table.lowest());
    return run;
}

void setDpm(const SchedulerConfig& c, int steps, SamplingPlan& plan) {
    const auto algorithm = c.word("algorithm_type", "dpmsolver++"), type = c.word("solver_type", "midpoint");
    const bool sde = algorithm.starts_with("sde-"), plus = algorithm.ends_with("++");
    if (algorithm != "deis" && algorithm != "dpmsolver" && algorithm != "dpmsolver++" && algorithm != "sde-dpmsolver" &&
        algorithm != "sde-dpmsolver++")
        c.refuse("algorithm_type \"" + algorithm + "\"");
    if (type != "midpoint" && type != "heun" && type != "logrho" && type != "bh1" && type != "bh2")
        c.refuse("solver_type \"" + type + "\"");
    auto& s = plan.settings;
    s.order = c.whole("solver_order", 2);
    if (s.order < 1 || s.order > 3) c.refuse("solver_order " + std::to_string(s.order));
    s.heun = type == "heun";
    s.eta = sde ? 1 : 0;
    s.eulerAtFinal = c.flag("euler_at_final");
    s.lowerOrderFinal = c.flag("lower_order_final", true) && steps < 15;
    s.sdeThirdOrderAsDiffusers = sde;
    plan.sampler = plus || algorithm == "deis" ? sampleDpmpp : sampleDpmSolver;
    if (plan.sampler == sampleDpmSolver && c.word("final_sigmas_type", "zero") == "zero")
        c.refuse("algorithm_type \"" + algorithm + "\" and final_sigmas_type \"zero\"");
    if (algorithm == "sde-dpmsolver" && s.order == 3) c.refuse("algorithm_type \"sde-dpmsolver\" and solver_order 3");
    plan.limit = limitOf(c, false, true);
    plan.limit.clip = 0; // clip_sample is not a setting of this class
}

void setUniPc(const SchedulerConfig& c, SamplingPlan& plan) {
    const auto type = c.word("solver_type", "bh2");
    auto& s = plan.settings;
    s.order = c.whole("solver_order", 2);
    if (s.order < 1 || s.order > 6) c.refuse("solver_order " + std::to_string(s.order));
    if (c.has("solver_p")) c.refuse("solver_p");
    s.bh1 = type == "bh1";
    if (!s.bh1 && type != "bh2" && type != "midpoint" && type != "heun" && type != "logrho") c.refuse("solver_type \"" + type + "\"");
    s.fromX0 = c.flag("predict_x0", true);
    if (!s.fromX0 && c.word("final_sigmas_type", "zero") == "zero") c.refuse("predict_x0 false and final_sigmas_type \"zero\"");
    s.lowerOrderFinal = c.flag("lower_order_final", true);
    for (const double step : c.numbers("disable_corrector")) s.uncorrected.push_back(int(step));
    plan.sampler = sampleUniPc;
    if (s.fromX0) plan.limit = limitOf(c, false, true);
    plan.limit.clip = 0;
}

} // namespace

SamplingPlan solverFamily(const SchedulerConfig& c, int steps) {
    const bool flow = c.flag("use_flow_sigmas");
    if (flow != (diffusersPrediction(c) == Prediction::Flow)) c.refuse("flow sigmas without flow prediction, or the other way round,");
    const auto run = runOf(c, steps);
    SamplingPlan plan;
    for (std::size_t i = 0; i < run.sigmas.size(); ++i) {
        const double sigma = float(run.sigmas[i]), t = i < run.times.size() ? std::trunc(run.times[i]) : 0; // times become whole numbers
        plan.levels.push_back(flow ? Level{1 - sigma, sigma, t} : preservingLevel(sigma, t));
    }
    if (c.className == "DPMSolverMultistepScheduler") setDpm(c, plan.steps(), plan);
    else setUniPc(c, plan);
    return plan;
}

} // namespace phloxine
