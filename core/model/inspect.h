#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"

namespace phloxine {

// What a model folder or checkpoint is: lines for a person, JSON for a machine. Reads it whole, runs nothing of it.
// Throws what the loaders throw, in one sentence.
struct ModelReport {
    std::vector<std::string> lines;
    int cardLine = -1; // the line that repeats the card, for those who show the card themselves; -1 = there is none
    Json json;
};
ModelReport inspectModel(const std::filesystem::path& path);

} // namespace phloxine
