// Operations on schedules and samplers. The plans are those of real runs; only the denoiser and the noise are the case's.
#include "core/base/Error.h"
#include "core/diffusion/conventions/compvis.h"
#include "core/diffusion/conventions/diffusers.h"
#include "core/diffusion/conventions/kdiffusion.h"
#include "core/diffusion/spacings.h"
#include "core/generate/GraphedNetwork.h"
#include "core/verify/closed_form.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace {

at::Tensor doubles(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }
at::Tensor integers(const std::vector<int>& values) {
    return at::tensor(std::vector<std::int64_t>(values.begin(), values.end()), at::kLong);
}

std::string convention(const Json& p) { return p.at("convention"); }

std::optional<double> numberIn(const Json& p, const char* key) {
    return p.contains(key) && p[key].is_number() ? std::optional(p[key].get<double>()) : std::nullopt;
}

std::vector<double> compvisBetasOf(const Json& p) {
    return compvisBetas(p.at("beta_schedule"), p.value("timesteps", 1000), p.value("linear_start", 1e-4), p.value("linear_end", 2e-2));
}

NoiseSchedule storedSchedule(const std::vector<double>& betas) { // float32, as checkpoints hold it
    auto schedule = scheduleFromBetas(betas);
    for (auto& a : schedule.alphasCumprod) a = float(a);
    return schedule;
}

// The kit states rho for Karras spacing; its polyexponential sigmas were made with 3/2.
std::vector<double> sigmasOf(const Json& p, const std::string& spacing, int steps, const NoiseSchedule* schedule) {
    SigmaRange range;
    range.low = p.contains("sigma_min") ? p["sigma_min"].get<double>() : schedule ? schedule->noiseRatio(0) : 0.03;
    range.high = p.contains("sigma_max") ? p["sigma_max"].get<double>() : schedule ? schedule->noiseRatio(schedule->timesteps() - 1) : 80;
    range.rho = spacing == "polyexponential" ? 1.5 : p.value("rho", 7.0);
    return kdiffusionSigmas(spacing, steps, range, schedule);
}

SamplingPlan kdiffusionPlanOf(const Json& p, const NoiseSchedule* schedule) {
    KDiffusionRun run;
    run.sampler = p.at("sampler");
    run.sigmas = sigmasOf(p, p.value("sigmas", std::string()), p.at("steps"), schedule);
    run.eta = numberIn(p, "eta"), run.noiseScale = numberIn(p, "s_noise"), run.churn = numberIn(p, "s_churn");
    run.churnFrom = numberIn(p, "s_tmin"), run.churnTo = numberIn(p, "s_tmax");
    if (const auto order = numberIn(p, "order")) run.order = int(*order);
    run.solverType = p.value("solver_type", std::string());
    return kdiffusionPlan(run, schedule);
}

SchedulerConfig schedulerOf(const Json& p) { return {p.at("scheduler_class").get<std::string>(), p.value("scheduler", Json::object())}; }

// How a case samples: from its parameters and, but for diffusers, the schedule of its model (may be null).
SamplingPlan planOf(const Json& p, const NoiseSchedule* schedule) {
    const auto kind = convention(p);
    if (kind == "diffusers") return diffusersPlan(schedulerOf(p), p.at("steps"), p.value("eta", 0.0));
    if (kind == "k-diffusion") return kdiffusionPlanOf(p, schedule);
    if (kind != "compvis") throw NotYet{"the convention " + kind + " is not there yet"};
    return compvisPlan(*schedule, p.at("sampler"), p.value("spacing", std::string("uniform")), p.at("steps"), p.value("eta", 0.0));
}

// The draws that upstream made, in order.
class ReplayNoise final : public NoiseSource {
public:
    explicit ReplayNoise(const Weights& inputs) {
        if (const auto stored = inputs.find("step_noise"); stored != inputs.end()) m_draws = stored->second;
    }
    at::Tensor draw(at::IntArrayRef) override {
        if (!m_draws.defined() || m_next >= m_draws.size(0))
            throw Error(ErrorCode::Corrupt, "The case holds " + std::to_string(m_next) + " draws of noise; the run needs more.");
        return m_draws[m_next++];
    }

private:
    at::Tensor m_draws;
    std::int64_t m_next = 0;
};

// Where the network was asked. In the convention of diffusers a trajectory is made of these states, in the others of those between steps.
class Recorder final : public Denoiser {
public:
    explicit Recorder(Denoiser& inner) : m_inner(inner) {}
    Denoised operator()(const at::Tensor& x, const Level& level) override {
        states.push_back(x);
        return m_inner(x, level);
    }
    std::vector<at::Tensor> states;

private:
    Denoiser& m_inner;
};

