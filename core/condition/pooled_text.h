#pragma once
// A text encoder whose last state also goes to the time embedding, for networks that read a vector beside the tokens (num_classes
// "sequential"): small networks learn to follow a caption sooner that way.
#include "core/condition/encoders.h"

namespace phloxine {

// The state at the end token, the last real one: context [n, tokens, width], mask [n, tokens] -> [n, width].
at::Tensor pooledText(const at::Tensor& context, const at::Tensor& mask);

class PooledTextEncoder final : public ConditionEncoder {
public:
    PooledTextEncoder(const WeightView& w, const TextEncoderConfig& config) : m_text(w, config) {}
    nn::Context encode(const Condition& condition) const override; // tokens and vector
    nn::Context unconditional(std::int64_t n) const override;      // the empty text
    const TextEncoder& text() const { return m_text; }

private:
    TextEncoder m_text;
};

const TextEncoder* textEncoderOf(const ConditionEncoder* encoder); // null where the condition is no text

} // namespace phloxine
