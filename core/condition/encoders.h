#pragma once
// From a condition to the context that guides the network.
#include <string>
#include <vector>

#include "core/nn/clip_text.h"
#include "core/nn/network.h"

namespace phloxine {

struct Condition {
    std::vector<std::string> texts = {};   // for text encoders
    std::vector<std::int64_t> labels = {}; // for class encoders; the magnification for those of vectors that want one
    at::Tensor vectors = {};               // for vector encoders: [n, d], [n, k, d] or a grid [n, d, h, w]
    at::Tensor region = {};                // of the region around the tile, [n, d]; may be undefined
};

struct EncodedText {
    at::Tensor ids, mask, context; // [n, length], [n, length], [n, length, width]
};

class ConditionEncoder {
public:
    virtual ~ConditionEncoder() = default;
    virtual nn::Context encode(const Condition& condition) const = 0; // Error(WrongUse) when the condition is of another kind
    // What guidance leads away from, for n tiles: each kind has its own. Error(WrongUse) where a model has none.
    virtual nn::Context unconditional(std::int64_t n) const = 0;
};

struct ClassStage {
    int classes = 0;
};

struct TextEncoderConfig {
    int maxLength = 77;
    bool pathldm = false; // maxLength rounded up to windows of 77 under one mask, padding not attended (PathLDM's FrozenCLIPEmbedder)
    std::int64_t pad = 49407;
    bool ownLength = false; // as long as the longest text given, the rest of each masked; networks trained so must be used so
    nn::ClipTextConfig tower;
};

void trimToTexts(at::Tensor& ids, at::Tensor& mask); // both [n, length], to the longest text

class TextEncoder final : public ConditionEncoder {
public:
    TextEncoder(const WeightView& w, const TextEncoderConfig& config);
    EncodedText encodeTexts(const std::vector<std::string>& texts) const;
    nn::Context encode(const Condition& condition) const override;
    nn::Context unconditional(std::int64_t n) const override;                                                    // the empty text
    at::Tensor attended(const EncodedText& text) const { return m_config.ownLength ? text.mask : at::Tensor(); } // for nn::Context
    int maxLength() const { return m_config.maxLength; }

private:
    TextEncoderConfig m_config;
    nn::ClipText m_tower;
};

class NoEncoder final : public ConditionEncoder { // of a model that nothing guides
public:
    nn::Context encode(const Condition&) const override { return {}; }
    nn::Context unconditional(std::int64_t) const override { return {}; }
};

class ClassEncoder final : public ConditionEncoder { // CompVis ClassEmbedder
public:
    explicit ClassEncoder(const WeightView& w);
    nn::Context encode(const Condition& condition) const override; // [n, 1, width]. Error(WrongUse) for a label that is out of range
    nn::Context unconditional(std::int64_t n) const override;      // the last class

private:
    nn::Context embedded(const at::Tensor& labels) const;
    at::Tensor m_embedding;
};

// Labels as they are, for networks that embed them: DiT, and U-Nets with num_classes.
class LabelEncoder final : public ConditionEncoder {
public:
    // labels: rows of the network's table. null: the label that stands for none (DiT: its last row); -1 where there is none.
    LabelEncoder(std::int64_t labels, std::int64_t null, at::Device device = at::kCPU);
    nn::Context encode(const Condition& condition) const override; // vector [n] int64. Error(WrongUse) for a label that is out of range
    nn::Context unconditional(std::int64_t n) const override;

private:
    std::int64_t m_labels, m_null;
    at::Device m_device;
};

} // namespace phloxine
