// A card for a model that brings none.
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/Model.h"
#include "core/model/report.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

std::string slug(const std::string& text) { // [a-z0-9-]
    std::string id;
    for (const unsigned char c : text) {
        if (std::isalnum(c) && c < 128) id += char(std::tolower(c));
        else if (!id.empty() && id.back() != '-') id += '-';
    }
    while (!id.empty() && id.back() == '-') id.pop_back();
    return id.empty() ? "model" : id;
}

// "model.ckpt" says nothing: then the folder names it.
std::string nameOf(const fs::path& given) {
    auto path = fs::absolute(given).lexically_normal();
    if (!path.has_filename()) path = path.parent_path(); // "folder/"
    const auto stem = isFolder(path) ? path.filename().string() : path.stem().string();
    for (const auto* empty : {"model", "weights", "last", "checkpoint", "diffusion_pytorch_model"})
        if (stem == empty && path.has_parent_path()) return path.parent_path().filename().string();
    return stem;
}

struct Described {
    std::vector<std::string> conditions;
    std::int64_t classes = 0;
    int maxTokens = 77;
    double guidance = 1;
    const char* vocabulary = "";
};

Described describe(const ModelConfig& config) {
    if (const auto* text = std::get_if<TextEncoderConfig>(&config.condition))
        return {{"text"}, 0, text->maxLength, text->pathldm ? 1.75 : 7.5, text->pathldm ? "pathldm" : ""}; // the values of the papers
    // PathLDM's class checkpoint trained its empty class hardly at all: guidance stays off.
    if (const auto classes = classCount(config)) return {{"class"}, classes, 0, 1};
    if (conditionWord(config) == std::string_view("vector")) return {{"vector"}, 0, 0, 1};
    return {};
}

// "KL-f8, 32 x 32 x 4"
std::string latentWords(const ModelConfig& config) {
    const auto words = [&](const std::string& kind, std::int64_t channels) {
        const auto side = std::to_string(config.latentSize);
        return kind + std::to_string(pixelsPerLatent(config)) + ", " + side + " x " + side + " x " + std::to_string(channels);
    };
    if (const auto* k = std::get_if<nn::KlConfig>(&config.firstStage)) return words("KL-f", k->embedDim);
    if (const auto* v = std::get_if<nn::VqConfig>(&config.firstStage)) return words("VQ-f", v->embedDim);
    if (const auto* p = std::get_if<nn::PatchConfig>(&config.firstStage)) return words("Patch ", p->zChannels);
    return {};
}

} // namespace

ModelCard cardFromCheckpoint(const fs::path& path, const Checkpoint& checkpoint) {
    requirePictures(checkpoint);
    const auto described = describe(checkpoint.config);
    ModelCard card;
    const auto name = plainText(nameOf(path)); // any bytes make a file name
    card.id = slug(name);
    card.title = name;
    card.version = "unknown";
    card.licence = "not stated; ask who released the model";
    card.outputsMayFormDataSets = false;
    card.dataSource = "not stated";
    card.limits = "A foreign model without a card: what it was trained on, and at which scale, is not known.";
    card.stain = "H&E";
    card.tileSizePx = checkpoint.config.latentSize * pixelsPerLatent(checkpoint.config);
    card.conditions = described.conditions;
    for (std::int64_t i = 0; i < described.classes && i < 1000; ++i) {
        const auto n = std::to_string(i);
        card.classes.push_back({"class_" + n, "Class " + n, n, "#888888", {}, 0});
    }
    card.maxTokens = described.maxTokens;
    card.promptVocabulary = described.vocabulary;
    card.defaultGuidance = described.guidance;
    if (checkpoint.config.prediction == "flow") card.defaultSampler = "flow_euler"; // the only one for such a model
    card.latent = latentWords(checkpoint.config);
    if (card.tileSizePx < 8)
        throw Error(ErrorCode::Yaml, "The configuration of " + checkpoint.name + " does not state the size of its latents (image_size).");
    return card;
}

} // namespace phloxine
