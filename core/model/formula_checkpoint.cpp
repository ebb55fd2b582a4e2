#include "core/model/formula_checkpoint.h"

#include "core/base/Error.h"
#include "core/model/Model.h"
#include "core/model/compvis_config.h"
#include "core/tensor/formula_weights.h"

namespace phloxine {

namespace {

using Shape = std::vector<std::int64_t>;

// The tensors of transformers.CLIPTextModel.
std::map<std::string, Shape> clipShapes(const Json& c) {
    const std::int64_t width = c.at("hidden_size"), inner = c.at("intermediate_size");
    std::map<std::string, Shape> shapes{{"embeddings.token_embedding.weight", {c.at("vocab_size"), width}},
                                        {"embeddings.position_embedding.weight", {c.at("max_position_embeddings"), width}}};
    const auto pair = [&](const std::string& name, Shape weight) {
        shapes[name + ".bias"] = {weight.front()};
        shapes[name + ".weight"] = std::move(weight);
    };
    pair("final_layer_norm", {width});
    for (int i = 0; i < c.at("num_hidden_layers").get<int>(); ++i) {
        const auto layer = "encoder.layers." + std::to_string(i) + ".";
        for (const auto* norm : {"layer_norm1", "layer_norm2"}) pair(layer + norm, {width});
        for (const auto* projection : {"q_proj", "k_proj", "v_proj", "out_proj"}) pair(layer + "self_attn." + projection, {width, width});
        pair(layer + "mlp.fc1", {inner, width});
        pair(layer + "mlp.fc2", {width, inner});
    }
    return shapes;
}

TextEncoderConfig clipConfig(const Json& c) {
    TextEncoderConfig config;
    config.tower.heads = c.at("num_attention_heads");
    config.tower.activation = c.value("hidden_act", std::string("quick_gelu")) == "gelu" ? nn::Activation::Gelu : nn::Activation::QuickGelu;
    return config;
}

} // namespace

Checkpoint formulaCheckpoint(const std::vector<FormulaPart>& parts, const std::string& salt, double gain) {
    Checkpoint checkpoint;
    checkpoint.name = "formula weights";
    checkpoint.config.firstStage = NoStage{}, checkpoint.config.condition = NoStage{};
    const auto make = [&](const std::string& key, at::IntArrayRef shape) { return formulaWeight(salt, key, shape, gain); };
    TensorSource source{checkpoint.weights, make};
    auto binding = Binding::train();
    binding.source = &source;
    for (const auto& [network, config] : parts) {
        const auto stage =
            Json{{"target", (network == "UNetModel" ? "openaimodel." : "autoencoder.") + network}, {"params", config}}.dump();
        if (network == "UNetModel") {
            checkpoint.config.network = unetFromYaml(stage, checkpoint.name);
            checkpoint.config.latentSize = config.value("image_size", 32);
            (void)bindNetwork(checkpoint, binding);
        } else if (network == "CLIPTextModel") {
            checkpoint.config.condition = clipConfig(config);
            for (const auto& [name, shape] : clipShapes(config)) {
                const auto key = "cond_stage_model.transformer.text_model." + name;
                checkpoint.weights[key] = make(key, shape);
            }
        } else {
            checkpoint.config.firstStage = firstStageFromYaml(stage, checkpoint.name);
            (void)bindAutoencoder(checkpoint, binding);
        }
    }
    return checkpoint;
}

} // namespace phloxine
