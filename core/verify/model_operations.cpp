// Operations on parts of a model: networks, autoencoders, conditions.
#include "core/base/Error.h"
#include "core/model/formula_checkpoint.h"
#include "core/model/lora.h"
#include "core/tensor/formula_weights.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace fs = std::filesystem;

namespace {

Checkpoint formulaCase(const Json& p) {
    auto checkpoint = formulaCheckpoint({{p.at("network"), p.at("config")}}, p.at("salt"), p.value("gain", 1.0));
    checkpoint.config.scaleFactor = p.value("scale_factor", 1.0);
    return checkpoint;
}

} // namespace

Checkpoint openCase(const Case& c) {
    if (c.parameters.value("weights", std::string()) == "formula/1") return formulaCase(c.parameters);
    OpenOptions options;
    const auto beside = [&](const char* key) {
        return c.parameters.contains(key) ? (c.model.parent_path() / c.parameters[key].get<std::string>()).lexically_normal() : fs::path();
    };
    options.config = beside("config"), options.textConfig = beside("text_config");
    if (c.parameters.value("weights", std::string()) == "live") options.weights = WeightChoice::Live;
    return openCheckpoint(c.model, options);
}

Binding fullPrecision(const Case& c) { return Binding::forInference(at::kFloat, c.device); }

namespace {

std::vector<std::int64_t> sizes(const Json& json) { return json.get<std::vector<std::int64_t>>(); }

// An input of the case, or undefined.
at::Tensor input(const Case& c, const char* name) {
    const auto it = c.inputs.find(name);
    return it == c.inputs.end() ? at::Tensor() : it->second;
}

std::vector<std::int64_t> integersOf(const at::Tensor& t) {
    const auto plain = t.to(at::kCPU, at::kLong).contiguous();
    return {plain.data_ptr<std::int64_t>(), plain.data_ptr<std::int64_t>() + plain.numel()};
}

// [n, tokens, width] -> the chosen tokens, and the mean and deviation of each text.
void addRows(const Json& rows, Weights& out) {
    const auto& context = out.at("context");
    out["context_rows"] = context.index_select(1, at::tensor(sizes(rows), at::kLong).to(context.device()));
    out["context_mean"] = context.mean({1, 2}), out["context_std"] = context.std({1, 2});
}

} // namespace

Weights runFormula(const Case& c) {
    const auto salt = c.parameters.at("salt").get<std::string>();
    const auto gain = c.parameters.value("gain", 1.0);
    const auto first = c.parameters.value("first", std::int64_t(48));
    Weights out;
    for (const auto& t : c.parameters.at("tensors"))
        out[t.at("name")] = formulaWeight(salt, t.at("name"), sizes(t.at("shape")), gain).flatten().slice(0, 0, first);
    for (const auto& t : c.parameters.value("inputs", Json::array()))
        out[t.at("name")] = formulaInput(salt, t.at("name"), sizes(t.at("shape"))).flatten().slice(0, 0, first);
    return out;
}

Weights runUNet(const Case& c) {
    const auto network = bindNetwork(openCase(c), fullPrecision(c));
    auto vector = input(c, "labels");
    if (!vector.defined()) vector = input(c, "y");
    const auto& x = c.inputs.at("x");
    const auto raw = (*network)(x, c.inputs.at("t"), {input(c, "context"), vector});
    return {{"raw", raw}, {"eps", raw.slice(1, 0, x.size(1))}};
}

Weights runEncode(const Case& c) {
    const auto checkpoint = openCase(c);
    const auto autoencoder = bindAutoencoder(checkpoint, fullPrecision(c));
    const double scale = scaleFactor(checkpoint), shift = checkpoint.config.shiftFactor;
    const auto& image = c.inputs.at("image");
    const auto* kl = dynamic_cast<const nn::KlAutoencoder*>(autoencoder.get());
    if (!kl) return {{"latent", (autoencoder->encode(image) - shift) * scale}};
    const auto moments = kl->moments(image);
    Weights out{{"mean", moments.mean}, {"logvar", moments.logvar}, {"latent", (moments.mean - shift) * scale}};
    if (const auto noise = input(c, "noise"); noise.defined())
        out["latent_sampled"] = (moments.mean + at::exp(0.5 * moments.logvar) * noise - shift) * scale;
    return out;
}

Weights decoded(const Case& c, const Checkpoint& checkpoint, const at::Tensor& latent, std::optional<bool> quantise) {
    const auto autoencoder = bindAutoencoder(checkpoint, fullPrecision(c));
    if (!autoencoder) return {}; // a denoiser alone
    const auto unscaled = latent / scaleFactor(checkpoint) + checkpoint.config.shiftFactor;
    const auto* vq = dynamic_cast<const nn::VqAutoencoder*>(autoencoder.get());
    if (!vq) return {{"image", autoencoder->decode(unscaled)}};
    return {{"image", quantise ? vq->decode(unscaled, *quantise) : vq->decode(unscaled)}, {"codes", vq->quantise(unscaled).codes}};
}

Weights runDecode(const Case& c) {
    const auto quantise = c.parameters.find("quantise");
    return decoded(c, openCase(c), c.inputs.at("latent"),
                   quantise == c.parameters.end() ? std::nullopt : std::optional(quantise->get<bool>()));
}

Weights runText(const Case& c) {
    auto checkpoint = openCase(c);
    auto* config = std::get_if<TextEncoderConfig>(&checkpoint.config.condition);
    if (!config) throw NotYet{"this model has no text encoder"};
    config->maxLength = c.parameters.value("max_length", config->maxLength);
    config->pathldm = c.parameters.value("chunking", std::string("none")) == "pathldm";
    const auto encoder = bindCondition(checkpoint, fullPrecision(c));
    const auto text = dynamic_cast<const TextEncoder&>(*encoder).encodeTexts(c.parameters.at("texts").get<std::vector<std::string>>());
    Weights out{{"ids", text.ids}, {"mask", text.mask}, {"context", text.context}};
    if (c.parameters.contains("rows")) addRows(c.parameters["rows"], out);
    return out;
}

Weights runClass(const Case& c) {
    Condition condition;
    condition.labels = integersOf(c.inputs.at("labels"));
    return {{"context", bindCondition(openCase(c), fullPrecision(c))->encode(condition).tokens}};
}

// The vectors of a case, under the names that it gives them.
Condition vectorCondition(const Case& c) {
    Condition condition;
    for (const auto* name : {"patch", "feat", "vector"})
        if (const auto t = input(c, name); t.defined()) condition.vectors = t;
    condition.region = input(c, "region");
    for (const auto* name : {"mag", "labels"})
        if (const auto t = input(c, name); t.defined()) condition.labels = integersOf(t);
    return condition;
}

Weights runVector(const Case& c) { return {{"context", bindCondition(openCase(c), fullPrecision(c))->encode(vectorCondition(c)).tokens}}; }

Weights runLora(const Case& c) {
    auto checkpoint = openCase(c);
    mergeLora(checkpoint, readLora((c.folder / c.parameters.at("lora").get<std::string>()).lexically_normal()), c.parameters.at("scale"));
    const auto network = bindNetwork(checkpoint, fullPrecision(c));
    Weights out{{"eps", (*network)(c.inputs.at("x"), c.inputs.at("t"), {input(c, "context"), input(c, "labels")})}};
    Condition condition;
    condition.texts = c.parameters.value("texts", std::vector<std::string>());
    if (!condition.texts.empty()) out["context_after"] = bindCondition(checkpoint, fullPrecision(c))->encode(condition).tokens;
    return out;
}

} // namespace phloxine::verify