// timesteps and sigmas as upstream lists them: one per network call in diffusers, one per step elsewhere; sigmas with the final one.
Weights listed(const SamplingPlan& plan, bool perCall) {
    auto levels = perCall ? networkCalls(plan) : std::vector<Level>(plan.levels.begin(), plan.levels.end() - 1);
    std::vector<double> times, sigmas;
    for (const auto& level : levels) times.push_back(level.t);
    levels.push_back(plan.levels.back());
    for (const auto& l : levels) sigmas.push_back(l.alpha == 1 - l.sigma ? l.sigma : l.ratio());
    return {{"timesteps", doubles(times)}, {"sigmas", doubles(sigmas)}};
}

struct Outcome {
    at::Tensor latent;
    std::vector<at::Tensor> states;
};

Outcome runPlan(const SamplingPlan& plan, Denoiser& denoiser, const Case& c, bool perCall) {
    Outcome outcome;
    Recorder recorder(denoiser);
    ReplayNoise noise(c.inputs);
    outcome.latent = run(plan, recorder, c.inputs.at("noise"), noise, [&](const SamplerStep& step) { outcome.states.push_back(step.x); });
    if (perCall) (outcome.states = recorder.states).push_back(outcome.latent);
    return outcome;
}

} // namespace

namespace {

// DDIM's own parameters, ascending in time (Song et al. 2021, eq. 16 for sigma).
void addDdimParameters(const Json& p, const NoiseSchedule& schedule, Weights& out) {
    const auto times = compvisTimes(p.value("spacing", std::string("uniform")), p.at("steps"), schedule.timesteps());
    const double eta = p.value("eta", 0.0);
    std::vector<double> alphas, previous, sigmas;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const double a = schedule.alphasCumprod.at(std::size_t(times[i])), b = schedule.alphasCumprod[i ? std::size_t(times[i - 1]) : 0];
        alphas.push_back(a), previous.push_back(b), sigmas.push_back(eta * std::sqrt((1 - b) / (1 - a) * (1 - a / b)));
    }
    out["timesteps"] = integers(times), out["alphas"] = doubles(alphas), out["alphas_prev"] = doubles(previous),
    out["sigmas"] = doubles(sigmas);
}

// The parts of a tensor name like "timesteps_leading_20_karras".
std::vector<std::string> partsOf(const std::string& name) {
    std::vector<std::string> parts{""};
    for (const char c : name) c == '_' ? parts.push_back("") : parts.back().push_back(c);
    return parts;
}

Weights compvisScheduleTensors(const Case& c) {
    const auto& p = c.parameters;
    Weights out;
    if (p.contains("steps_list")) {
        for (const auto& name : c.wanted) {
            const auto parts = partsOf(name);
            out[name] = integers(compvisTimes(parts.at(0), std::stoi(parts.at(1)), p.at("timesteps")));
        }
        return out;
    }
    const auto betas = compvisBetasOf(p);
    const auto schedule = scheduleFromBetas(betas);
    out = {{"betas", doubles(betas)}, {"alphas_cumprod", doubles(schedule.alphasCumprod)}};
    if (p.contains("steps")) addDdimParameters(p, schedule, out);
    return out;
}

Weights kdiffusionScheduleTensors(const Case& c) {
    const auto schedule = storedSchedule(compvisBetasOf(c.parameters));
    Weights out;
    for (const auto& name : c.wanted) { // "sigma_table" or <spacing>_<steps>[_timesteps]
        std::vector<double> values;
        if (name == "sigma_table")
            for (int t = 0; t < schedule.timesteps(); ++t) values.push_back(schedule.noiseRatio(t));
        else {
            const auto parts = partsOf(name);
            values = sigmasOf(c.parameters, parts.at(0) == "uniform" ? "" : parts.at(0), std::stoi(parts.at(1)), &schedule);
            if (parts.size() > 2) {
                values.pop_back();
                for (auto& value : values) value = schedule.timeOf(value);
            }
        }
        out[name] = doubles(values);
    }
    return out;
}

// The configuration that a tensor name of diffusers asks for: <what>_<spacing>_<steps>[_karras], or <what>_shift<shift>_<steps>.
SamplingPlan planNamed(const Json& p, const std::string& name) {
    const auto parts = partsOf(name);
    auto config = p;
    config["num_train_timesteps"] = p.value("timesteps", 1000);
    if (parts.at(1).starts_with("shift")) config["shift"] = std::stod(parts[1].substr(5));
    else config["timestep_spacing"] = parts[1];
    if (p.contains("steps_offset") && p["steps_offset"].is_string())
        config["steps_offset"] = parts[1] == "leading" ? 1 : 0; // "1 for leading, else 0"
    if (parts.size() > 3) config["use_" + parts[3] + "_sigmas"] = true;
    return diffusersPlan({p.at("scheduler_class").get<std::string>(), config}, std::stoi(parts.at(2)));
}

