#pragma once
// Internal to core/condition: what words of a pathology report in English mean for a summary. Plain tables and small questions about one
// finding; a finding is at most longestFinding bytes, so that no pattern runs over more.
#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

namespace phloxine {

inline constexpr std::size_t longestFinding = 600; // bytes; what is longer is a page without sentences

inline bool isUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
inline bool isLower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
inline bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
inline bool isLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::string lowerAscii(std::string text);
std::string trimmed(const std::string& text);
std::string joined(const std::vector<std::string>& parts, const char* with); // empty parts are left out
std::vector<std::string> wordsOf(const std::string& text);                   // lower case; letters, digits and apostrophes

// What a tile shows, the most telling first: type, grade, growth pattern, ... stage, margins.
struct ReportTopic {
    const char* id;
    double weight;
    std::vector<const char*> stems; // at the start of a word; from seven letters on anywhere in it ("adenocarcinoma")
};
const std::vector<ReportTopic>& reportTopics();
std::vector<bool> topicsIn(const std::string& finding); // one entry for each row

bool saysNo(const std::string& finding);     // "no", "negative for", "free of", "absent", "ruled out", ...
bool negatesBefore(const std::string& part); // a word that can deny what stands before it: "not identified", "absent", "negative"
// A word after which no sentence ends, so that a break behind it is one of layout: "free of", "and". And one after which it seldom does:
// "no evidence", but not the value of a key, "necrosis: no".
bool staysOpen(const std::string& word);
bool mayStayOpen(const std::string& text);
// Whether a full stop behind this text may end a sentence before `next`: not behind "vs", "Dr", nor behind the initial of a name.
bool mayEnd(const std::string& text, char next);

// Names, titles, dates, numbers of records, masks such as XXX, codes.
bool holdsIdentifier(const std::string& finding);

// Why a finding has no place in any summary, or null: it is about people, a measurement, a question, the past, or has no value.
const char* uselessBecause(const std::string& finding);

bool hasProcedure(const std::string& text);       // "biopsy", "-ectomy": names of specimens
bool isMeasure(const std::string& text);          // "2.4 x 2.0 cm in greatest dimension" and nothing else
bool inOtherLanguage(const std::string& finding); // Latin, German, ...: a sentence of an English report that is none

} // namespace phloxine
