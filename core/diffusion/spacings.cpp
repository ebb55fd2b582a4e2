#include "core/diffusion/spacings.h"

#include "core/base/Error.h"

namespace phloxine {

void requireSteps(int steps, int most) {
    if (steps < 1 || steps > most)
        throw Error(ErrorCode::WrongUse, "The number of steps must lie between 1 and " + std::to_string(most) + ".");
}

std::vector<int> compvisTimes(const std::string& spacing, int steps, int timesteps) {
    requireSteps(steps, timesteps);
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
    if (times.front() != 0) levels.push_back(schedule.at(0));
    return levels;
}

std::vector<double> karrasSigmas(int steps, double sigmaMin, double sigmaMax, double rho) {
    std::vector<double> sigmas;
    const double top = std::pow(sigmaMax, 1 / rho), bottom = std::pow(sigmaMin, 1 / rho);
    for (int i = 0; i < steps; ++i) sigmas.push_back(std::pow(top + (steps > 1 ? double(i) / (steps - 1) : 0) * (bottom - top), rho));
    sigmas.push_back(0);
    return sigmas;
}

std::vector<double> exponentialSigmas(int steps, double sigmaMin, double sigmaMax) {
    return polyexponentialSigmas(steps, sigmaMin, sigmaMax, 1);
}

std::vector<double> polyexponentialSigmas(int steps, double sigmaMin, double sigmaMax, double rho) {
    std::vector<double> sigmas;
    const double top = std::log(sigmaMax), bottom = std::log(sigmaMin);
    for (const double ramp : linspace(1, 0, steps)) sigmas.push_back(std::exp(std::pow(ramp, rho) * (top - bottom) + bottom));
    sigmas.push_back(0);
    return sigmas;
}

std::vector<double> uniformSigmas(const NoiseSchedule& schedule, int steps) {
    std::vector<double> sigmas;
    for (const double t : linspace(schedule.timesteps() - 1, 0, steps)) sigmas.push_back(schedule.ratioOf(t));
    sigmas.push_back(0);
    return sigmas;
}

std::vector<double> linspace(double from, double to, int n) {
    std::vector<double> values;
    const double step = n > 1 ? (to - from) / (n - 1) : 0;
    for (int i = 0; i < n; ++i) values.push_back(i * step + from);
    if (n > 1) values.back() = to;
    return values;
}

double roundHalfToEven(double value) { return std::nearbyint(value); } // in the default rounding mode of the processor

std::vector<double> leadingTimes(int steps, int timesteps, int offset) {
    std::vector<double> times;
    for (int k = steps - 1; k >= 0; --k) times.push_back(double(k) * (timesteps / steps) + offset);
    return times;
}

std::vector<double> trailingTimes(int steps, int start, double stride) {
    std::vector<double> times;
    const double delta = (start - stride) - start; // as numpy.arange(start, 0, -stride) steps
    for (int k = 0; k < steps; ++k)
        if (const double t = roundHalfToEven(start + k * delta) - 1; t >= 0) times.push_back(t);
    return times;
}

namespace {

std::vector<Level> preservingLevels(const NoiseSchedule& schedule, const std::vector<double>& ratios) {
    std::vector<Level> levels;
    for (const double ratio : ratios) levels.push_back(ratio > 0 ? preservingLevel(ratio, schedule.timeOf(ratio)) : Level{});
    return levels;
}

double top(const NoiseSchedule& schedule) { return std::min(schedule.noiseRatio(schedule.timesteps() - 1), 80.0); }

std::vector<Level> levelsAt(const NoiseSchedule& schedule, const std::vector<double>& times) {
    std::vector<Level> levels;
    for (const double t : times) levels.push_back(schedule.at(int(roundHalfToEven(t))));
    levels.push_back({});
    return levels;
}

std::vector<Level> exactLevels(const NoiseSchedule& s, int steps) { return ddimLevels(s, steps); }

std::vector<Level> exponentialLevels(const NoiseSchedule& s, int steps) {
    requireSteps(steps, s.timesteps());
    return preservingLevels(s, exponentialSigmas(steps, s.noiseRatio(0), top(s)));
}

// As k-diffusion's uniform spacing, but from the noisiest step whose ratio is finite and at most 80.
std::vector<Level> uniformLevels(const NoiseSchedule& s, int steps) {
    requireSteps(steps, s.timesteps());
    std::vector<double> ratios;
    for (const double t : linspace(s.timeOf(top(s)), 0, steps)) ratios.push_back(s.ratioOf(t));
    ratios.push_back(0);
    return preservingLevels(s, ratios);
}

std::vector<Level> leadingLevels(const NoiseSchedule& s, int steps) {
    requireSteps(steps, s.timesteps());
    return levelsAt(s, leadingTimes(steps, s.timesteps(), 0));
}

std::vector<Level> trailingLevels(const NoiseSchedule& s, int steps) {
    requireSteps(steps, s.timesteps());
    return levelsAt(s, trailingTimes(steps, s.timesteps(), double(s.timesteps()) / steps));
}

std::vector<Level> linspaceLevels(const NoiseSchedule& s, int steps) {
    requireSteps(steps, s.timesteps());
    return levelsAt(s, linspace(s.timesteps() - 1, 0, steps));
}

} // namespace

std::vector<Level> karrasLevels(const NoiseSchedule& schedule, int steps) {
    requireSteps(steps, schedule.timesteps());
    return preservingLevels(schedule, karrasSigmas(steps, schedule.noiseRatio(0), top(schedule)));
}

const std::vector<SpacingInfo>& spacings() {
    static const std::vector<SpacingInfo> table{
        {"karras", "Karras", karrasLevels},           {"exponential", "Exponential", exponentialLevels},
        {"exact", "Exact stride", exactLevels},       {"leading", "Leading", leadingLevels},
        {"trailing", "Trailing", trailingLevels},     {"linspace", "Linear in time, whole steps", linspaceLevels},
        {"uniform", "Linear in time", uniformLevels},
    };
    return table;
}

const SpacingInfo& findSpacing(const std::string& id) {
    std::string known;
    for (const auto& row : spacings()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "The step spacing \"" + id + "\" is not known; use one of " + known + ".", id);
}

std::vector<Level> flowLevels(int steps, double shift) {
    if (steps < 1) throw Error(ErrorCode::WrongUse, "The number of steps must be at least 1.");
    std::vector<Level> levels;
    for (int i = 0; i <= steps; ++i) {
        const double even = 1 - double(i) / steps, sigma = shift * even / (1 + (shift - 1) * even);
        levels.push_back({1 - sigma, sigma, 1000 * sigma});
    }
    return levels;
}

} // namespace phloxine
