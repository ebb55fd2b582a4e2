#include "core/condition/vector_encoders.h"

#include "core/base/Error.h"

namespace phloxine {

namespace {

const at::Tensor& given(const Condition& condition) {
    if (!condition.vectors.defined())
        throw Error(ErrorCode::WrongUse, "This model is guided by feature vectors of an image, not by a text or a class; give their file.");
    return condition.vectors;
}

[[noreturn]] void failShape(const at::Tensor& vectors, const std::string& wanted) {
    throw Error(ErrorCode::Shape,
                "Feature vectors of the shape " + shapeText(vectors.sizes()) + " do not fit this model, which wants " + wanted + ".");
}

at::Tensor unitLength(const at::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(1e-12); }

} // namespace

PatchEncoder::PatchEncoder(const WeightView& w, const PatchEncoderConfig& config)
    : m_config(config), m_binding(w.binding()), m_patch(w / "patch_fc") {
    if (config.region) m_region = nn::Linear(w / "region_fc", -1, int(m_patch.weight.size(0)));
}

nn::Context PatchEncoder::encode(const at::Tensor& vectors, const at::Tensor& region) const {
    const auto token = [&](const nn::Linear& layer, const at::Tensor& x) {
        const auto d = layer.weight.size(1);
        if (x.dim() != 2 || x.size(1) != d || x.size(0) != vectors.size(0)) failShape(x, shapeText({vectors.size(0), d}));
        const auto values = x.to(m_binding.device, at::kFloat);
        return layer((m_config.normalise ? unitLength(values) : values).to(m_binding.dtype));
    };
    if (!m_config.region) return {token(m_patch, vectors).unsqueeze(1), {}};
    const auto around = region.defined() ? region : at::zeros({vectors.size(0), m_region.weight.size(1)});
    return {at::stack({token(m_patch, vectors), token(m_region, around)}, 1), {}};
}

nn::Context PatchEncoder::encode(const Condition& condition) const { return encode(given(condition), condition.region); }

nn::Context PatchEncoder::unconditional(std::int64_t n) const { return encode(at::zeros({n, m_patch.weight.size(1)}), {}); }

TokenEncoder::TokenEncoder(const WeightView& w, std::string_view key) : m_binding(w.binding()), m_null(w.get(key)) {
    if (m_null.dim() == 2) m_null = m_null.unsqueeze(0);
    m_null = w.binding().infer ? m_null.contiguous() : m_null;
    if (m_null.dim() != 3 || m_null.size(0) != 1)
        throw Error(ErrorCode::Shape, "The tensor \"" + (w / key).prefix() + "\" has the shape " + shapeText(m_null.sizes()) +
                                          " where [1, tokens, width] is needed.");
}

nn::Context TokenEncoder::encode(const Condition& condition) const {
    const auto& vectors = given(condition);
    const auto tokens = vectors.dim() == 4 ? nn::toTokens(vectors) : vectors.dim() == 2 ? vectors.unsqueeze(1) : vectors;
    if (tokens.dim() != 3 || tokens.size(1) != m_null.size(1) || tokens.size(2) != m_null.size(2))
        failShape(vectors, shapeText({-1, m_null.size(1), m_null.size(2)}));
    return {tokens.to(m_binding.device, m_binding.dtype), {}};
}

nn::Context TokenEncoder::unconditional(std::int64_t n) const { return nn::expand({m_null, {}}, n); }

nn::Context VitEncoder::encode(const Condition& condition) const {
    const auto& vectors = given(condition);
    const auto grid = vectors.dim() == 2 ? vectors.unsqueeze(-1).unsqueeze(-1) : vectors;
    if (grid.dim() != 4 || grid.size(1) != m_vit.featureWidth()) failShape(vectors, shapeText({-1, m_vit.featureWidth(), -1, -1}));
    const auto n = grid.size(0), count = std::int64_t(condition.labels.size());
    if (count != 1 && count != n)
        throw Error(ErrorCode::WrongUse, "This model wants a magnification for each grid of feature vectors, or one for all.");
    for (const auto label : condition.labels)
        if (label < 0 || label >= m_vit.magnifications())
            throw Error(ErrorCode::WrongUse, "The magnification number " + std::to_string(label) + " is not one of the " +
                                                 std::to_string(m_vit.magnifications()) + " of this model.");
    return {m_vit(grid, at::tensor(condition.labels, at::kLong).expand({n})), {}};
}

nn::Context VitEncoder::unconditional(std::int64_t n) const {
    const auto& binding = m_vit.binding();
    return {at::zeros({n, nn::VitCondition::tokens, m_vit.outWidth()}, at::TensorOptions(binding.dtype).device(binding.device)), {}};
}

} // namespace phloxine
