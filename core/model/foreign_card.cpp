// A card for a model that brings none.
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/Model.h"

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
};

Described describe(const ModelConfig& config) {
    if (const auto* text = std::get_if<TextEncoderConfig>(&config.condition))
        return {{"text"}, 0, text->maxLength, text->pathldm ? 1.75 : 7.5}; // the values of the papers
    // PathLDM's class checkpoint trained its empty class hardly at all: guidance stays off.
    if (const auto* stage = std::get_if<ClassStage>(&config.condition)) return {{"class"}, stage->classes, 0, 1};
    return {};
}

} // namespace

ModelCard cardFromCheckpoint(const fs::path& path, const Checkpoint& checkpoint) {
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
    card.defaultGuidance = described.guidance;
    if (card.tileSizePx < 8)
        throw Error(ErrorCode::Yaml, "The configuration of " + checkpoint.name + " does not state the size of its latents (image_size).");
    return card;
}

} // namespace phloxine
