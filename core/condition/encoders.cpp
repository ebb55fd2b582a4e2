#include "core/condition/encoders.h"

#include "core/base/Error.h"
#include "core/condition/ClipTokenizer.h"
#include "core/condition/tidy_text.h"

namespace phloxine {

void trimToTexts(at::Tensor& ids, at::Tensor& mask) {
    const auto length = mask.sum(1).max().item<std::int64_t>();
    ids = ids.slice(1, 0, length), mask = mask.slice(1, 0, length);
}

TextEncoder::TextEncoder(const WeightView& w, const TextEncoderConfig& config) : m_config(config), m_tower(w, config.tower) {
    if (config.pathldm) m_config.maxLength = (config.maxLength + 76) / 77 * 77;
}

EncodedText TextEncoder::encodeTexts(const std::vector<std::string>& texts) const {
    const std::int64_t n = std::int64_t(texts.size()), length = m_config.maxLength;
    EncodedText result{at::empty({n, length}, at::kLong), at::empty({n, length}, at::kLong), {}};
    for (std::int64_t i = 0; i < n; ++i) {
        const auto& text = texts[std::size_t(i)];
        auto tokens = tokenIds(ClipTokenizer::shared(), m_config.pathldm ? tidyText(text) : text, int(length), m_config.pad);
        result.ids[i].copy_(at::from_blob(tokens.ids.data(), {length}, at::kLong));
        result.mask[i].copy_(at::from_blob(tokens.mask.data(), {length}, at::kLong));
    }
    if (m_config.ownLength) trimToTexts(result.ids, result.mask);
    if (result.ids.numel() && result.ids.max().item<std::int64_t>() >= m_tower.vocabulary()) // it would stop a GPU for the whole process
        throw Error(ErrorCode::Shape, "The text encoder of this model knows " + std::to_string(m_tower.vocabulary()) +
                                          " tokens, where the vocabulary of CLIP has " + std::to_string(ClipTokenizer::end + 1) +
                                          "; its file is not whole.");
    result.context = m_tower(result.ids, m_config.pathldm ? result.mask : at::Tensor());
    result.mask = result.mask.to(result.context.device()); // once, not in each step that reads it
    return result;
}

nn::Context TextEncoder::encode(const Condition& condition) const {
    if (condition.texts.empty()) throw Error(ErrorCode::WrongUse, "This model is guided by a text; give a prompt or one of its classes.");
    const auto text = encodeTexts(condition.texts);
    return {text.context, {}, attended(text)};
}

nn::Context TextEncoder::unconditional(std::int64_t n) const { return nn::expand(encode({.texts = {""}}), n); }

namespace {

// The labels of a condition as a tensor [n], each of them one of `classes`.
at::Tensor knownLabels(const Condition& condition, std::int64_t classes) {
    if (condition.labels.empty())
        throw Error(ErrorCode::WrongUse, "This model is guided by a tissue class, not by a text; choose one of its classes.");
    for (const auto label : condition.labels)
        if (label < 0 || label >= classes)
            throw Error(ErrorCode::WrongUse,
                        "The class number " + std::to_string(label) + " is not one of the " + std::to_string(classes) + " of this model.");
    return at::tensor(condition.labels, at::kLong);
}

} // namespace

ClassEncoder::ClassEncoder(const WeightView& w) : m_embedding(w.get("embedding.weight", {-1, -1})) {}

nn::Context ClassEncoder::embedded(const at::Tensor& labels) const {
    return {at::embedding(m_embedding, labels.to(m_embedding.device())).unsqueeze(1), {}};
}

nn::Context ClassEncoder::encode(const Condition& condition) const { return embedded(knownLabels(condition, m_embedding.size(0))); }

nn::Context ClassEncoder::unconditional(std::int64_t n) const { return embedded(at::full({n}, m_embedding.size(0) - 1, at::kLong)); }

LabelEncoder::LabelEncoder(std::int64_t labels, std::int64_t null, at::Device device) : m_labels(labels), m_null(null), m_device(device) {
    if (labels < 1 || null < -1 || null >= labels)
        throw Error(ErrorCode::WrongUse,
                    "The label " + std::to_string(null) + " cannot stand for none among " + std::to_string(labels) + " labels.");
}

nn::Context LabelEncoder::encode(const Condition& condition) const { return {{}, knownLabels(condition, m_labels).to(m_device)}; }

nn::Context LabelEncoder::unconditional(std::int64_t n) const {
    if (m_null < 0) throw Error(ErrorCode::WrongUse, "This model has no class that stands for none; set the guidance scale to 1.");
    return {{}, at::full({n}, m_null, at::TensorOptions(at::kLong).device(m_device))};
}

} // namespace phloxine
