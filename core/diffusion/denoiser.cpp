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

GuidedDenoiser::GuidedDenoiser(const nn::Network& network, Prediction prediction, nn::Context conditional, const nn::Context& unconditional,
                               double scale)
    : m_network(network), m_prediction(prediction), m_conditional(std::move(conditional)), m_scale(scale) {
    if (m_scale != 1) m_both = nn::join(m_conditional, unconditional);
}

Denoised GuidedDenoiser::operator()(const at::Tensor& x, const Level& level) {
    // The network was trained on variance-preserving inputs; other levels are scaled to it and back.
    const double norm = std::sqrt(level.alpha * level.alpha + level.sigma * level.sigma);
    const Level unit{level.alpha / norm, level.sigma / norm, level.t};
    const auto input = norm == 1 ? x : x / norm;
    const auto predict = [&](const at::Tensor& batch, const nn::Context& context) {
        const auto times = at::full({batch.size(0)}, level.t, at::kFloat).to(x.device());
        return m_network(batch, times, context).slice(1, 0, x.size(1)); // a learned variance, if any, is left out
    };
    at::Tensor output;
    if (m_scale == 1) output = predict(input, m_conditional);
    else {
        const auto both = predict(at::cat({input, input}, 0), m_both).chunk(2, 0);
        output = both[1] + m_scale * (both[0] - both[1]);
    }
    return fromPrediction(m_prediction, input, output, unit);
}

} // namespace phloxine
