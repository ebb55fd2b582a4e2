#include "core/condition/prompt_fields.h"

#include <algorithm>

#include "core/base/Error.h"
#include "core/condition/attributes.h"
#include "core/condition/report_words.h"

namespace phloxine {

namespace {

constexpr const char *levelValues[] = {"low", "medium", "high"}, *levelTitles[] = {"Low", "Medium", "High"};
constexpr const char* toneTitles[] = {"Purple", "Balanced", "Pink"};
constexpr const char* stainTitles[] = {"Pale", "Medium", "Dark"};

PromptField attributeField(const Attribute& attribute) {
    const std::string id = attribute.id;
    const auto& titles = id == "tone" ? toneTitles : id == "stain-strength" ? stainTitles : levelTitles;
    PromptField field{id, attribute.title, PromptFieldKind::Levels};
    for (std::size_t level = 0; level < 3; ++level)
        field.options.push_back({levelValues[level], titles[level], attribute.phrases[level][0]});
    return field;
}

PromptVocabulary classLevels() {
    PromptVocabulary vocabulary{"class-levels", {{"class", "Tissue", PromptFieldKind::Class}}};
    for (const auto& attribute : attributes()) vocabulary.fields.push_back(attributeField(attribute));
    return vocabulary;
}

PromptVocabulary pathldm() {
    const auto level = [](const std::string& id, const std::string& title, int part, const std::string& of) {
        return PromptField{id, title, PromptFieldKind::Levels, part, {{"low", "Low", "low " + of}, {"high", "High", "high " + of}}};
    };
    return {"pathldm",
            {level("tumour", "Tumour", 0, "tumor"),
             level("til", "TIL", 1, "til"),
             {"site", "Site", PromptFieldKind::Words, 2, {}, "breast"},
             {"diagnosis", "Diagnosis", PromptFieldKind::Words, 2, {}, "infiltrating ductal carcinoma"},
             {"grade", "Grade", PromptFieldKind::Words, 2, {}, "moderately differentiated"},
             {"features", "Features", PromptFieldKind::Words, 3, {}, "keratin pearls, focal necrosis"}}};
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (auto to = text.find(at); to != text.npos; to = text.find(at, from))
        parts.push_back(trimmed(text.substr(from, to - from))), from = to + 1;
    parts.push_back(trimmed(text.substr(from)));
    std::erase(parts, std::string());
    return parts;
}

std::string freeWords(const std::string& given) {
    std::string words;
    for (const char c : trimmed(given)) {
        const char plain = c == ';' ? ',' : c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
        if (plain != ' ' || (!words.empty() && words.back() != ' ')) words += plain;
    }
    return joined(split(words, ','), ", ");
}

std::string phraseOf(const PromptField& field, const std::string& value) {
    if (value.empty()) return {};
    if (field.kind != PromptFieldKind::Levels) return freeWords(value);
    for (const auto& option : field.options)
        if (option.value == value) return option.phrase;
    throw Error(ErrorCode::WrongUse, "The field \"" + field.id + "\" has no value \"" + value + "\"; choose one of its own.");
}

bool speaksOfGrade(const std::string& words) {
    const auto low = lowerAscii(words);
    for (const char* word : {"grade", "differentiated", "gleason"})
        if (low.find(word) != low.npos) return true;
    return false;
}

std::size_t fieldAt(const PromptVocabulary& vocabulary, const std::string& id) {
    const auto found = std::find_if(vocabulary.fields.begin(), vocabulary.fields.end(), [&](const auto& field) { return field.id == id; });
    return std::size_t(found - vocabulary.fields.begin());
}

// Level by level: an attribute by all of its phrases, a tumour or TIL level by its own piece.
void readLevels(const PromptVocabulary& vocabulary, const std::string& prompt, std::vector<std::string>& pieces, PromptValues& values) {
    const auto found = attributeLevelsIn(prompt);
    for (std::size_t i = 0; i < vocabulary.fields.size(); ++i) {
        const auto& field = vocabulary.fields[i];
        for (std::size_t k = 0; k < attributes().size(); ++k)
            if (field.id == attributes()[k].id && found[k]) values[i] = levelValues[std::size_t(*found[k])];
        for (const auto& option : field.options)
            if (const auto at = std::find_if(pieces.begin(), pieces.end(), [&](const auto& p) { return lowerAscii(p) == option.phrase; });
                at != pieces.end())
                values[i] = option.value, pieces.erase(at);
    }
}

void readWords(const PromptVocabulary& vocabulary, const std::vector<std::string>& pieces, PromptValues& values) {
    const auto features = fieldAt(vocabulary, "features");
    if (features == values.size() || pieces.empty()) return;
    values[features] = joined({pieces.begin() + 1, pieces.end()}, ", ");
    auto words = split(pieces.front(), ',');
    if (const auto grade = std::find_if(words.begin(), words.end(), speaksOfGrade); grade != words.end())
        values[fieldAt(vocabulary, "grade")] = joined({grade, words.end()}, ", "), words.erase(grade, words.end());
    if (words.size() > 1) values[fieldAt(vocabulary, "site")] = words.front(), words.erase(words.begin());
    values[fieldAt(vocabulary, "diagnosis")] = joined(words, ", ");
}

} // namespace

const std::vector<PromptVocabulary>& promptVocabularies() {
    static const std::vector<PromptVocabulary> rows = {classLevels(), pathldm()};
    return rows;
}

const PromptVocabulary* findPromptVocabulary(const std::string& id) {
    for (const auto& row : promptVocabularies())
        if (row.id == id) return &row;
    return nullptr;
}

std::string composedPrompt(const PromptVocabulary& vocabulary, const PromptValues& values) {
    if (values.size() != vocabulary.fields.size())
        throw Error(ErrorCode::WrongUse, "There are not as many values as the vocabulary \"" + vocabulary.id + "\" has fields.");
    std::vector<std::string> parts;
    int part = -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto phrase = phraseOf(vocabulary.fields[i], values[i]);
        if (phrase.empty()) continue;
        if (vocabulary.fields[i].part != part) parts.push_back(phrase);
        else parts.back() += ", " + phrase;
        part = vocabulary.fields[i].part;
    }
    return joined(parts, "; ");
}

PromptValues promptValuesIn(const PromptVocabulary& vocabulary, const std::string& prompt, const std::vector<std::string>& classPrompts) {
    PromptValues values(vocabulary.fields.size());
    auto pieces = split(prompt, ';');
    readLevels(vocabulary, prompt, pieces, values);
    readWords(vocabulary, pieces, values);
    const auto at = fieldAt(vocabulary, "class");
    if (at == values.size()) return values;
    for (const auto& part : split(prompt, ';')) // as other grammars write it
        for (const auto& piece : split(part, ','))
            for (const auto& name : classPrompts)
                if (lowerAscii(piece) == lowerAscii(name)) values[at] = name;
    return values;
}

} // namespace phloxine
