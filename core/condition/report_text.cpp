#include "core/condition/report_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <regex>
#include <set>
#include <utility>

#include "core/base/Error.h"
#include "core/condition/report_words.h"
#include "core/condition/tidy_text.h"
#include "core/condition/unicode.h"

namespace phloxine {

namespace {

// ---- is it a report in English?

void requireText(const std::string& bytes) {
    std::size_t control = 0, broken = 0, letters = 0, far = 0;
    const auto all = decodeUtf8(bytes);
    for (const auto c : all) {
        control += (c < 32 && c != '\n' && c != '\r' && c != '\t' && c != '\f') || c == 0x7F;
        broken += c == 0xFFFD;
        letters += isLetter(c);
        far +=
            isLetter(c) && c > 0x24F && !(c >= 0x370 && c < 0x400 && letters > 20 && far * 20 < letters); // single Greek letters are usual
    }
    if ((control + broken) * 20 > all.size())
        throw Error(ErrorCode::Corrupt, "This is no text but a file of another kind; give the report as plain text in UTF-8.");
    if (letters < 3) throw Error(ErrorCode::WrongUse, "The report is empty; give one with findings.");
    if (far * 3 > letters)
        throw Error(ErrorCode::Unsupported,
                    "The report is not in English and was not summarised; translate it, or use a summariser of your own.");
}

void requireEnglish(const std::string& text) {
    static const std::set<std::string> english = {"the",
                                                  "of",
                                                  "with",
                                                  "and",
                                                  "is",
                                                  "no",
                                                  "to",
                                                  "are",
                                                  "for",
                                                  "not",
                                                  "from",
                                                  "free",
                                                  "tumor",
                                                  "tumour",
                                                  "margins",
                                                  "lymph",
                                                  "nodes",
                                                  "grade",
                                                  "specimen",
                                                  "diagnosis",
                                                  "cell",
                                                  "cells",
                                                  "identified",
                                                  "type",
                                                  "invasion",
                                                  "present",
                                                  "absent",
                                                  "size",
                                                  "breast",
                                                  "left",
                                                  "right",
                                                  "node",
                                                  "margin",
                                                  "well",
                                                  "poorly",
                                                  "moderately",
                                                  "differentiated",
                                                  "by",
                                                  "was",
                                                  "seen",
                                                  "kidney",
                                                  "lung",
                                                  "skin"};
    static const std::array<std::set<std::string>, 6> others = {{
        {"der", "die", "das", "und", "mit", "ohne", "ein", "eine", "des", "kein", "keine", "nicht", "auf", "von", "zum", "im", "bei",
         "den"},
        {"le", "la", "les", "des", "du", "et", "avec", "sans", "une", "est", "dans", "pas", "sur", "aux", "de"},
        {"el", "los", "las", "con", "sin", "una", "del", "y", "se", "por", "en", "la", "de", "que"},
        {"il", "della", "con", "senza", "di", "e", "per", "una", "del", "dei", "non", "si", "le"},
        {"het", "een", "van", "en", "met", "zonder", "niet", "geen", "op", "te", "de", "is"},
        {"nie", "oraz", "bez", "z", "w", "do", "na", "jest", "stwierdzono", "guz", "rak", "od"},
    }};
    int ours = 0, best = 0;
    const auto words = wordsOf(text);
    for (const auto& word : words) ours += english.count(word) > 0;
    for (const auto& language : others)
        best = std::max(best, int(std::count_if(words.begin(), words.end(), [&](const auto& w) { return language.count(w) > 0; })));
    if ((best > ours && best >= 3) || (words.size() >= 25 && ours == 0))
        throw Error(ErrorCode::Unsupported,
                    "The report is not in English and was not summarised; translate it, or use a summariser of your own.");
}

// ---- faults of optical recognition inside words: only where the mended word is one that is known

const std::set<std::string>& knownWords() {
    static const std::set<std::string> words = {
        "adenocarcinoma", "carcinoma", "invasive",       "invasion",     "infiltrating", "differentiated", "moderately", "poorly",
        "well",           "necrosis",  "lymphovascular", "perineural",   "margins",      "margin",         "negative",   "positive",
        "identified",     "tumor",     "grade",          "nuclear",      "stroma",       "ductal",         "lobular",    "mucinous",
        "squamous",       "glands",    "glandular",      "inflammation", "lymphocytes",  "metastatic",     "malignancy", "evidence",
        "without",        "present",   "absent",         "involved",     "uninvolved",   "desmoplastic",   "melanoma",   "papillary",
        "fibrosis",       "solid",     "mitotic",        "cells",        "tissue",       "benign",         "residual",   "involvement",
        "histologic",     "diagnosis", "seminal",        "infiltrates",  "minimal"};
    return words;
}

std::string mendedWord(const std::string& word) {
    const auto plain = lowerAscii(word);
    if (plain == "n0t") return "not";
    if (word.size() < 5 || knownWords().count(plain)) return word;
    const auto variant = [&](std::initializer_list<std::pair<const char*, const char*>> changes) {
        std::string text = plain;
        for (const auto& [from, to] : changes)
            for (auto at = text.find(from); at != text.npos; at = text.find(from, at + std::string(to).size()))
                text.replace(at, std::string(from).size(), to);
        return text;
    };
    for (const auto& text : {variant({{"0", "o"}, {"1", "i"}, {"5", "s"}, {"|", "i"}}), variant({{"0", "o"}, {"1", "l"}, {"5", "s"}}),
                             variant({{"rn", "m"}}), variant({{"vv", "w"}}), "i" + plain.substr(1), variant({{"lnv", "inv"}, {"0", "o"}})})
        if (text != plain && knownWords().count(text) && (text.substr(1) != plain.substr(1) || plain[0] == 'l' || plain[0] == '1'))
            return text;
    return word;
}

std::string mended(const std::string& text) {
    std::string out, word;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const char c = i < text.size() ? text[i] : '\n';
        if (isLetter(c) || isDigit(c) || c == '|') word += c;
        else {
            out += mendedWord(word), word.clear();
            if (i < text.size()) out += c;
        }
    }
    static const std::regex evidence(R"(\b[nN]0 (evidence|definite|residual|tumor|malignan))");
    return out.size() < longestReport ? std::regex_replace(out, evidence, "no $1") : out;
}

// ---- lines

std::string squeezed(const std::string& line) {
    std::string out;
    for (const char c : line)
        if (!std::isspace(static_cast<unsigned char>(c))) out += c;
        else if (!out.empty() && out.back() != ' ') out += ' ';
    return trimmed(out);
}

// "Necrosis ...... absent" and "Necrosis      Absent" are tables without a rule: -> "Necrosis: absent".
std::string withColon(const std::string& line) {
    if (line.size() > longestFinding || line.find(':') != line.npos) return squeezed(line);
    static const std::regex gap(R"(^\s*([A-Z][A-Za-z/ ()-]{2,48}?)\s*(\.{3,}|_{3,}|\t+|\s{3,})\s*([A-Za-z0-9(+][^.]{0,80}\.?)\s*$)");
    std::smatch match;
    if (std::regex_match(line, match, gap) && match[3].str().find("   ") == std::string::npos)
        return squeezed(match[1].str() + ": " + match[3].str());
    return squeezed(line);
}

// Options of a form that are not ticked are not stated; a line without any box stays as it is.
std::string ticked(std::string line) {
    static const std::regex box(R"((\[\s?[xX]?\s?\]|\(\s?[xX]?\s\)|\([xX]\)|☐|☒|☑|□|■))");
    if (line.size() > longestFinding || !std::regex_search(line, box)) return line;
    std::string out;
    auto begin = std::sregex_iterator(line.begin(), line.end(), box);
    const auto end = std::sregex_iterator();
    out = line.substr(0, std::size_t(begin->position()));
    for (auto it = begin; it != end;) {
        const auto mark = it->str();
        const auto from = std::size_t(it->position()) + mark.size();
        ++it;
        const auto option = line.substr(from, it == end ? line.npos : std::size_t(it->position()) - from);
        const bool yes = mark.find_first_of("xX") != mark.npos || mark == "☒" || mark == "☑" || mark == "■";
        if (yes) out += trimmed(option) + " ";
    }
    out = trimmed(out);
    return !out.empty() && out.back() == ':' ? std::string() : out; // no option was ticked
}

bool startsKey(const std::string& line) {
    static const std::regex key(R"(^[A-Z][A-Za-z0-9/,()& -]{1,60}:(\s|$))");
    return std::regex_search(line.substr(0, 80), key);
}

// How the lines of a report end: what is longest, and whether its sentences have stops. Without them a long line may be whole.
struct Layout {
    std::size_t longest = 0;
    bool stops = false;
};

Layout layoutOf(const std::vector<std::string>& lines) {
    Layout layout;
    std::size_t all = 0, stops = 0;
    for (const auto& line : lines) {
        if (line.size() < 160) layout.longest = std::max(layout.longest, line.size());
        if (line.size() > 15) ++all, stops += std::string(".;").find(line.back()) != std::string::npos;
    }
    layout.stops = stops * 4 >= all;
    return layout;
}

// What joins the lines; nothing where they are two.
std::optional<std::string> joint(const std::string& above, const std::string& below, const Layout& layout) {
    const std::optional<std::string> blank(" ");
    if (startsItem(below) || startsKey(below)) return {};
    if (staysOpen(lastWord(above)) || mayStayOpen(above) || std::string(",(/&:").find(above.back()) != std::string::npos) return blank;
    if (std::string(".;!?").find(above.back()) != std::string::npos) return {};
    if (!isLetter(below[0]) && !isDigit(below[0])) return below[0] == '(' ? blank : std::nullopt;
    static const std::set<std::string> links = {"and", "or", "with", "of",  "in",  "to",   "for",
                                                "by",  "is", "are",  "was", "not", "from", "at"};
    if (isLower(below[0]) || links.count(wordsOf(below)[0])) return blank;
    const auto guess = [&] { // a comma keeps a denial from reaching further, and from losing what it denies
        return saysNo(above) || saysNo(below) ? std::optional<std::string>(", ") : blank;
    };
    if (above.size() * 10 < layout.longest * 7) return {};
    if (isDigit(below[0])) return guess();
    // A capital begins something of its own, except where all are capitals.
    const bool shouting = std::none_of(above.begin(), above.end(), isLower) && std::none_of(below.begin(), below.end(), isLower);
    return shouting && layout.stops ? guess() : std::nullopt;
}

// A word broken at the end of a line; prefixes that carry a hyphen keep it.
bool joinsBroken(std::string& above, const std::string& below) {
    if (above.size() < 3 || above.back() != '-' || !isLetter(above[above.size() - 2]) || !isLetter(below[0])) return false;
    if (isUpper(below[0]) != isUpper(above[above.size() - 2])) return false;
    static const std::set<std::string> keep = {"well",  "moderately", "poorly", "low",   "high",  "intermediate", "non",
                                               "tumor", "tumour",     "grade",  "small", "large", "clear",        "single",
                                               "full",  "half",       "mid",    "free",  "self",  "back",         "to"};
    auto word = lowerAscii(lastWord(above));
    word.pop_back();
    if (const auto hyphen = word.rfind('-'); hyphen != word.npos) word = word.substr(hyphen + 1);
    if (!keep.count(word)) above.pop_back();
    above += below;
    return true;
}

} // namespace

