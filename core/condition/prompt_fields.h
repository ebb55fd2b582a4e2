#pragma once
// The fields in which a person says what a tile shall show, and the prompt in a model's own vocabulary that they make. A vocabulary is a
// row; a model's card names its own. Pure text: needs no tensor.
#include <string>
#include <vector>

namespace phloxine {

struct PromptOption {
    std::string value, title; // "high", "High"
    std::string phrase;       // "high nuclear density", as captions have it
};

enum class PromptFieldKind { Class, Words, Levels }; // one of the card's class prompts; free words; one of the options
struct PromptField {
    std::string id, title;
    PromptFieldKind kind = PromptFieldKind::Words;
    int part = 0; // fields of one part are joined by commas, parts by semicolons
    std::vector<PromptOption> options = {};
    std::string example = {}; // of free words
};

struct PromptVocabulary {
    std::string id;
    std::vector<PromptField> fields; // in the order of the prompt
};
// class-levels: "CLASS, high nuclear density, dark stain", the captions of the embedded model.
// pathldm: "high tumor; low til; SITE, DIAGNOSIS, GRADE; FEATURES", the captions of PathLDM (Yellapragada et al. 2023).
const std::vector<PromptVocabulary>& promptVocabularies();
const PromptVocabulary* findPromptVocabulary(const std::string& id); // nullptr where it is not known: such a model has no fields

// Parallel to PromptVocabulary::fields: the value of an option, the words, or empty where the field is not stated.
using PromptValues = std::vector<std::string>;

// What is not stated is left out. Semicolons and line ends in free words become commas and spaces. Error(WrongUse) when the values are not
// as many as the fields, or name no option.
std::string composedPrompt(const PromptVocabulary& vocabulary, const PromptValues& values);

// What a prompt says in these fields; what belongs to none is left out, so composing again gives the same text only where nothing was.
// `classPrompts` are those of the card. Levels are read as attributeLevelsIn() does. Of the words of a part, those that speak of a grade
// are the grade; one that is left is the diagnosis, of several the first is the site.
PromptValues promptValuesIn(const PromptVocabulary& vocabulary, const std::string& prompt, const std::vector<std::string>& classPrompts);

} // namespace phloxine
