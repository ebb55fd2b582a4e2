#include "core/diffusion/schedule.h"

#include <numbers>

#include "core/base/Error.h"

namespace phloxine {

Level NoiseSchedule::at(int t) const {
    const double a = alphasCumprod.at(std::size_t(t));
    return {std::sqrt(a), std::sqrt(1 - a), double(t)};
}

double NoiseSchedule::noiseRatio(int t) const {
    const double a = alphasCumprod.at(std::size_t(t));
    return std::sqrt((1 - a) / a);
}

double NoiseSchedule::timeOf(double ratio) const {
    const double wanted = std::log(ratio);
    int low = 0, high = timesteps() - 1;
    if (wanted <= std::log(noiseRatio(low))) return low;
    if (wanted >= std::log(noiseRatio(high))) return high;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        (std::log(noiseRatio(middle)) <= wanted ? low : high) = middle;
    }
    const double a = std::log(noiseRatio(low)), b = std::log(noiseRatio(high));
    return low + (wanted - a) / (b - a);
}

std::vector<double> compvisBetas(const std::string& name, int timesteps, double start, double end) {
    std::vector<double> betas;
    const auto ramp = [&](double from, double to, int i) { return from + (to - from) * i / (timesteps - 1); };
    const auto cosine = [&](int i) { return std::pow(std::cos((double(i) / timesteps + 0.008) / 1.008 * std::numbers::pi / 2), 2); };
    for (int i = 0; i < timesteps; ++i) {
        if (name == "linear") betas.push_back(std::pow(ramp(std::sqrt(start), std::sqrt(end), i), 2));
        else if (name == "cosine") betas.push_back(std::clamp(1 - cosine(i + 1) / cosine(i), 0.0, 0.999));
        else if (name == "sqrt_linear") betas.push_back(ramp(start, end, i));
        else if (name == "sqrt") betas.push_back(std::sqrt(ramp(start, end, i)));
        else throw Error(ErrorCode::Unsupported, "The noise schedule \"" + name + "\" is not known.", name);
    }
    return betas;
}

NoiseSchedule scheduleFromBetas(const std::vector<double>& betas) {
    NoiseSchedule schedule;
    double product = 1;
    for (const double beta : betas) schedule.alphasCumprod.push_back(product *= 1 - beta);
    return schedule;
}

std::vector<int> compvisTimes(const std::string& spacing, int steps, int timesteps) {
    if (steps < 1 || steps > timesteps)
        throw Error(ErrorCode::WrongUse, "The number of steps must lie between 1 and " + std::to_string(timesteps) + ".");
    std::vector<int> times;
    if (spacing == "exact")
        for (int k = 0; k < steps; ++k) times.push_back(int(std::int64_t(k) * timesteps / steps) + (2 * steps <= timesteps ? 1 : 0));
    else if (spacing == "uniform")
        for (int t = 0; t < timesteps; t += timesteps / steps) times.push_back(t + 1);
    else if (spacing == "quad") {
        const double top = std::sqrt(timesteps * 0.8);
        for (int k = 0; k < steps; ++k) times.push_back(int(std::pow(steps > 1 ? top * k / (steps - 1) : 0, 2)) + 1);
    } else throw Error(ErrorCode::Unsupported, "The step spacing \"" + spacing + "\" is not known.", spacing);
    return times;
}

std::vector<Level> ddimLevels(const NoiseSchedule& schedule, int steps, const std::string& spacing) {
    const auto times = compvisTimes(spacing, steps, schedule.timesteps());
    if (times.back() >= schedule.timesteps())
        throw Error(ErrorCode::WrongUse, std::to_string(steps) + " steps reach beyond the " + std::to_string(schedule.timesteps()) +
                                             " of the schedule with CompVis spacing; use the spacing \"exact\" or another number.");
    std::vector<Level> levels;
    for (auto t = times.rbegin(); t != times.rend(); ++t) levels.push_back(schedule.at(*t));
    levels.push_back(schedule.at(0));
    return levels;
}

std::vector<double> karrasSigmas(int steps, double sigmaMin, double sigmaMax, double rho) {
    std::vector<double> sigmas;
    const double top = std::pow(sigmaMax, 1 / rho), bottom = std::pow(sigmaMin, 1 / rho);
    for (int i = 0; i < steps; ++i) sigmas.push_back(std::pow(top + (steps > 1 ? double(i) / (steps - 1) : 0) * (bottom - top), rho));
    sigmas.push_back(0);
    return sigmas;
}

namespace {

// Variance-preserving level of a noise ratio: alpha = 1 / sqrt(1 + r^2), sigma = r alpha.
Level preserving(double ratio, double t) {
    const double alpha = 1 / std::sqrt(1 + ratio * ratio);
    return {alpha, ratio * alpha, t};
}

} // namespace

std::vector<Level> karrasLevels(const NoiseSchedule& schedule, int steps) {
    if (steps < 1) throw Error(ErrorCode::WrongUse, "The number of steps must be at least 1.");
    std::vector<Level> levels;
    const double top = std::min(schedule.noiseRatio(schedule.timesteps() - 1), 80.0);
    for (const double ratio : karrasSigmas(steps, schedule.noiseRatio(0), top))
        levels.push_back(ratio > 0 ? preserving(ratio, schedule.timeOf(ratio)) : Level{});
    return levels;
}

std::vector<Level> explodingLevels(const std::vector<double>& sigmas, const NoiseSchedule* schedule) {
    std::vector<Level> levels;
    for (const double sigma : sigmas) levels.push_back({1, sigma, schedule && sigma > 0 ? schedule->timeOf(sigma) : 0});
    return levels;
}

std::vector<Level> linspaceLevels(const NoiseSchedule& schedule, int steps) {
    std::vector<Level> levels;
    for (int i = 0; i < steps; ++i) {
        const int t = int(std::nearbyint(double(schedule.timesteps() - 1) * (steps - i) / steps));
        levels.push_back(preserving(schedule.noiseRatio(t), t));
    }
    levels.push_back({});
    return levels;
}

} // namespace phloxine
