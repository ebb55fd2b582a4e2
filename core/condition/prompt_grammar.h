#pragma once
// How a caption is put together from what is known of a tile, and read back. One table: PathLDM's form to the letter, and ours, which also
// states the class and the measured attributes.
#include <optional>
#include <string>
#include <vector>

#include "core/condition/attributes.h"

namespace phloxine {

struct PromptParts {
    std::string className;                                 // in words: "colon adenocarcinoma"; may be empty
    std::vector<std::optional<AttributeLevel>> attributes; // parallel to attributes(), or empty
    std::optional<bool> highTumor, highTil;                // empty: not known, and not stated
    std::string summary;                                   // of a report, whole sentences; may be empty
    bool operator==(const PromptParts&) const = default;
};

// PathLDM's word for a mean probability: "high" from the threshold on. Error(WrongUse) outside 0..1.
bool highLevel(double probability, double threshold = 0.5);

struct PromptGrammar {
    const char *id, *title;
    bool className, attributes; // whether it states them; tumour, TIL and the summary are in all
};
// pathldm: "high tumor; low til; SUMMARY". phloxine: "CLASS; dark stain, pink tone; high tumor; low til; SUMMARY", where an unknown class
// is "tissue" and the attributes stand in the order of their table. What is not known is left out.
const std::vector<PromptGrammar>& promptGrammars();
const PromptGrammar& promptGrammar(const std::string& id); // Error(WrongUse) names those that there are

struct ComposedPrompt {
    std::string text;
    int tokens = 0;                   // CLIP's, start and end included
    std::vector<std::string> dropped; // "sentence: reason" of what did not fit or would be read as something else
};
// Within maxTokens: the last sentences of the summary go first, then the attributes from the last, then the levels. Error(WrongUse) when
// even the first part does not fit, or a class holds a semicolon or would be read as a level.
ComposedPrompt composePrompt(const PromptGrammar& grammar, const PromptParts& parts, int maxTokens = 77);

// What composePrompt() put together: what it did not drop comes back as it was. Whatever is not of the form is the summary.
PromptParts parsePrompt(const PromptGrammar& grammar, const std::string& prompt);

} // namespace phloxine
