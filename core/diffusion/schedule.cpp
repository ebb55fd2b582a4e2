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

double NoiseSchedule::ratioOf(double t) const {
    const int low = int(std::floor(t)), high = int(std::ceil(t));
    const double part = t - low;
    return std::exp((1 - part) * std::log(noiseRatio(low)) + part * std::log(noiseRatio(high)));
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

Level preservingLevel(double ratio, double t) {
    const double alpha = 1 / std::sqrt(1 + ratio * ratio);
    return {alpha, ratio * alpha, t};
}

} // namespace phloxine
