#include "core/model/ModelCard.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace {

TissueClass classFrom(const Json& json) {
    return {json.at("id"),
            json.at("label"),
            json.value("code", std::string()),
            json.value("colour", std::string("#888888")),
            json.value("prompt", std::string()),
            json.value("training_tiles", std::int64_t(0))};
}

} // namespace

const TissueClass* ModelCard::findClass(std::string_view id) const {
    for (const auto& c : classes)
        if (c.id == id) return &c;
    return nullptr;
}

ModelCard modelCardFromJson(const Json& json, const std::string& what) {
    requireFormat(json, "model", 1, what);
    ModelCard card;
    try {
        card.id = json.at("id");
        card.title = json.value("title", card.id);
        card.version = json.value("version", std::string());
        card.licence = json.value("licence", std::string());
        card.outputsMayFormDataSets = json.value("outputs_may_form_data_sets", true);
        card.dataSource = json.value("data_source", std::string());
        card.groupsHeldOut = json.value("groups_held_out", std::string());
        card.intendedUse = json.value("intended_use", std::string());
        card.limits = json.value("limits", std::string());
        card.stain = json.value("stain", std::string());
        card.tileSizePx = int(std::clamp<std::int64_t>(json.at("tile_px").get<std::int64_t>(), 0, 1 << 20)); // the limits are checked below
        if (const auto mpp = json.find("mpp"); mpp != json.end() && mpp->is_number())
            card.scale = {mpp->get<double>(), scaleSourceFrom(json.value("mpp_source", std::string("unknown")))};
        card.scaleNote = json.value("mpp_note", std::string());
        const auto classes = json.value("classes", Json::array());
        if (!classes.is_array()) throw Error(ErrorCode::Corrupt, "The model card " + what + " has classes that are no list; correct it.");
        for (const auto& c : classes) {
            card.classes.push_back(classFrom(c));
            const auto& id = card.classes.back().id;
            if (!isBareName(id)) // tiles are named by it
                throw Error(ErrorCode::Corrupt,
                            "The model card " + what + " has a class whose id cannot be part of a file name; correct it.", id);
            if (id.empty() || card.findClass(id) != &card.classes.back())
                throw Error(ErrorCode::Corrupt,
                            "The model card " + what + " names the class \"" + id + "\" twice or not at all; correct it.");
        }
        card.conditions = json.value("conditions", std::vector<std::string>());
        card.captionTokens = json.value("caption_tokens", 0);
        card.maxTokens = json.value("max_tokens", 77);
        card.promptVocabulary = json.value("prompt_vocabulary", std::string());
        card.latent = json.value("latent", std::string());
        card.weightsSha256 = json.value("weights_sha256", std::string());
        const auto defaults = json.value("defaults", Json::object());
        card.defaultSampler = defaults.value("sampler", card.defaultSampler);
        card.defaultSteps = defaults.value("steps", card.defaultSteps);
        card.defaultGuidance = defaults.value("guidance", card.defaultGuidance);
    } catch (const Json::exception& e) {
        throw Error(ErrorCode::Corrupt,
                    "The model card " + what + " is incomplete or has a value of the wrong kind; correct it or get the model folder again.",
                    e.what());
    }
    if (card.id.empty() || card.tileSizePx < 8 || card.tileSizePx > 8192)
        throw Error(ErrorCode::Corrupt, "The model card " + what + " holds an impossible value for id or tile_px; correct it.");
    if (card.defaultSteps < 1 || card.defaultSteps > 1000 || !(card.defaultGuidance >= 0 && card.defaultGuidance <= 30))
        throw Error(ErrorCode::Corrupt, "The model card " + what +
                                            " has impossible defaults: steps lie between 1 and 1,000, guidance between "
                                            "0 and 30; correct it.");
    return card;
}

Json toJson(const ModelCard& card) {
    Json classes = Json::array();
    for (const auto& c : card.classes)
        classes.push_back({{"id", c.id},
                           {"label", c.label},
                           {"code", c.code},
                           {"colour", c.colour},
                           {"prompt", c.prompt},
                           {"training_tiles", c.trainingTiles}});
    return {{"format", "phloxine-model/1"},
            {"id", card.id},
            {"title", card.title},
            {"version", card.version},
            {"licence", card.licence},
            {"outputs_may_form_data_sets", card.outputsMayFormDataSets},
            {"data_source", card.dataSource},
            {"groups_held_out", card.groupsHeldOut},
            {"intended_use", card.intendedUse},
            {"limits", card.limits},
            {"stain", card.stain},
            {"tile_px", card.tileSizePx},
            {"mpp", card.scale.known() ? Json(card.scale.micronsPerPixel) : Json()},
            {"mpp_source", toString(card.scale.source)},
            {"mpp_note", card.scaleNote},
            {"classes", classes},
            {"conditions", card.conditions},
            {"caption_tokens", card.captionTokens},
            {"max_tokens", card.maxTokens},
            {"prompt_vocabulary", card.promptVocabulary},
            {"latent", card.latent},
            {"weights_sha256", card.weightsSha256},
            {"defaults", {{"sampler", card.defaultSampler}, {"steps", card.defaultSteps}, {"guidance", card.defaultGuidance}}}};
}

} // namespace phloxine
