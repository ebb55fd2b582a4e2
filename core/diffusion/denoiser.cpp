#include "core/diffusion/denoiser.h"

#include "core/base/Error.h"

namespace phloxine {

Prediction predictionFrom(const std::string& word) {
    if (word == "eps" || word == "epsilon") return Prediction::Eps;
    if (word == "v" || word == "v_prediction") return Prediction::V;
    if (word == "x0" || word == "sample" || word == "original_sample") return Prediction::X0;
    if (word == "flow" || word == "velocity" || word == "flow_prediction") return Prediction::Flow;
    throw Error(ErrorCode::Unsupported, "The prediction type \"" + word + "\" is not known.", word);
}

Denoised fromPrediction(Prediction prediction, const at::Tensor& x, const at::Tensor& output, const Level& level) {
    const double a = level.alpha, s = level.sigma;
    switch (prediction) {
    case Prediction::Eps:
        return {(x - s * output) / a, output};
    case Prediction::V:
        return {a * x - s * output, a * output + s * x};
    case Prediction::Flow:
        return {x - s * output, x + a * output};
    case Prediction::X0:
        break;
    }
    return {output, (x - a * output) / s};
}

NetworkInput networkInput(Prediction prediction, const at::Tensor& x, const Level& level) {
    const double norm = std::sqrt(level.alpha * level.alpha + level.sigma * level.sigma);
    if (prediction == Prediction::Flow || norm == 1) return {x, level};
    return {x / norm, {level.alpha / norm, level.sigma / norm, level.t}};
}

} // namespace phloxine
