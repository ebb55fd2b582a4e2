#include "core/train/TrainedModel.h"

#include <algorithm>
#include <set>

#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/condition/ClipTokenizer.h"
#include "core/condition/pooled_text.h"
#include "core/condition/tidy_text.h"
#include "core/model/report.h"
#include "core/train/base_model.h"
#include "core/train/draws.h"

namespace phloxine {

namespace {

constexpr std::size_t mostEncodedBytes = 256 << 20; // of texts of a frozen encoder that are kept

bool isNorm(const Weights& weights, const std::string& key) { // its weight is a vector
    const auto dot = key.rfind('.');
    const auto it = weights.find(key.substr(0, dot) + ".weight");
    return it != weights.end() && it->second.dim() == 1;
}

} // namespace

TrainedModel::TrainedModel(const std::filesystem::path& base, const TrainRecipe& recipe, const TrainingSet& set, at::ScalarType precision,
                           at::Device device)
    : m_base(openCheckpoint(base)), m_schedule(bindSchedule(m_base)), m_prediction(predictionFrom(m_base.config.prediction)),
      m_precision(precision), m_device(device), m_pooled(readsPooledText(m_base.config)) {
    const auto& condition = m_base.config.condition;
    const bool text = std::holds_alternative<TextEncoderConfig>(condition);
    if (!text && !std::holds_alternative<NoStage>(condition) && !std::holds_alternative<ClassStage>(condition) &&
        !std::holds_alternative<LabelStage>(condition))
        throw Error(ErrorCode::Unsupported,
                    "A model that is guided by feature vectors cannot be trained yet; choose one of texts or classes.");
    if (const int known = classCount(m_base.config); known > 0 && !text && known < int(set.classes.size())) // the row for none is no class
        throw Error(ErrorCode::WrongUse,
                    "The model knows " + std::to_string(known) + " classes and the recipe has " + std::to_string(set.classes.size()) + ".");
    if (m_prediction == Prediction::Flow && m_base.config.family != "compvis-ldm")
        throw Error(ErrorCode::Unsupported, "A transformer of flow matching cannot be trained yet.");
    m_trainText = recipe.model.trainText && !std::holds_alternative<NoStage>(condition);
    if (recipe.model.lora.rank > 0) chooseFactors(text, recipe);
    else chooseMasters(text, set, recipe);
    if (!m_device.is_cpu()) bringToDevice();
    for (auto& [key, tensor] : m_masters) tensor.requires_grad_(true);
    m_recompute = recipe.memory.recomputeBlocks;
    m_working.name = m_base.name, m_working.config = m_base.config;
}

// A mapped file on the disk serves a CPU in each step; a device keeps what it reads.
void TrainedModel::bringToDevice() {
    for (auto* all : {&m_masters, &m_frozen})
        for (auto& [key, tensor] : *all) tensor = tensor.to(m_device);
    auto keys = m_lora.keys();
    if (!m_trainText)
        for (const auto& [key, tensor] : m_base.weights)
            if (key.starts_with("cond_stage_model.")) keys.insert(key);
    for (const auto& key : keys) {
        const auto& tensor = m_base.weights.at(key);
        m_onDevice[key] = tensor.to(m_device);
        releaseMapped(tensor);
    }
}

Binding TrainedModel::binding() const {
    auto binding = Binding::train();
    binding.device = m_device;
    return binding;
}

const Weights& TrainedModel::read() const { return m_device.is_cpu() ? m_base.weights : m_onDevice; }

std::set<std::string> TrainedModel::boundKeys() const { // a checkpoint may hold more than the network binds
    std::set<std::string> used;
    auto binding = Binding::train();
    binding.seen = &used;
    (void)bindNetwork(m_base, binding);
    if (m_trainText) (void)bindCondition(m_base, binding);
    return used;
}

void TrainedModel::chooseFactors(bool text, const TrainRecipe& recipe) {
    m_trainText = m_trainText && text; // the tables of classes have no use for low rank
    const auto used = boundKeys();
    m_lora = LoraFactors(m_base, used, recipe.model.lora, recipe.seed);
    m_masters = m_lora.begin();
    for (const auto& key : used) {
        if (m_lora.adapts(key)) continue;
        const auto& tensor = m_base.weights.at(key);
        const bool narrow = key.starts_with("model.") && !isNorm(m_base.weights, key);
        m_frozen[key] = !tensor.is_floating_point() ? tensor : tensor.to(narrow ? m_precision : at::kFloat);
        if (!m_frozen[key].is_same(tensor)) releaseMapped(tensor);
    }
}

Weights TrainedModel::adapted(const Weights& factors) const {
    auto weights = m_frozen;
    m_lora.addTo(weights, read(), factors, m_precision);
    return weights;
}

std::int64_t TrainedModel::frozenBytes() const {
    std::int64_t bytes = 0;
    // The autoencoder is not read in steps and stays on the disk. Of a vocabulary the whole table lies beside the rows in use.
    for (const auto& [key, tensor] : m_base.weights)
        if (!key.starts_with("first_stage_model.") && !m_frozen.count(key) && (!m_masters.count(key) || key == tokenTable))
            bytes += std::int64_t(tensor.nbytes());
    for (const auto& [key, tensor] : m_frozen) bytes += std::int64_t(tensor.nbytes());
    if (m_device.is_cpu()) return bytes;
    bytes = 0; // on the device lies what steps read, and nothing else
    for (const auto* all : {&m_frozen, &m_onDevice})
        for (const auto& [key, tensor] : *all) bytes += std::int64_t(tensor.nbytes());
    return bytes;
}

void TrainedModel::chooseMasters(bool text, const TrainingSet& set, const TrainRecipe& recipe) {
    for (const auto& key : boundKeys())
        if (m_base.weights.at(key).is_floating_point()) m_masters[key] = m_base.weights.at(key);
    if (m_trainText && text) { // the rows of the vocabulary that captions can use
        std::set<std::int64_t> ids{ClipTokenizer::start, ClipTokenizer::end, std::get<TextEncoderConfig>(m_base.config.condition).pad};
        for (const auto& phrase : possiblePhrases(set, recipe.captions))
            for (const auto id : ClipTokenizer::shared().encode(tidyText(phrase))) ids.insert(id);
        for (const auto& phrase : possiblePhrases(set, recipe.captions))
            for (const auto id : ClipTokenizer::shared().encode(phrase)) ids.insert(id);
        for (const auto id : ids) m_rowOf.emplace(id, std::int64_t(m_rowOf.size()));
        m_rows = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::kLong);
        m_masters[tokenTable] = m_base.weights.at(tokenTable).index_select(0, m_rows);
    }
    for (auto& [key, tensor] : m_masters) {
        const bool narrow = recipe.memory.weights == "bf16" && tensor.dim() > 1 && key.starts_with("model.");
        const auto original = tensor;
        tensor = tensor.to(narrow ? at::kBFloat16 : at::kFloat).clone(at::MemoryFormat::Contiguous);
        const auto it = m_base.weights.find(key);
        if (it != m_base.weights.end() && it->second.is_same(original))
            releaseMapped(original); // it was read once, and is only kept on disk
    }
}

