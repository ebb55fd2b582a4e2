#include "core/verify/closed_form.h"

namespace phloxine {

namespace {

// The output in float64, handed over as float32. Eps is the same in every scale of x; the others belong to the scale of the network.
Denoised handOver(Prediction prediction, const at::Tensor& x, const at::Tensor& x0, const Level& level) {
    const auto eps = (x.to(at::kDouble) - level.alpha * x0) / level.sigma;
    const auto input = prediction == Prediction::Eps ? NetworkInput{x, level} : networkInput(prediction, x, level);
    const auto output = prediction == Prediction::Eps    ? eps
                        : prediction == Prediction::V    ? input.level.alpha * eps - input.level.sigma * x0
                        : prediction == Prediction::Flow ? eps - x0
                                                         : x0;
    return fromPrediction(prediction, input.x, output.to(at::kFloat), input.level);
}

} // namespace

Denoised GaussianDenoiser::operator()(const at::Tensor& x, const Level& level) {
    const double a = level.alpha, s = level.sigma;
    const auto wide = x.to(at::kDouble);
    return handOver(m_prediction, x, m_mean + a * m_variance / (a * a * m_variance + s * s) * (wide - a * m_mean), level);
}

Denoised MixtureDenoiser::operator()(const at::Tensor& x, const Level& level) {
    const double a = level.alpha, s = level.sigma, total = a * a * m_variance + s * s;
    const auto wide = x.to(at::kDouble);
    std::vector<at::Tensor> logs, means;
    for (std::int64_t k = 0; k < m_means.size(0); ++k) {
        const auto distance = (wide - a * m_means[k]).flatten(1).square().sum(1); // one responsibility per sample
        logs.push_back(at::log(m_weights[k]) - distance / (2 * total));
        means.push_back(m_means[k] + a * m_variance / total * (wide - a * m_means[k]));
    }
    const auto responsibilities = at::softmax(at::stack(logs, 0), 0);
    auto x0 = at::zeros_like(wide);
    for (std::size_t k = 0; k < means.size(); ++k) x0 = x0 + responsibilities[std::int64_t(k)].view({-1, 1, 1, 1}) * means[k];
    return handOver(m_prediction, x, x0, level);
}

} // namespace phloxine