bool startsItem(const std::string& line) {
    static const std::regex item(R"(^(\(?\d{1,2}[.):]\)?|\(?[A-H][.):]|[-*+>]|•|·|–)\s)");
    return std::regex_search(line.substr(0, 12), item);
}

std::string lastWord(const std::string& line) {
    const auto at = line.find_last_of(" (");
    return at == line.npos ? line : line.substr(at + 1);
}

std::vector<std::string> logicalLines(const std::string& text) {
    std::vector<std::string> lines, out;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        const auto tidy = ticked(withColon(line));
        lines.push_back(tidy.empty() && !trimmed(line).empty() ? std::string("\f") : tidy); // unticked: gone, and no paragraph ends there
        at = end + 1;
    }
    const auto layout = layoutOf(lines);
    bool open = false;
    for (const auto& line : lines) {
        if (line == "\f") continue;
        if (line.empty()) open = false;
        else if (open && joinsBroken(out.back(), line)) {
        } else if (const auto with = open ? joint(out.back(), line, layout) : std::nullopt) out.back() += *with + line;
        else out.push_back(line);
        if (!line.empty()) open = true;
    }
    return out;
}

std::string readableReport(const std::string& bytes) {
    if (bytes.size() > longestReport)
        throw Error(ErrorCode::WrongUse, "The text of " + std::to_string(bytes.size() / 1024) +
                                             " kB is longer than any single report; give one report of at most 256 kB.");
    requireText(bytes);
    auto text = mended(tidyText(bytes));
    std::replace(text.begin(), text.end(), '\r', '\n');
    std::replace(text.begin(), text.end(), '\f', '\n');
    requireEnglish(text);
    return text;
}

} // namespace phloxine
