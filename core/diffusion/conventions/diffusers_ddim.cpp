#include "core/base/Error.h"
#include "core/diffusion/conventions/diffusers_families.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

namespace {

// Levels of the table of abar; below t = 0 lies the final one.
struct Table {
    NoiseSchedule schedule;
    Level last;

    Table(const SchedulerConfig& c, bool oneByDefault)
        : schedule(diffusersSchedule(c)), last(c.flag("set_alpha_to_one", oneByDefault) ? Level{} : schedule.at(0)) {}
    Level operator()(double t) const {
        if (t >= schedule.timesteps())
            throw Error(ErrorCode::WrongUse, "This number of steps reaches beyond the schedule with this spacing; take another number.");
        return t >= 0 ? schedule.at(int(t)) : last;
    }
};

void visit(SamplingPlan& plan, const Table& at, const std::vector<double>& times, const Level& result) {
    for (const double t : times) plan.levels.push_back(at(t));
    plan.levels.push_back(result);
}

// A step goes to t - T div S, which is not always the time that is visited next.
SamplingPlan ddim(const SchedulerConfig& c, int steps, double eta) {
    SamplingPlan plan;
    plan.sampler = sampleDdim;
    plan.settings.eta = eta;
    plan.limit = limitOf(c, true, true);
    plan.limit.epsFollows = false;
    const Table at(c, true);
    const auto times = diffusersTimes(c, TimeFamily::Whole, steps, "leading", c.timesteps());
    for (const double t : times) plan.moves.push_back({at(t), at(t), at(t - c.timesteps() / steps)});
    visit(plan, at, times, plan.moves.back().to);
    return plan;
}

SamplingPlan ddpm(const SchedulerConfig& c, int steps) {
    const auto variance = c.word("variance_type", "fixed_small");
    if (variance != "fixed_small" && variance != "fixed_small_log" && variance != "fixed_large")
        c.refuse("variance_type \"" + variance + "\"");
    SamplingPlan plan;
    plan.sampler = sampleDdpm;
    plan.settings.largeVariance = variance == "fixed_large";
    plan.limit = limitOf(c, true, true);
    visit(plan, Table(c, true), diffusersTimes(c, TimeFamily::Whole, steps, "leading", c.timesteps()), Level{});
    return plan;
}

SamplingPlan lcm(const SchedulerConfig& c, int steps) {
    const int total = c.timesteps(), original = c.whole("original_inference_steps", 50);
    if (original < 1 || original > total) c.refuse("original_inference_steps " + std::to_string(original));
    requireSteps(steps, original);
    std::vector<double> times; // every (T div original)-th time less one, of which `steps` are taken evenly, from the noisiest
    for (int i = 0; i < steps; ++i)
        times.push_back((original - int(std::floor(i * (double(original) / steps)))) * double(total / original) - 1);
    SamplingPlan plan;
    plan.sampler = sampleLcm;
    plan.settings.timeScaling = c.number("timestep_scaling", 10);
    plan.limit = limitOf(c, false, true);
    visit(plan, Table(c, true), times, Level{});
    return plan;
}

// Without Runge-Kutta steps: the second time is asked twice, and its first answer moves x from t + d to t.
std::vector<Move> plmsCalls(const Table& at, const std::vector<double>& times, int d) {
    std::vector<Move> moves{{at(times[0]), at(times[0]), at(times[0] - d)}};
    if (times.size() > 1) moves.push_back({at(times[1]), at(times[1] + d), at(times[1])});
    for (std::size_t i = 1; i < times.size(); ++i) moves.push_back({at(times[i]), at(times[i]), at(times[i] - d)});
    return moves;
}

// The first three steps are Runge-Kutta steps of four calls, over d / 2 and d.
std::vector<Move> rungeKuttaCalls(const Table& at, const std::vector<double>& times, int d) {
    std::vector<Move> moves;
    const int half = d / 2;
    for (std::size_t i = 0; i < 3; ++i) {
        const double start = times[i], end = times[i + 1];
        moves.push_back({at(start), at(start), at(start - half)});
        moves.push_back({at(end + half), at(start), at(end + half)});
        moves.push_back({at(end + half), at(start), at(end)});
        moves.push_back({at(end), at(start), at(end)});
    }
    for (std::size_t i = 3; i < times.size(); ++i) moves.push_back({at(times[i]), at(times[i]), at(times[i] - d)});
    return moves;
}

SamplingPlan pndm(const SchedulerConfig& c, int steps) {
    SamplingPlan plan;
    plan.sampler = samplePlms;
    const auto prediction = diffusersPrediction(c);
    if (prediction != Prediction::Eps && prediction != Prediction::V)
        c.refuse("prediction_type \"" + c.word("prediction_type", "epsilon") + "\"");
    plan.settings.combineV = prediction == Prediction::V;
    plan.settings.rungeKuttaStart = !c.flag("skip_prk_steps");
    const Table at(c, false);
    const auto times = diffusersTimes(c, TimeFamily::Whole, steps, "leading", c.timesteps());
    const int d = c.timesteps() / steps;
    if (plan.settings.rungeKuttaStart && times.size() < 4)
        throw Error(ErrorCode::WrongUse, "PNDM with Runge-Kutta steps needs at least 4 steps.");
    plan.moves = plan.settings.rungeKuttaStart ? rungeKuttaCalls(at, times, d) : plmsCalls(at, times, d);
    visit(plan, at, times, plan.moves.back().to);
    return plan;
}

} // namespace

SamplingPlan ddimFamily(const SchedulerConfig& c, int steps, double eta) {
    if (c.className == "DDIMScheduler") return ddim(c, steps, eta);
    if (c.className == "DDPMScheduler") return ddpm(c, steps);
    if (c.className == "LCMScheduler") return lcm(c, steps);
    return pndm(c, steps);
}

} // namespace phloxine
