#include "core/condition/attributes.h"

#include <algorithm>
#include <cctype>

#include "core/condition/report_words.h"

namespace phloxine {

namespace {

bool partOfWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-'; }

// Where the phrase last stands as whole words; npos if nowhere.
std::size_t lastPlace(const std::string& text, const std::string& phrase) {
    for (auto at = text.rfind(phrase); at != text.npos; at = at ? text.rfind(phrase, at - 1) : text.npos) {
        const auto end = at + phrase.size();
        if ((at == 0 || !partOfWord(text[at - 1])) && (end == text.size() || !partOfWord(text[end]))) return at;
    }
    return std::string::npos;
}

} // namespace

const std::vector<Attribute>& attributes() {
    static const std::vector<Attribute> rows = {
        {"nuclear-density",
         "Nuclear density",
         {{{"low nuclear density", "few nuclei"}, {"medium nuclear density"}, {"high nuclear density", "many nuclei"}}}},
        {"stain-strength", "Stain strength", {{{"pale stain", "light stain"}, {"medium stain"}, {"dark stain", "intense stain"}}}},
        {"tone", "Tone", {{{"purple tone", "hematoxylin rich"}, {"balanced tone"}, {"pink tone", "eosin rich"}}}},
        {"lumen", "Lumen", {{{"low lumen", "little white space"}, {"medium lumen"}, {"high lumen", "much white space"}}}},
    };
    return rows;
}

std::vector<std::optional<AttributeLevel>> attributeLevelsIn(const std::string& caption) {
    const auto text = lowerAscii(caption);
    std::vector<std::optional<AttributeLevel>> found(attributes().size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        std::size_t last = 0;
        for (std::size_t level = 0; level < 3; ++level)
            for (const char* phrase : attributes()[i].phrases[level])
                if (const auto at = lastPlace(text, phrase); at != text.npos && (!found[i] || at >= last))
                    found[i] = AttributeLevel(level), last = at;
    }
    return found;
}

} // namespace phloxine
