#include "core/diffusion/conventions/diffusers_schedule.h"

#include <ATen/ATen.h>

#include <numbers>

#include "core/base/Error.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

namespace {

[[noreturn]] void wrongType(const std::string& className, const char* key) {
    throw Error(ErrorCode::Corrupt, "The setting " + std::string(key) + " of the scheduler " + className + " has the wrong type.");
}

} // namespace

double SchedulerConfig::number(const char* key, double byDefault) const {
    if (!has(key)) return byDefault;
    return m_json[key].is_number() ? m_json[key].get<double>() : (wrongType(className, key), 0.0);
}

int SchedulerConfig::whole(const char* key, int byDefault) const {
    const double value = number(key, byDefault);
    if (value != std::floor(value) || std::abs(value) > 1e6) wrongType(className, key);
    return int(value);
}

bool SchedulerConfig::flag(const char* key, bool byDefault) const {
    if (!has(key)) return byDefault;
    return m_json[key].is_boolean() ? m_json[key].get<bool>() : (wrongType(className, key), false);
}

std::string SchedulerConfig::word(const char* key, const char* byDefault) const {
    if (!has(key)) return byDefault;
    return m_json[key].is_string() ? m_json[key].get<std::string>() : (wrongType(className, key), "");
}

std::vector<double> SchedulerConfig::numbers(const char* key) const {
    std::vector<double> values;
    if (!has(key)) return values;
    if (!m_json[key].is_array()) wrongType(className, key);
    for (const auto& value : m_json[key]) values.push_back(value.is_number() ? value.get<double>() : (wrongType(className, key), 0.0));
    return values;
}

bool SchedulerConfig::is(std::initializer_list<std::string_view> names) const {
    return std::find(names.begin(), names.end(), className) != names.end();
}

void SchedulerConfig::refuse(const std::string& what) const {
    throw Error(ErrorCode::Unsupported, "The scheduler " + className + " with " + what + " is not supported.", className);
}

namespace {

// betas_for_alpha_bar: beta_i = 1 - abar((i + 1) / T) / abar(i / T), at most 0.999, in float64.
template <typename AlphaBar>
at::Tensor betasFor(int timesteps, AlphaBar alphaBar) {
    std::vector<double> betas;
    for (int i = 0; i < timesteps; ++i)
        betas.push_back(std::min(1 - alphaBar(double(i + 1) / timesteps) / alphaBar(double(i) / timesteps), 0.999));
    return at::tensor(betas, at::kDouble).to(at::kFloat);
}

double laplaceAlphaBar(double t) {
    const double away = 0.5 - t, snr = std::exp(-0.5 * std::copysign(1, away) * std::log(1 - 2 * std::abs(away) + 1e-6));
    return std::sqrt(snr / (1 + snr));
}

at::Tensor namedBetas(const SchedulerConfig& c, const std::string& name, double start, double end, int timesteps) {
    if (name == "linear") return at::linspace(start, end, timesteps, at::kFloat);
    if (name == "scaled_linear") return at::linspace(std::sqrt(start), std::sqrt(end), timesteps, at::kFloat).square();
    if (name == "squaredcos_cap_v2")
        return betasFor(timesteps, [](double t) { return std::pow(std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2), 2); });
    if (name == "exp" && c.is({"HeunDiscreteScheduler"})) return betasFor(timesteps, [](double t) { return std::exp(-12 * t); });
    if (name == "laplace" && c.is({"DDPMScheduler"})) return betasFor(timesteps, laplaceAlphaBar);
    if (name == "sigmoid" && c.is({"DDPMScheduler"}))
        return at::sigmoid(at::linspace(-6, 6, timesteps, at::kFloat)) * (end - start) + start;
    throw Error(ErrorCode::Unsupported, "The noise schedule \"" + name + "\" is not known.", name);
}

// rescale_zero_terminal_snr (Lin et al. 2023, alg. 1): sqrt(abar) is shifted and scaled so that it ends in 0.
at::Tensor withZeroSnr(const at::Tensor& betas) {
    auto root = at::cumprod(1 - betas, 0).sqrt();
    const auto first = root[0].clone(), last = root[-1].clone();
    root = (root - last) * (first / (first - last));
    const auto bar = root.square();
    return 1 - at::cat({bar.slice(0, 0, 1), bar.slice(0, 1) / bar.slice(0, 0, -1)}, 0);
}

