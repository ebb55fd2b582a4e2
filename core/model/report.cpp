#include "core/model/report.h"

#include <set>

#include "core/base/Error.h"

namespace phloxine {

namespace {

bool isOfNoUse(const std::string& key) {
    static const std::set<std::string> buffers{"betas",
                                               "alphas_cumprod",
                                               "alphas_cumprod_prev",
                                               "sqrt_alphas_cumprod",
                                               "sqrt_one_minus_alphas_cumprod",
                                               "log_one_minus_alphas_cumprod",
                                               "sqrt_recip_alphas_cumprod",
                                               "sqrt_recipm1_alphas_cumprod",
                                               "posterior_variance",
                                               "posterior_log_variance_clipped",
                                               "posterior_mean_coef1",
                                               "posterior_mean_coef2",
                                               "lvlb_weights",
                                               "logvar",
                                               "scale_factor",
                                               "cond_ids"};
    if (buffers.count(key)) return true;
    for (const auto* ending :
         {"position_ids", "logit_scale", "text_projection", "text_projection.weight", "attn_mask", "num_batches_tracked"})
        if (key.ends_with(ending)) return true;
    return false;
}

} // namespace

std::vector<std::string> bindAll(const Checkpoint& checkpoint) {
    std::set<std::string> seen;
    auto binding = Binding::train(); // the masters themselves: nothing is copied
    binding.seen = &seen;
    if (!subset(checkpoint.weights, "model.diffusion_model.").size())
        throw Error(ErrorCode::MissingKey,
                    "The checkpoint " + checkpoint.name +
                        " holds no denoiser (no key model.diffusion_model.*); it may be an autoencoder or a text encoder alone.");
    (void)bindNetwork(checkpoint, binding);
    (void)bindAutoencoder(checkpoint, binding);
    (void)bindCondition(checkpoint, binding);
    (void)bindSchedule(checkpoint);
    std::vector<std::string> unused;
    for (const auto& [key, tensor] : checkpoint.weights)
        if (!seen.count(key) && !isOfNoUse(key)) unused.push_back(key);
    return unused;
}

Weights trainable(const Weights& weights) {
    Weights parameters;
    for (const auto& [key, tensor] : weights)
        if (tensor.is_floating_point()) parameters.emplace(key, tensor);
    return parameters;
}

int classCount(const ModelConfig& config) {
    if (const auto* stage = std::get_if<ClassStage>(&config.condition)) return int(stage->classes);
    const auto* labels = std::get_if<LabelStage>(&config.condition);
    if (!labels) return 0;
    return labels->null == labels->classes - 1 ? labels->null : labels->classes; // the last row may stand for none
}

const char* conditionWord(const ModelConfig& config) {
    if (std::holds_alternative<TextEncoderConfig>(config.condition)) return "clip-text";
    if (std::holds_alternative<ClassStage>(config.condition)) return "class";
    if (std::holds_alternative<LabelStage>(config.condition)) return "class";
    if (std::holds_alternative<NoStage>(config.condition)) return "none";
    if (std::holds_alternative<UnsupportedStage>(config.condition)) return "unsupported";
    return "vector";
}

} // namespace phloxine
