#include "core/model/inspect.h"

#include "core/base/Error.h"
#include "core/model/Model.h"
#include "core/model/ModelStore.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

struct Part {
    const char *prefix, *words;
};
constexpr Part parts[] = {{"model.diffusion_model.", "U-Net"},
                          {"first_stage_model.", "autoencoder"},
                          {"cond_stage_model.", "condition encoder"},
                          {"model_ema.", "moving average (EMA)"}};

std::string millions(std::int64_t n) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f million", double(n) / 1e6);
    return text;
}

void addParts(const Weights& weights, ModelReport& report) {
    report.json["parameters"] = Json::object();
    for (const auto& part : parts) {
        const auto n = parameterCount(subset(weights, part.prefix));
        report.json["parameters"][part.words] = n;
        report.lines.push_back(n ? std::string(part.words[0] == 'a' ? "Has an " : "Has a ") + part.words + " of " + millions(n) +
                                       " parameters."
                                 : std::string("Has no ") + part.words + ".");
    }
}

// Binding checks every key and shape; the first that does not fit is named.
void addFit(const Checkpoint& checkpoint, ModelReport& report) {
    initDevices("cpu");
    const auto binding = Binding::forInference(at::kFloat);
    struct Check {
        const char* what;
        std::function<void()> bind;
    };
    const Check checks[] = {{"The U-Net", [&] { bindNetwork(checkpoint, binding); }},
                            {"The autoencoder", [&] { bindAutoencoder(checkpoint, binding); }},
                            {"The condition encoder", [&] { bindCondition(checkpoint, binding); }}};
    auto& fits = report.json["fits"] = Json::array();
    for (const auto& check : checks) {
        std::string problem;
        try {
            check.bind();
        } catch (const Error& e) { problem = e.what(); }
        fits.push_back({{"part", check.what}, {"fits", problem.empty()}, {"problem", problem}});
        report.lines.push_back(problem.empty() ? std::string(check.what) + " fits."
                                               : std::string(check.what) + " does not fit: " + problem);
    }
    requireFinite(checkpoint.weights, checkpoint.name);
    const auto& c = checkpoint.config;
    report.lines.push_back("Predicts " + c.prediction + " over " + std::to_string(c.timesteps) + " steps (" + c.betaSchedule +
                           " schedule)" + (checkpoint.emaUsed ? "; its moving average is used." : "."));
    report.json.update({{"prediction", c.prediction}, {"timesteps", c.timesteps}, {"ema_used", checkpoint.emaUsed}});
}

} // namespace

ModelReport inspectModel(const fs::path& path) {
    ModelReport report;
    if (!fs::exists(path)) throw Error(ErrorCode::NotFound, "There is nothing at " + path.string() + ".");
    if (fs::is_directory(path)) {
        const auto entry = ModelStore(std::vector<fs::path>()).find(path.string());
        report.json = {{"kind", "model folder"}, {"card", toJson(entry.card)}, {"weights_sha256", weightsHash(path)}};
        report.lines = {"A model folder of Phloxine: " + entry.card.title + ".", "Licence: " + entry.card.licence + ".",
                        "Limits: " + entry.card.limits + "."};
        if (!entry.card.weightsSha256.empty() && entry.card.weightsSha256 != weightsHash(path))
            throw Error(ErrorCode::Corrupt, "The weights of the model " + entry.card.id +
                                                " are not the ones that its card describes (SHA-256 differs); get the model folder again.");
        const auto checkpoint = openCheckpoint(path / "weights.safetensors", path / "config.yaml", path / "text_config.json");
        addParts(checkpoint.weights, report);
        addFit(checkpoint, report);
        return report;
    }
    const auto weights = readCheckpoint(path);
    report.json = {{"kind", "checkpoint"}, {"tensors", weights.size()}};
    report.lines = {"A checkpoint with " + std::to_string(weights.size()) + " tensors; nothing of it was run."};
    addParts(weights, report);
    try {
        addFit(openCheckpoint(path), report);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::NotFound) throw;
        report.lines.push_back("No configuration (config.yaml) lies beside it, so it cannot be told whether it fits.");
    }
    return report;
}

} // namespace phloxine
