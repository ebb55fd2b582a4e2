#include "core/verify/closed_form.h"

namespace phloxine {

namespace {

// eps in float64, handed over as float32; x0 follows from it as it would from a network's output.
Denoised handOver(const at::Tensor& x, const at::Tensor& x0, const Level& level) {
    const auto eps = ((x.to(at::kDouble) - level.alpha * x0) / level.sigma).to(at::kFloat);
    return fromPrediction(Prediction::Eps, x, eps, level);
}

} // namespace

Denoised GaussianDenoiser::operator()(const at::Tensor& x, const Level& level) {
    const double a = level.alpha, s = level.sigma;
    const auto wide = x.to(at::kDouble);
    return handOver(x, m_mean + a * m_variance / (a * a * m_variance + s * s) * (wide - a * m_mean), level);
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
    return handOver(x, x0, level);
}

} // namespace phloxine
