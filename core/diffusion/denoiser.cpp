#include "core/diffusion/denoiser.h"

#include "core/base/Error.h"

namespace phloxine {

Prediction predictionFrom(const std::string& word) {
    if (word == "eps" || word == "epsilon") return Prediction::Eps;
    if (word == "v" || word == "v_prediction") return Prediction::V;
    if (word == "x0" || word == "sample") return Prediction::X0;
    throw Error(ErrorCode::Unsupported, "The prediction type \"" + word + "\" is not known.", word);
}

Denoised fromPrediction(Prediction prediction, const at::Tensor& x, const at::Tensor& output, const Level& level) {
    const double a = level.alpha, s = level.sigma;
    switch (prediction) {
    case Prediction::Eps:
        return {(x - s * output) / a, output};
    case Prediction::V:
        return {a * x - s * output, a * output + s * x};
    case Prediction::X0:
        break;
    }
    return {output, (x - a * output) / s};
}

GuidedDenoiser::GuidedDenoiser(Network network, Prediction prediction, at::Tensor conditional, at::Tensor unconditional, double scale)
    : m_network(std::move(network)), m_prediction(prediction), m_conditional(std::move(conditional)), m_scale(scale) {
    if (m_scale != 1) m_context = at::cat({m_conditional, unconditional}, 0);
}

Denoised GuidedDenoiser::operator()(const at::Tensor& x, const Level& level) {
    // The network was trained on variance-preserving inputs; other levels are scaled to it and back.
    const double norm = std::sqrt(level.alpha * level.alpha + level.sigma * level.sigma);
    const Level unit{level.alpha / norm, level.sigma / norm, level.t};
    const auto input = norm == 1 ? x : x / norm;
    at::Tensor output;
    if (m_scale == 1) output = m_network(input, at::full({x.size(0)}, level.t, at::kFloat).to(x.device()), m_conditional);
    else {
        const auto both =
            m_network(at::cat({input, input}, 0), at::full({2 * x.size(0)}, level.t, at::kFloat).to(x.device()), m_context).chunk(2, 0);
        output = both[1] + m_scale * (both[0] - both[1]);
    }
    return fromPrediction(m_prediction, input, output, unit);
}

} // namespace phloxine
