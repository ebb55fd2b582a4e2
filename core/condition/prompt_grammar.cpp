#include "core/condition/prompt_grammar.h"

#include <algorithm>

#include "core/base/Error.h"
#include "core/condition/report_summary.h"
#include "core/condition/report_words.h"

namespace phloxine {

namespace {

constexpr const char* unknownClass = "tissue";

std::vector<std::string> split(const std::string& text, const std::string& at) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (auto to = text.find(at); to != text.npos; to = text.find(at, from))
        parts.push_back(text.substr(from, to - from)), from = to + at.size();
    parts.push_back(text.substr(from));
    return parts;
}

// The usual phrase of each level that is stated.
std::vector<std::string> phrasesOf(const std::vector<std::optional<AttributeLevel>>& levels) {
    std::vector<std::string> phrases;
    for (std::size_t i = 0; i < levels.size(); ++i)
        if (levels[i]) phrases.push_back(attributes()[i].phrases[std::size_t(*levels[i])][0]);
    return phrases;
}

bool statesAttribute(const std::string& text) {
    const auto levels = attributeLevelsIn(text);
    return std::any_of(levels.begin(), levels.end(), [](const auto& level) { return level.has_value(); });
}

std::optional<bool> levelIn(const std::string& part, const std::string& of) {
    if (part == "high " + of) return true;
    if (part == "low " + of) return false;
    return {};
}

std::vector<std::string> sentencesOf(const std::string& summary) {
    std::vector<std::string> sentences;
    std::string sentence;
    for (std::size_t i = 0; i < summary.size(); ++i) {
        sentence += summary[i];
        if (std::string(".!?").find(summary[i]) == std::string::npos || (i + 1 < summary.size() && summary[i + 1] != ' ')) continue;
        sentences.push_back(trimmed(sentence)), sentence.clear();
    }
    if (!trimmed(sentence).empty()) sentences.push_back(trimmed(sentence));
    return sentences;
}

std::string classPart(const PromptGrammar& grammar, const std::string& className) {
    if (!grammar.className) return {};
    const auto name = trimmed(className);
    const auto low = lowerAscii(name);
    if (name.find(';') != name.npos || name.find('\n') != name.npos || statesAttribute(name) || levelIn(low, "tumor") ||
        levelIn(low, "til"))
        throw Error(ErrorCode::WrongUse,
                    "The class \"" + name + "\" cannot stand in a prompt: it holds a semicolon or reads as a level; give it another name.");
    return name.empty() ? unknownClass : name;
}

} // namespace

bool highLevel(double probability, double threshold) {
    if (!(probability >= 0 && probability <= 1)) throw Error(ErrorCode::WrongUse, "A probability lies between 0 and 1; correct the table.");
    return probability >= threshold;
}

const std::vector<PromptGrammar>& promptGrammars() {
    static const std::vector<PromptGrammar> rows = {{"pathldm", "PathLDM: tumour; TIL; summary", false, false},
                                                    {"phloxine", "Class; attributes; tumour; TIL; summary", true, true}};
    return rows;
}

const PromptGrammar& promptGrammar(const std::string& id) {
    std::string known;
    for (const auto& row : promptGrammars()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "There is no grammar \"" + id + "\"; choose one of " + known + ".");
}

ComposedPrompt composePrompt(const PromptGrammar& grammar, const PromptParts& parts, int maxTokens) {
    const auto first = classPart(grammar, parts.className);
    auto phrases = grammar.attributes ? phrasesOf(parts.attributes) : std::vector<std::string>();
    std::vector<std::string> levels;
    if (parts.highTumor) levels.push_back(*parts.highTumor ? "high tumor" : "low tumor");
    if (parts.highTil) levels.push_back(*parts.highTil ? "high til" : "low til");
    ComposedPrompt prompt;
    std::vector<std::string> sentences;
    for (const auto& sentence : sentencesOf(parts.summary)) // those who read the attributes of a caption shall find the measured ones
        if (grammar.attributes && statesAttribute(sentence)) prompt.dropped.push_back(sentence + ": It reads as a measured attribute.");
        else sentences.push_back(sentence);
    for (;;) {
        prompt.text = joined({first, joined(phrases, ", "), joined(levels, "; "), joined(sentences, " ")}, "; ");
        prompt.tokens = promptTokens(prompt.text);
        if (prompt.tokens <= maxTokens) return prompt;
        auto& shortened = !sentences.empty() ? sentences : !phrases.empty() ? phrases : levels;
        if (shortened.empty()) // nothing but the class is left
            throw Error(ErrorCode::WrongUse,
                        "The class \"" + first + "\" alone has more than " + std::to_string(maxTokens) + " tokens; allow more.");
        prompt.dropped.push_back(shortened.back() + ": It does not fit into " + std::to_string(maxTokens) + " tokens.");
        shortened.pop_back();
    }
}

PromptParts parsePrompt(const PromptGrammar& grammar, const std::string& prompt) {
    PromptParts parts;
    if (grammar.attributes) parts.attributes.resize(attributes().size());
    const auto pieces = split(prompt, "; ");
    std::size_t i = 0;
    if (grammar.className && i < pieces.size()) parts.className = pieces[i] == unknownClass ? std::string() : pieces[i], ++i;
    if (grammar.attributes && i < pieces.size()) {
        const auto found = attributeLevelsIn(pieces[i]);
        if (joined(phrasesOf(found), ", ") == pieces[i]) parts.attributes = found, ++i;
    }
    if (i < pieces.size() && (parts.highTumor = levelIn(pieces[i], "tumor"))) ++i;
    if (i < pieces.size() && (parts.highTil = levelIn(pieces[i], "til"))) ++i;
    parts.summary = joined({pieces.begin() + std::ptrdiff_t(i), pieces.end()}, "; ");
    return parts;
}

} // namespace phloxine
