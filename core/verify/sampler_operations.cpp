// Operations on schedules and samplers.
#include "core/base/Error.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/verify/closed_form.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace {

at::Tensor doubles(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }
at::Tensor integers(const std::vector<int>& values) {
    return at::tensor(std::vector<std::int64_t>(values.begin(), values.end()), at::kLong);
}

std::string convention(const Case& c) { return c.parameters.at("convention"); }

NoiseSchedule compvisSchedule(const Json& p) {
    return scheduleFromBetas(
        compvisBetas(p.at("beta_schedule"), p.value("timesteps", 1000), p.value("linear_start", 1e-4), p.value("linear_end", 2e-2)));
}

// DDIM's own parameters, ascending in time (Song et al. 2021, eq. 16 for sigma).
void addDdimParameters(const Json& p, const NoiseSchedule& schedule, Weights& out) {
    const auto times = compvisTimes("uniform", p.at("steps"), schedule.timesteps());
    const double eta = p.value("eta", 0.0);
    std::vector<double> alphas, previous, sigmas;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const double a = schedule.alphasCumprod.at(std::size_t(times[i])), b = schedule.alphasCumprod[i ? std::size_t(times[i - 1]) : 0];
        alphas.push_back(a), previous.push_back(b), sigmas.push_back(eta * std::sqrt((1 - b) / (1 - a) * (1 - a / b)));
    }
    out["timesteps"] = integers(times), out["alphas"] = doubles(alphas), out["alphas_prev"] = doubles(previous),
    out["sigmas"] = doubles(sigmas);
}

std::unique_ptr<Denoiser> closedForm(const Case& c) {
    if (c.parameters.at("denoiser") == "gaussian") return std::make_unique<GaussianDenoiser>(c.inputs.at("mean"), c.inputs.at("variance"));
    return std::make_unique<MixtureDenoiser>(c.inputs.at("mixture_means"), c.inputs.at("mixture_variance").item<float>(),
                                             c.inputs.at("mixture_weights"));
}

struct Path {
    std::vector<Level> levels;
    Sampler sample;
    double start = 1; // x = start * noise
};

std::vector<double> noiseRatios(const std::vector<Level>& levels) {
    std::vector<double> ratios;
    for (const auto& l : levels) ratios.push_back(l.sigma / l.alpha);
    return ratios;
}

NoiseSchedule diffusersSchedule(const Json& s) {
    const auto name = s.at("beta_schedule").get<std::string>();
    const auto compvis = name == "scaled_linear" ? "linear" : name == "linear" ? "sqrt_linear" : "";
    if (!*compvis || s.value("rescale_betas_zero_snr", false) || s.contains("trained_betas"))
        throw NotYet{"this schedule of diffusers is not there yet"};
    return scheduleFromBetas(compvisBetas(compvis, s.value("num_train_timesteps", 1000), s.at("beta_start"), s.at("beta_end")));
}

Path diffusersPath(const Json& p) {
    const auto& s = p.at("scheduler");
    const auto is = [&](const char* key, const Json& value) { return !s.contains(key) || s[key] == value; };
    const bool plain = p.at("scheduler_class") == "DPMSolverMultistepScheduler" && is("algorithm_type", "dpmsolver++") &&
                       is("solver_order", 2) && is("solver_type", "midpoint") && is("timestep_spacing", "linspace") &&
                       is("use_karras_sigmas", false) && is("use_exponential_sigmas", false) && is("use_beta_sigmas", false) &&
                       is("use_lu_lambdas", false) && is("use_flow_sigmas", false) && is("euler_at_final", false) &&
                       is("final_sigmas_type", "zero") && is("thresholding", false);
    if (!plain) throw NotYet{"this scheduler of diffusers is not there yet"};
    return {linspaceLevels(diffusersSchedule(s), p.at("steps")), sampleDpmpp2m};
}

Path explodingPath(const Json& p, const NoiseSchedule* schedule) {
    if (p.value("sigmas", std::string()) != "karras") throw NotYet{"this spacing of k-diffusion is not there yet"};
    const auto name = p.at("sampler").get<std::string>();
    const auto row = std::find_if(samplers().begin(), samplers().end(), [&](const SamplerInfo& r) { return name == r.id; });
    if (row == samplers().end() || name == "ddim") throw NotYet{"the sampler " + name + " is not there yet"};
    const double low = p.contains("sigma_min") ? p["sigma_min"].get<double>() : schedule->noiseRatio(0);
    const double high = p.contains("sigma_max") ? p["sigma_max"].get<double>() : schedule->noiseRatio(schedule->timesteps() - 1);
    const auto sigmas = karrasSigmas(p.at("steps"), low, high, p.value("rho", 7.0));
    return {explodingLevels(sigmas, schedule), row->sample, sigmas.front()};
}