std::vector<std::int64_t> TrainedModel::compactIds(std::vector<std::int64_t> ids) const {
    if (!m_rows.defined()) return ids;
    for (auto& id : ids) {
        const auto row = m_rowOf.find(id);
        if (row == m_rowOf.end())
            throw Error(ErrorCode::WrongUse, "A caption has a piece of a word that the prompts of the recipe do not have, so it cannot be "
                                             "learned; simplify the punctuation of the prompts.");
        id = row->second;
    }
    return ids;
}

TrainedModel::TextState TrainedModel::encodeTexts(const Weights& weights, const std::vector<std::string>& captions) const {
    auto config = std::get<TextEncoderConfig>(m_base.config.condition);
    if (config.pathldm) config.maxLength = (config.maxLength + 76) / 77 * 77;
    std::vector<std::int64_t> ids, masks; // one tensor for all: as many allocations for any batch, which memory_probe counts on
    for (const auto& caption : captions) {
        const auto tokens = tokenIds(ClipTokenizer::shared(), config.pathldm ? tidyText(caption) : caption, config.maxLength, config.pad);
        const auto compact = compactIds(tokens.ids);
        ids.insert(ids.end(), compact.begin(), compact.end()), masks.insert(masks.end(), tokens.mask.begin(), tokens.mask.end());
    }
    const auto rows = std::int64_t(captions.size());
    auto id = at::tensor(ids, at::kLong).view({rows, -1}), mask = at::tensor(masks, at::kLong).view({rows, -1});
    if (config.ownLength) trimToTexts(id, mask);
    id = id.to(m_device), mask = mask.to(m_device);
    const nn::ClipText tower(WeightView(weights, binding(), "cond_stage_model.transformer.text_model"), config.tower);
    const auto states = tower(id, config.pathldm ? mask : at::Tensor());
    return {states, m_pooled ? pooledText(states, mask) : at::Tensor(), config.ownLength ? mask : at::Tensor()};
}

// The oldest go where there is no more room.
void TrainedModel::keepEncoded(const std::string& text, const TextState& state) {
    const auto bytesOf = [](const TextState& s) { return s.tokens.nbytes() + (s.vector.defined() ? s.vector.nbytes() : 0); };
    m_encoded.emplace(text, state);
    m_encodedOrder.push_back(text);
    m_encodedBytes += bytesOf(state);
    while (m_encodedBytes > mostEncodedBytes && m_encodedOrder.size() > 1) {
        const auto oldest = m_encoded.find(m_encodedOrder.front());
        m_encodedBytes -= bytesOf(oldest->second);
        m_encoded.erase(oldest);
        m_encodedOrder.pop_front();
    }
}

