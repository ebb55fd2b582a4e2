#include "core/diffusion/guidance.h"

#include "core/base/Error.h"

namespace phloxine {

bool Guidance::at(const Level& level) const {
    if (scale == 1) return false;
    return level.sigma > lowRatio * level.alpha && (level.alpha == 0 ? std::isinf(highRatio) : level.ratio() <= highRatio);
}

void validate(const Guidance& g) {
    if (!std::isfinite(g.scale)) throw Error(ErrorCode::WrongUse, "The guidance scale must be a number.");
    if (!(g.rescale >= 0 && g.rescale <= 1)) throw Error(ErrorCode::WrongUse, "The guidance rescale must lie between 0 and 1.");
    if (!(g.lowRatio >= 0 && g.lowRatio < g.highRatio))
        throw Error(ErrorCode::WrongUse, "The guidance interval must begin at 0 or more and end above its beginning.");
}

GuidedDenoiser::GuidedDenoiser(const nn::Network& network, Prediction prediction, nn::Context conditional, const nn::Context& unconditional,
                               const Guidance& guidance)
    : m_network(network), m_prediction(prediction), m_conditional(std::move(conditional)), m_guidance(guidance) {
    validate(m_guidance);
    if (m_guidance.scale != 1) m_both = nn::join(m_conditional, unconditional);
}

at::Tensor GuidedDenoiser::predict(const at::Tensor& x, double t, const nn::Context& context, std::int64_t channels) const {
    const auto times = at::full({x.size(0)}, t, x.options().dtype(at::kFloat));
    return m_network(x, times, context).slice(1, 0, channels); // a learned variance, if any, is left out
}

at::Tensor GuidedDenoiser::output(const at::Tensor& x, const Level& level) const {
    if (!m_guidance.at(level)) return predict(x, level.t, m_conditional, x.size(1));
    const auto both = predict(at::cat({x, x}, 0), level.t, m_both, x.size(1)).chunk(2, 0);
    const auto guided = both[1] + m_guidance.scale * (both[0] - both[1]);
    if (m_guidance.rescale == 0) return guided;
    const auto spread = [](const at::Tensor& y) { return y.flatten(1).std(1).view({-1, 1, 1, 1}); };
    return m_guidance.rescale * (guided * (spread(both[0]) / spread(guided))) + (1 - m_guidance.rescale) * guided;
}

Denoised GuidedDenoiser::operator()(const at::Tensor& x, const Level& level) {
    const auto input = networkInput(m_prediction, x, level);
    return fromPrediction(m_prediction, input.x, output(input.x, input.level), input.level);
}

Denoised LimitedDenoiser::operator()(const at::Tensor& x, const Level& level) {
    auto d = m_inner(x, level);
    if (m_limit.quantile > 0) {
        const auto each = at::quantile(d.x0.flatten(1).abs(), m_limit.quantile, 1).clamp(1, m_limit.quantileMaximum).view({-1, 1, 1, 1});
        d.x0 = at::maximum(at::minimum(d.x0, each), -each) / each;
    } else d.x0 = d.x0.clamp(-m_limit.clip, m_limit.clip);
    if (m_limit.epsFollows) d.eps = (x - level.alpha * d.x0) / level.sigma;
    return d;
}

} // namespace phloxine