Path compvisPath(const Json& p, const NoiseSchedule& schedule) {
    const auto name = p.at("sampler").get<std::string>();
    if (name != "ddim" || p.value("eta", 0.0) != 0) throw NotYet{"the sampler " + name + " with these settings is not there yet"};
    return {ddimLevels(schedule, p.at("steps"), p.value("spacing", std::string("uniform"))), sampleDdim};
}

class NoDraws final : public NoiseSource {
public:
    at::Tensor draw(at::IntArrayRef) override { throw NotYet{"replayed noise is not there yet"}; }
};

at::Tensor timesOf(const Path& path, bool whole) {
    std::vector<double> times;
    for (std::size_t i = 0; i + 1 < path.levels.size(); ++i) times.push_back(path.levels[i].t);
    return whole ? doubles(times).to(at::kLong) : doubles(times);
}

} // namespace

Weights runSchedule(const Case& c) {
    if (convention(c) != "compvis") throw NotYet{"schedules of " + convention(c) + " are not there yet"};
    Weights out;
    if (c.parameters.contains("steps_list")) {
        const int total = c.parameters.at("timesteps");
        for (const auto& name : c.wanted) {
            const auto bar = name.rfind('_');
            out[name] = integers(compvisTimes(name.substr(0, bar), std::stoi(name.substr(bar + 1)), total));
        }
        return out;
    }
    const auto& p = c.parameters;
    const auto betas =
        compvisBetas(p.at("beta_schedule"), p.value("timesteps", 1000), p.value("linear_start", 1e-4), p.value("linear_end", 2e-2));
    const auto schedule = scheduleFromBetas(betas);
    out = {{"betas", doubles(betas)}, {"alphas_cumprod", doubles(schedule.alphasCumprod)}};
    if (p.contains("steps")) addDdimParameters(p, schedule, out);
    return out;
}

Weights runAnalytic(const Case& c) {
    const auto& p = c.parameters;
    const auto kind = convention(c);
    const Path path = kind == "compvis"       ? compvisPath(p, compvisSchedule(p))
                      : kind == "k-diffusion" ? explodingPath(p, nullptr)
                                              : diffusersPath(p);
    if (p.value("prediction", std::string("eps")) != "eps") throw NotYet{"closed forms of other predictions are not there yet"};
    auto denoiser = closedForm(c);
    NoDraws none;
    std::vector<at::Tensor> states;
    path.sample(*denoiser, c.inputs.at("noise") * path.start, path.levels, none,
                [&](const SamplerStep& step) { states.push_back(step.x); });
    return {{"trajectory", at::stack(states, 0)},
            {"sigmas", doubles(noiseRatios(path.levels))},
            {"timesteps", timesOf(path, kind == "compvis")}};
}

Weights runSample(const Case& c) {
    const auto& p = c.parameters;
    const auto kind = convention(c);
    if (kind == "diffusers") throw NotYet{"the conventions of diffusers are not there yet"};
    for (const auto* draws : {"step_noise", "vector", "labels"})
        if (c.inputs.count(draws)) throw NotYet{"sampling with stored " + std::string(draws) + " is not there yet"};
    auto checkpoint = openCase(c);
    const auto& condition = p.at("condition");
    if (auto* text = std::get_if<TextEncoderConfig>(&checkpoint.config.condition)) {
        text->maxLength = condition.value("max_length", text->maxLength);
        text->pathldm = text->maxLength > 77;
    }
    const auto schedule = bindSchedule(checkpoint);
    const auto path = kind == "compvis" ? compvisPath(p, schedule) : explodingPath(p, &schedule);
    const auto encoder = bindCondition(checkpoint, fullPrecision());
    const auto autoencoder = bindAutoencoder(checkpoint, fullPrecision());
    const auto network = bindNetwork(checkpoint, fullPrecision());
    const auto& noise = c.inputs.at("noise");
    const auto given = [&](const char* text, const char* label) {
        Condition one;
        for (std::int64_t i = 0; i < noise.size(0); ++i) {
            if (condition.contains(text)) one.texts.push_back(condition[text]);
            if (condition.contains(label)) one.labels.push_back(condition[label]);
        }
        return one;
    };
    const double guidance = p.value("guidance_scale", 1.0);
    GuidedDenoiser denoiser(*network, predictionFrom(checkpoint.config.prediction), encoder->encode(given("text", "class")),
                            guidance == 1 ? nn::Context() : encoder->encode(given("negative", "null_class")), guidance);
    NoDraws none;
    std::vector<at::Tensor> states;
    const auto latent =
        path.sample(denoiser, noise * path.start, path.levels, none, [&](const SamplerStep& step) { states.push_back(step.x); });
    return {{"latent", latent},
            {"latent_step1", states.at(1)},
            {"image", autoencoder->decode(latent / scaleFactor(checkpoint))},
            {"sigmas", doubles(noiseRatios(path.levels))},
            {"timesteps", timesOf(path, kind == "compvis")}};
}

} // namespace phloxine::verify
