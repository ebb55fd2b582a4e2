#pragma once
// The measured properties of a tile that a caption may state, each in three levels, and the words for them. One table serves those who
// write captions, those who read them back, and the models that were trained on them.
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace phloxine {

enum class AttributeLevel { Low, Medium, High };

struct Attribute {
    const char* id;
    const char* title;
    std::array<std::vector<const char*>, 3> phrases; // for low, medium, high; the first of each is the usual one
};
const std::vector<Attribute>& attributes(); // nuclear density, stain strength, tone (low: haematoxylin, high: eosin), lumen

// What a caption asks for, one entry for each row of attributes(); empty where it does not speak of it. Phrases count only as whole words,
// in any case; of two phrases for one attribute the last one holds.
std::vector<std::optional<AttributeLevel>> attributeLevelsIn(const std::string& caption);

} // namespace phloxine
