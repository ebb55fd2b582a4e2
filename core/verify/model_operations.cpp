// Operations on parts of a model: networks, autoencoders, conditions.
#include "core/base/Error.h"
#include "core/model/diffusers_folder.h"
#include "core/tensor/formula_weights.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace fs = std::filesystem;

std::vector<std::int64_t> sizes(const Json& json) { return json.get<std::vector<std::int64_t>>(); }

Checkpoint openCase(const Case& c) {
    if (c.parameters.contains("formula") || (c.parameters.contains("weights") && c.parameters["weights"] == "formula/1"))
        throw NotYet{"full-size networks with formula weights are not there yet"};
    if (fs::is_directory(c.model)) throw NotYet{"diffusers folders are not there yet, but for their KL autoencoder and text encoder"};
    const auto beside = [&](const char* key) {
        return c.parameters.contains(key) ? c.model.parent_path() / c.parameters[key].get<std::string>() : fs::path();
    };
    const bool live = c.parameters.value("weights", std::string()) == "live";
    return openCheckpoint(c.model, beside("config"), beside("text_config"), live ? WeightChoice::Live : WeightChoice::EmaIfThere);
}

Binding fullPrecision() { return Binding::forInference(at::kFloat); }

namespace {

Checkpoint openAutoencoder(const Case& c) {
    if (!fs::is_directory(c.model)) return openCase(c);
    if (!fs::exists(c.model / "vae")) throw NotYet{"this folder holds no autoencoder"};
    return openDiffusersVae(c.model);
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
    const auto checkpoint = openCase(c);
    if (!c.inputs.count("context")) throw NotYet{"a U-Net without a context is not there yet"};
    const auto network = bindNetwork(checkpoint, fullPrecision());
    return {{"eps", (*network)(c.inputs.at("x"), c.inputs.at("t"), {c.inputs.at("context"), {}})}};
}

Weights runEncode(const Case& c) {
    const auto checkpoint = openAutoencoder(c);
    const auto autoencoder = bindAutoencoder(checkpoint, fullPrecision());
    const double scale = scaleFactor(checkpoint);
    const auto& image = c.inputs.at("image");
    const auto* kl = dynamic_cast<const nn::KlAutoencoder*>(autoencoder.get());
    if (!kl) return {{"latent", autoencoder->encode(image) * scale}};
    const auto moments = kl->moments(image);
    Weights out{{"mean", moments.mean}, {"logvar", moments.logvar}, {"latent", moments.mean * scale}};
    if (const auto noise = c.inputs.find("noise"); noise != c.inputs.end())
        out["latent_sampled"] = (moments.mean + at::exp(0.5 * moments.logvar) * noise->second) * scale;
    return out;
}

Weights runDecode(const Case& c) {
    const auto checkpoint = openAutoencoder(c);
    return {{"image", bindAutoencoder(checkpoint, fullPrecision())->decode(c.inputs.at("latent") / scaleFactor(checkpoint))}};
}

Weights runText(const Case& c) {
    auto checkpoint = std::filesystem::is_directory(c.model / "text_encoder") ? openDiffusersText(c.model) : openCase(c);
    auto& stage = checkpoint.config.condition;
    if (!std::holds_alternative<TextEncoderConfig>(stage)) throw NotYet{"this text encoder is not there yet"};
    auto& config = std::get<TextEncoderConfig>(stage);
    config.maxLength = c.parameters.value("max_length", config.maxLength);
    config.pathldm = c.parameters.value("chunking", std::string("none")) == "pathldm";
    const auto encoder = bindCondition(checkpoint, fullPrecision());
    const auto text = dynamic_cast<const TextEncoder&>(*encoder).encodeTexts(c.parameters.at("texts").get<std::vector<std::string>>());
    return {{"ids", text.ids}, {"mask", text.mask}, {"context", text.context}};
}

Weights runClass(const Case& c) {
    const auto labels = c.inputs.at("labels").contiguous();
    const auto* first = labels.data_ptr<std::int64_t>();
    return {{"context", bindCondition(openCase(c), fullPrecision())->encode({{}, {first, first + labels.numel()}}).tokens}};
}

} // namespace phloxine::verify