// Each text once: a batch holds many equal ones. Padding is attended to, as generation does; a short maxLength keeps it cheap. A frozen
// encoder is asked for one text at a time, so that what was kept from an earlier step has the bits that this step would give.
nn::Context TrainedModel::textContext(const Weights& weights, const std::vector<std::string>& captions) {
    const std::set<std::string> sorted(captions.begin(), captions.end());
    const std::vector<std::string> texts(sorted.begin(), sorted.end());
    std::vector<std::int64_t> rows;
    for (const auto& caption : captions) rows.push_back(std::lower_bound(texts.begin(), texts.end(), caption) - texts.begin());
    TextState all;
    if (m_trainText) all = encodeTexts(weights, texts);
    else {
        const c10::AutoGradMode off(false);
        std::vector<at::Tensor> vectors;
        nn::Context tokens; // join() brings texts of their own length to one
        for (const auto& text : texts) {
            const auto known = m_encoded.find(text);
            const auto state = known != m_encoded.end() ? known->second : encodeTexts(read(), {text});
            if (known == m_encoded.end()) keepEncoded(text, state);
            const nn::Context one{state.tokens, {}, state.mask};
            tokens = tokens.tokens.defined() ? nn::join(tokens, one) : one;
            if (m_pooled) vectors.push_back(state.vector);
        }
        all = {tokens.tokens, m_pooled ? at::cat(vectors) : at::Tensor(), tokens.mask};
    }
    const auto order = at::tensor(rows, at::kLong).to(m_device);
    const auto ordered = [&](const at::Tensor& t) { return t.defined() ? t.index_select(0, order) : t; };
    return {ordered(all.tokens), ordered(all.vector), ordered(all.mask)};
}

nn::Context TrainedModel::contextOf(const Weights& weights, const BatchConditions& conditions) {
    if (std::holds_alternative<TextEncoderConfig>(m_base.config.condition)) return textContext(weights, conditions.captions);
    Checkpoint own;
    own.name = m_base.name, own.config = m_base.config, own.weights = m_trainText ? weights : read();
    const auto encoder = bindCondition(own, binding());
    Condition labels;
    for (const int label : conditions.classes) labels.labels.push_back(label);
    auto context = encoder->encode(labels);
    for (std::size_t i = 0; i < conditions.captions.size(); ++i) {
        const auto* table = std::get_if<LabelStage>(&m_base.config.condition);
        if (!conditions.captions[i].empty() || (table && table->null < 0)) continue; // a network without a class for none is always guided
        const auto none = encoder->unconditional(1);
        const auto row = at::full({1}, std::int64_t(i), at::TensorOptions(at::kLong).device(m_device));
        if (context.tokens.defined()) context.tokens = context.tokens.index_copy(0, row, none.tokens);
        if (context.vector.defined()) context.vector = context.vector.index_copy(0, row, none.vector);
    }
    return context;
}

at::Tensor TrainedModel::losses(const NoisyBatch& batch, const BatchConditions& conditions, const Weights* weights) {
    const auto& given = weights ? *weights : m_masters;
    const auto own = m_lora.empty() ? given : adapted(given);
    const auto context = contextOf(own, conditions);
    auto binding = this->binding();
    binding.dtype = m_precision;
    for (const auto& [key, tensor] : own)
        if (key.starts_with("model.")) m_working.weights[key] = tensor;
    auto network = m_recompute ? bindNetwork(m_working, binding) : nullptr;
    if (!network || !network->recomputeBlocks()) {
        for (auto& [key, tensor] : m_working.weights)
            if (!isNorm(own, key)) tensor = tensor.to(m_precision);
        network = bindNetwork(m_working, binding);
    }
    const auto output = (*network)(batch.x, batch.t, context);
    m_working.weights.clear(); // what the gradients need, the graph keeps
    return lossPerSample(output.size(1) == batch.target.size(1) ? output : output.slice(1, 0, batch.target.size(1)), batch.target);
}

Checkpoint TrainedModel::complete(const Weights& trained) const {
    Checkpoint full = m_base;
    if (!m_lora.empty()) {
        const c10::AutoGradMode off(false);
        Weights factors;
        for (const auto& [key, tensor] : trained) factors[key] = tensor.cpu();
        m_lora.addTo(full.weights, m_base.weights, factors, at::kFloat);
        return full;
    }
    for (const auto& [key, tensor] : trained) {
        if (key == tokenTable && m_rows.defined()) {
            auto table = m_base.weights.at(key).to(at::kFloat).clone();
            table.index_copy_(0, m_rows, tensor.detach().to(at::kCPU, at::kFloat));
            full.weights[key] = table;
        } else full.weights[key] = tensor.detach().to(at::kCPU, at::kFloat);
    }
    return full;
}

} // namespace phloxine
