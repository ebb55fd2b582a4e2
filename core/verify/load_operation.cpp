// `load`: a checkpoint is opened and bound as for use, and is what the case says; or it is refused for the reason that the case names.
#include "core/base/Error.h"
#include "core/model/report.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace {

const char* firstStageWord(const ModelConfig& c) {
    if (std::holds_alternative<nn::VqConfig>(c.firstStage)) return "vq";
    if (std::holds_alternative<nn::KlConfig>(c.firstStage)) return "kl";
    if (std::holds_alternative<nn::PatchConfig>(c.firstStage)) return "patch";
    return "none";
}

Json described(const Checkpoint& checkpoint) {
    const auto& c = checkpoint.config;
    const auto parameters = [&](const char* prefix) { return parameterCount(trainable(subset(checkpoint.weights, prefix))); };
    return {{"family", c.family},
            {"first_stage", firstStageWord(c)},
            {"cond_stage", conditionWord(c)},
            {"prediction", c.prediction},
            {"scale_factor", scaleFactor(checkpoint)},
            {"ema_used", checkpoint.emaUsed},
            {"ema_num_updates", checkpoint.emaUpdates},
            {"timesteps", c.timesteps},
            {"unet_parameters", parameters("model.diffusion_model.")},
            {"vae_parameters", parameters("first_stage_model.")},
            {"cond_parameters", parameters("cond_stage_model.")}};
}

bool same(const Json& a, const Json& b) {
    return a.is_number() && b.is_number() ? std::abs(a.get<double>() - b.get<double>()) <= 1e-7 * std::abs(b.get<double>()) : a == b;
}

void requireExpected(const Json& expect, const Json& have) {
    for (const auto& [key, value] : expect.items()) {
        if (!have.contains(key)) throw Mismatch{"the case expects \"" + key + "\", which is not reported"};
        if (!same(have[key], value)) throw Mismatch{key + " is " + have[key].dump() + ", expected " + value.dump()};
    }
}

// "a|b" = either.
bool isOneOf(const std::string& word, const std::string& list) { return ("|" + list + "|").find("|" + word + "|") != std::string::npos; }

} // namespace

Weights runLoad(const Case& c) {
    const auto& p = c.parameters;
    const auto wanted = p.value("expect_error", std::string());
    try {
        const auto checkpoint = openCase(c);
        const auto unused = bindAll(checkpoint);
        requireFinite(checkpoint.weights, checkpoint.name);
        if (!wanted.empty() && !p.contains("alternative")) throw Mismatch{"it loads, but should be refused as " + wanted};
        if (p.contains("expect")) requireExpected(p["expect"], described(checkpoint));
        for (const auto& extra : p.value("report_extra", std::vector<std::string>()))
            if (std::find(unused.begin(), unused.end(), extra) == unused.end())
                throw Mismatch{"\"" + extra + "\" is not reported as extra"};
    } catch (const Error& e) {
        if (wanted.empty()) throw;
        if (!isOneOf(std::string(toString(e.code())), wanted))
            throw Mismatch{"refused as " + std::string(toString(e.code())) + ", expected " + wanted + ": " + e.what()};
    }
    if (const auto file = p.value("must_not_exist", std::string()); !file.empty() && std::filesystem::exists(file))
        throw Mismatch{"the file " + file + " exists: code of the checkpoint has run"};
    return {};
}

} // namespace phloxine::verify