Weights diffusersScheduleTensors(const Case& c) {
    auto p = c.parameters;
    Weights out;
    if (p.contains("tensor_names")) {
        for (const auto& name : c.wanted) out[name] = listed(planNamed(p, name), true).at(partsOf(name).at(0));
        return out;
    }
    p["num_train_timesteps"] = p.value("timesteps", 1000);
    const SchedulerConfig config(p.value("scheduler_class", std::string("DDIMScheduler")), p);
    return {{"betas", doubles(diffusersBetas(config))}, {"alphas_cumprod", doubles(diffusersSchedule(config).alphasCumprod)}};
}

} // namespace

Weights runSchedule(const Case& c) {
    const auto kind = convention(c.parameters);
    if (kind == "compvis") return compvisScheduleTensors(c);
    if (kind == "k-diffusion") return kdiffusionScheduleTensors(c);
    if (kind == "diffusers") return diffusersScheduleTensors(c);
    throw NotYet{"the convention " + kind + " is not there yet"};
}

Weights runAnalytic(const Case& c) {
    const auto& p = c.parameters;
    const bool diffusers = convention(p) == "diffusers";
    std::optional<NoiseSchedule> schedule;
    if (p.contains("beta_schedule")) schedule = storedSchedule(compvisBetasOf(p));
    const auto plan = planOf(p, schedule ? &*schedule : nullptr);
    const auto prediction = predictionFrom(p.value("prediction", std::string("eps")));
    std::unique_ptr<Denoiser> denoiser;
    if (p.at("denoiser") == "gaussian")
        denoiser = std::make_unique<GaussianDenoiser>(c.inputs.at("mean"), c.inputs.at("variance"), prediction);
    else
        denoiser = std::make_unique<MixtureDenoiser>(c.inputs.at("mixture_means"), c.inputs.at("mixture_variance").item<float>(),
                                                     c.inputs.at("mixture_weights"), prediction);
    auto out = listed(plan, diffusers);
    out["trajectory"] = at::stack(runPlan(plan, *denoiser, c, diffusers).states, 0);
    return out;
}

namespace {

struct Contexts {
    nn::Context conditional, unconditional;
};

Contexts encodeConditions(const Case& c, const ConditionEncoder& encoder) {
    const auto& condition = c.parameters.at("condition");
    const bool guided = c.parameters.value("guidance_scale", 1.0) != 1;
    const auto n = c.inputs.at("noise").size(0);
    if (condition.contains("vector") || condition.value("class", Json()) == "inputs") {
        Contexts contexts{encoder.encode(vectorCondition(c)), {}};
        if (!guided) return contexts;
        if (const auto stored = c.inputs.find("unconditional"); stored != c.inputs.end())
            contexts.unconditional = encoder.encode({.vectors = stored->second});
        else if (condition.contains("null_class"))
            contexts.unconditional =
                encoder.encode({.labels = std::vector<std::int64_t>(std::size_t(n), condition["null_class"].get<std::int64_t>())});
        else contexts.unconditional = encoder.unconditional(n);
        return contexts;
    }
    const auto given = [&](const char* text, const char* label) {
        Condition one;
        for (std::int64_t i = 0; i < n; ++i) {
            if (condition.contains(text)) one.texts.push_back(condition[text]);
            if (condition.contains(label)) one.labels.push_back(condition[label]);
        }
        return one;
    };
    Contexts contexts{encoder.encode(given("text", "class")), {}};
    if (guided) contexts.unconditional = encoder.encode(given("negative", "null_class"));
    return contexts;
}

} // namespace

Weights runSample(const Case& c) {
    const auto& p = c.parameters;
    auto checkpoint = openCase(c);
    const auto& condition = p.at("condition");
    if (auto* text = std::get_if<TextEncoderConfig>(&checkpoint.config.condition)) {
        text->maxLength = condition.value("max_length", text->maxLength);
        text->pathldm = text->maxLength > 77;
    }
    const auto contexts = encodeConditions(c, *bindCondition(checkpoint, fullPrecision(c)));
    const bool diffusers = convention(p) == "diffusers";
    std::optional<NoiseSchedule> schedule; // a scheduler of diffusers brings its own
    if (!diffusers) schedule = bindSchedule(checkpoint);
    const auto plan = planOf(p, schedule ? &*schedule : nullptr);
    const auto network = bindNetwork(checkpoint, fullPrecision(c));
    const auto prediction = diffusers ? diffusersPrediction(schedulerOf(p)) : predictionFrom(checkpoint.config.prediction);
    const GraphedNetwork graphed(*network);
    GuidedDenoiser denoiser(graphed, prediction, contexts.conditional, contexts.unconditional, p.value("guidance_scale", 1.0));
    const auto outcome = runPlan(plan, denoiser, c, diffusers);
    auto out = listed(plan, diffusers);
    out["latent"] = outcome.latent;
    out["latent_step1"] = outcome.states.at(1);
    out.merge(decoded(c, checkpoint, outcome.latent));
    return out;
}

} // namespace phloxine::verify
