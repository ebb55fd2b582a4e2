#include "core/train/objective.h"

#include <algorithm>

#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr int flowSteps = 1000; // what networks of flow matching count their time in

at::Tensor column(const std::vector<Level>& levels, double Level::*member, at::Device device) { // [n, 1, 1, 1]
    std::vector<float> values;
    for (const auto& level : levels) values.push_back(float(level.*member));
    return at::tensor(values).to(device).view({-1, 1, 1, 1});
}

} // namespace

Level trainingLevel(const NoiseSchedule& schedule, Prediction prediction, double u) {
    if (prediction == Prediction::Flow) return {1 - u, u, u * flowSteps};
    return schedule.at(std::min(int(u * schedule.timesteps()), schedule.timesteps() - 1));
}

NoisyBatch noisyBatch(Prediction prediction, const at::Tensor& x0, const at::Tensor& noise, const std::vector<Level>& levels) {
    if (x0.sizes() != noise.sizes() || x0.size(0) != std::int64_t(levels.size()))
        throw Error(ErrorCode::Internal, "A training batch has latents, noise and levels of different numbers.");
    const auto of = [&](double Level::*member) { return column(levels, member, x0.device()); };
    const auto alpha = of(&Level::alpha), sigma = of(&Level::sigma);
    NoisyBatch batch{alpha * x0 + sigma * noise, {}, of(&Level::t).view({-1})};
    switch (prediction) {
    case Prediction::Eps:
        batch.target = noise;
        break;
    case Prediction::V:
        batch.target = alpha * noise - sigma * x0;
        break;
    case Prediction::X0:
        batch.target = x0;
        break;
    case Prediction::Flow:
        batch.target = noise - x0;
        break;
    }
    return batch;
}

double lossWeight(const Objective& objective, const Level& level) {
    if (objective.weight == LossWeight::One) return 1;
    const double signal = level.alpha * level.alpha, noise = level.sigma * level.sigma;
    // min(SNR, limit) x (error of x0 / error of the prediction), multiplied out so that neither pure noise nor none divides by zero.
    switch (objective.prediction) {
    case Prediction::Eps:
        return signal <= 0 ? 1 : std::min(1.0, objective.snrLimit * noise / signal);
    case Prediction::V:
    case Prediction::Flow:
        return std::min(signal, objective.snrLimit * noise);
    case Prediction::X0:
        return noise <= 0 ? objective.snrLimit : std::min(signal / noise, objective.snrLimit);
    }
    return 1;
}

double meanLossWeight(const Objective& objective, const NoiseSchedule& schedule) {
    const int steps = objective.prediction == Prediction::Flow ? flowSteps : schedule.timesteps();
    double sum = 0;
    for (int i = 0; i < steps; ++i) sum += lossWeight(objective, trainingLevel(schedule, objective.prediction, (i + 0.5) / steps));
    return sum / steps;
}

at::Tensor lossPerSample(const at::Tensor& output, const at::Tensor& target) { return (output - target).square().mean({1, 2, 3}); }

} // namespace phloxine
