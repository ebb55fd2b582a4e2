#include "core/condition/pooled_text.h"

#include "core/base/Error.h"

namespace phloxine {

at::Tensor pooledText(const at::Tensor& context, const at::Tensor& mask) {
    const auto last = (mask.to(context.device()).sum(1) - 1).view({-1, 1, 1}).expand({context.size(0), 1, context.size(2)});
    return context.gather(1, last).squeeze(1);
}

nn::Context PooledTextEncoder::encode(const Condition& condition) const {
    if (condition.texts.empty()) throw Error(ErrorCode::WrongUse, "This model is guided by a text; give a prompt or one of its classes.");
    const auto text = m_text.encodeTexts(condition.texts);
    return {text.context, pooledText(text.context, text.mask), m_text.attended(text)};
}

nn::Context PooledTextEncoder::unconditional(std::int64_t n) const { return nn::expand(encode({.texts = {""}}), n); }

const TextEncoder* textEncoderOf(const ConditionEncoder* encoder) {
    if (const auto* pooled = dynamic_cast<const PooledTextEncoder*>(encoder)) return &pooled->text();
    return dynamic_cast<const TextEncoder*>(encoder);
}

} // namespace phloxine
