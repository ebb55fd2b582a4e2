#pragma once
// What a model is, in words and numbers: `model.json` of a model folder (format phloxine-model/1).
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/image/Image.h"

namespace phloxine {

struct TissueClass {
    std::string id, label, code, colour; // "lung_scc", "Lung, squamous cell carcinoma", "LS", "#E69F00"
    std::string prompt;                  // caption used for this class by a text-conditioned model
    std::int64_t trainingTiles = 0;      // 0 = not stated
};

struct ModelCard {
    std::string id, title, version, licence, dataSource, groupsHeldOut, intendedUse, limits, stain;
    bool outputsMayFormDataSets = true;
    int tileSizePx = 0;
    Scale scale;           // of the tiles
    std::string scaleNote; // how an assumed scale was found
    std::vector<TissueClass> classes;
    std::vector<std::string> conditions; // "class", "text"
    int captionTokens = 0;               // caption length used in training, start and end token included; 0 = not stated
    int maxTokens = 77;
    std::string promptVocabulary; // id of a row of promptVocabularies(): the words that it was trained with; empty = not known
    std::string defaultSampler = "dpmpp_2m";
    int defaultSteps = 20;
    double defaultGuidance = 1;
    std::string weightsSha256; // empty = not stated
    std::string latent;        // "Patch 16, 14 x 14 x 16", for display

    const TissueClass* findClass(std::string_view id) const; // nullptr when unknown
};

ModelCard modelCardFromJson(const Json& json, const std::string& what); // Error(Corrupt | Unsupported) in one sentence
Json toJson(const ModelCard& card);

} // namespace phloxine
