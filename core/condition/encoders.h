#pragma once
// From a condition to the context that guides the network.
#include <string>
#include <vector>

#include "core/nn/clip_text.h"
#include "core/nn/network.h"

namespace phloxine {

struct Condition {
    std::vector<std::string> texts = {};   // for text encoders
    std::vector<std::int64_t> labels = {}; // for class encoders; magnifications
    at::Tensor vectors = {}, region = {};  // for vector encoders
};

struct EncodedText {
    at::Tensor ids, mask, context; // [n, length], [n, length], [n, length, width]
};

class ConditionEncoder {
public:
    virtual ~ConditionEncoder() = default;
    virtual nn::Context encode(const Condition& condition) const = 0; // Error(WrongUse) when the condition is of another kind
};

struct ClassStage {
    int classes = 0;
};

struct TextEncoderConfig {
    int maxLength = 77;
    bool penultimate = false; // OpenCLIP's last layer is left out; the final norm stays
    bool pathldm = false; // maxLength rounded up to windows of 77 under one mask, padding not attended (PathLDM's FrozenCLIPEmbedder)
    std::int64_t pad = 49407;
    nn::ClipTextConfig tower;
};

class TextEncoder final : public ConditionEncoder {
public:
    TextEncoder(const WeightView& w, const TextEncoderConfig& config);
    EncodedText encodeTexts(const std::vector<std::string>& texts) const;
    nn::Context encode(const Condition& condition) const override;
    int maxLength() const { return m_config.maxLength; }

private:
    TextEncoderConfig m_config;
    nn::ClipText m_tower;
};

class NoEncoder final : public ConditionEncoder { // of a model that nothing guides
public:
    nn::Context encode(const Condition&) const override { return {}; }
};

class ClassEncoder final : public ConditionEncoder { // CompVis ClassEmbedder
public:
    explicit ClassEncoder(const WeightView& w);
    nn::Context encode(const Condition& condition) const override; // [n, 1, width]. Error(WrongUse) for a label that is out of range

private:
    at::Tensor m_embedding;
};

} // namespace phloxine