at::Tensor betasOf(const SchedulerConfig& c) {
    const bool latent = c.is({"HeunDiscreteScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "LCMScheduler"});
    const auto trained = c.numbers("trained_betas");
    const int timesteps = c.timesteps();
    if (timesteps < 2) throw Error(ErrorCode::Corrupt, "The scheduler " + c.className + " has fewer than two training steps.");
    auto betas = !trained.empty() ? at::tensor(trained, at::kDouble).to(at::kFloat)
                                  : namedBetas(c, c.word("beta_schedule", c.is({"LCMScheduler"}) ? "scaled_linear" : "linear"),
                                               c.number("beta_start", latent ? 0.00085 : 0.0001),
                                               c.number("beta_end", latent ? 0.012 : 0.02), timesteps);
    if (betas.numel() != timesteps)
        throw Error(ErrorCode::Corrupt, "The scheduler " + c.className + " lists " + std::to_string(betas.numel()) + " betas for " +
                                            std::to_string(timesteps) + " training steps.");
    return c.flag("rescale_betas_zero_snr") ? withZeroSnr(betas) : betas;
}

std::vector<double> doubles(const at::Tensor& values) {
    const auto wide = values.to(at::kDouble).contiguous();
    return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

} // namespace

std::vector<double> diffusersBetas(const SchedulerConfig& config) { return doubles(betasOf(config)); }

NoiseSchedule diffusersSchedule(const SchedulerConfig& c) {
    NoiseSchedule schedule{doubles(at::cumprod(1 - betasOf(c), 0))};
    const bool divides =
        c.is({"EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler"});
    if (divides && c.flag("rescale_betas_zero_snr")) schedule.alphasCumprod.back() = 0x1p-24;
    return schedule;
}

std::vector<double> diffusersTimes(const SchedulerConfig& c, TimeFamily family, int steps, const char* byDefault, int last) {
    const auto spacing = c.word("timestep_spacing", byDefault);
    const int total = c.timesteps(), offset = c.whole("steps_offset", 0), more = family == TimeFamily::Solver ? 1 : 0;
    std::vector<double> times;
    if (spacing == "trailing") return trailingTimes(steps, last, double(total) / steps);
    if (spacing == "leading") times = leadingTimes(steps + more, last, offset);
    else if (spacing == "linspace") {
        times = linspace(0, last - 1, steps + more);
        std::reverse(times.begin(), times.end());
        for (auto& t : times) t = family == TimeFamily::Fractional ? double(float(t)) : roundHalfToEven(t);
    } else c.refuse("timestep_spacing \"" + spacing + "\"");
    if (more) times.pop_back();
    if (times.front() >= total)
        throw Error(ErrorCode::WrongUse, std::to_string(steps) + " steps with an offset of " + std::to_string(offset) +
                                             " reach beyond the schedule; take fewer steps.");
    return times;
}

SigmaTable::SigmaTable(const NoiseSchedule& schedule) {
    const auto bar = at::tensor(schedule.alphasCumprod, at::kDouble).to(at::kFloat);
    const auto sigmas = ((1 - bar) / bar).sqrt().contiguous();
    m_sigmas.assign(sigmas.data_ptr<float>(), sigmas.data_ptr<float>() + sigmas.numel());
    for (const float sigma : m_sigmas) m_logs.push_back(std::log(sigma));
}

double SigmaTable::at(double t) const { // numpy.interp
    const auto last = m_sigmas.size() - 1;
    if (t <= 0) return m_sigmas.front();
    if (t >= double(last)) return m_sigmas.back();
    const auto low = std::size_t(t);
    return (double(m_sigmas[low + 1]) - m_sigmas[low]) * (t - double(low)) + m_sigmas[low];
}

double SigmaTable::timeOf(double sigma) const {
    const double wanted = std::log(std::max(sigma, 1e-10));
    const auto above = std::upper_bound(m_logs.begin(), m_logs.end(), wanted, [](double value, float log) { return value < log; });
    const auto low = std::size_t(std::clamp<std::ptrdiff_t>(above - m_logs.begin() - 1, 0, std::ptrdiff_t(m_logs.size()) - 2));
    const double a = m_logs[low], b = m_logs[low + 1], part = std::clamp((a - wanted) / (a - b), 0.0, 1.0);
    return (1 - part) * double(low) + part * double(low + 1);
}

namespace {

// The regularised incomplete beta function I_x(p, p) for 0 < p < 1, by its power series about the nearer end (DLMF 8.17.7).
double symmetricBeta(double x, double p) {
    if (x > 0.5) return 1 - symmetricBeta(1 - x, p);
    double term = 1, sum = 1 / p;
    for (int n = 1; n < 200; ++n) term *= (n - p) / n * x, sum += term / (p + n);
    return sum * std::pow(x, p) * std::exp(std::lgamma(2 * p) - 2 * std::lgamma(p));
}

double betaQuantile(double probability, double p) {
    double low = 0, high = 1;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (symmetricBeta(middle, p) < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

} // namespace

bool respaced(const SchedulerConfig& c, int n, double low, double high, std::vector<double>& sigmas) {
    low = c.number("sigma_min", low), high = c.number("sigma_max", high);
    const bool karras = c.flag("use_karras_sigmas"), exponential = c.flag("use_exponential_sigmas"), beta = c.flag("use_beta_sigmas");
    if (karras + exponential + beta > 1)
        throw Error(ErrorCode::WrongUse, "The scheduler " + c.className + " can use one of Karras, exponential and beta sigmas only.");
    if (!karras && !exponential && !beta) return false;
    if (beta) {
        sigmas.clear();
        for (const double ramp : linspace(0, 1, n)) sigmas.push_back(low + betaQuantile(1 - ramp, 0.6) * (high - low));
        return true;
    }
    sigmas = karras ? karrasSigmas(n, low, high) : exponentialSigmas(n, low, high);
    sigmas.pop_back();
    return true;
}

} // namespace phloxine
