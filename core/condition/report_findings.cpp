#include "core/condition/report_text.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <utility>

#include "core/condition/report_words.h"

namespace phloxine {

namespace {

struct Heading {
    const char* words;
    ReportSection section;
};
using enum ReportSection;
constexpr Heading headings[] = {
    {"final pathologic diagnosis", Diagnosis},
    {"final pathological diagnosis", Diagnosis},
    {"final diagnosis", Diagnosis},
    {"pathologic diagnosis", Diagnosis},
    {"pathological diagnosis", Diagnosis},
    {"histopathological diagnosis", Diagnosis},
    {"histopathology diagnosis", Diagnosis},
    {"histologic diagnosis", Diagnosis},
    {"histological diagnosis", Diagnosis},
    {"microscopic diagnosis", Diagnosis},
    {"permanent diagnosis", Diagnosis},
    {"diagnosis", Diagnosis},
    {"diagnoses", Diagnosis},
    {"pathology diagnosis", Diagnosis},
    {"interpretation", Diagnosis},
    {"conclusion", Diagnosis},
    {"impression", Diagnosis},
    {"diagnosis summary", Diagnosis},
    {"summary", Diagnosis},
    {"synoptic report", Synoptic},
    {"synoptic data", Synoptic},
    {"synoptic summary", Synoptic},
    {"synopsis", Synoptic},
    {"tumor summary", Synoptic},
    {"cancer checklist", Synoptic},
    {"cap checklist", Synoptic},
    {"tumor synopsis", Synoptic},
    {"pathologic staging", Synoptic},
    {"cancer case summary", Synoptic},
    {"case summary", Synoptic},
    {"template", Synoptic},
    {"microscopic description", Microscopic},
    {"microscopic examination", Microscopic},
    {"microscopic findings", Microscopic},
    {"microscopy", Microscopic},
    {"microscopic", Microscopic},
    {"histology", Microscopic},
    {"histologic description", Microscopic},
    {"comment", Comment},
    {"comments", Comment},
    {"diagnosis comment", Comment},
    {"note", Comment},
    {"notes", Comment},
    {"addendum", Comment},
    {"addendum diagnosis", Comment},
    {"addendum comment", Comment},
    {"immunohistochemistry", Comment},
    {"immunohistochemical stains", Comment},
    {"special studies", Comment},
    {"ancillary studies", Comment},
    {"intraoperative consultation", Frozen},
    {"intraoperative diagnosis", Frozen},
    {"frozen section diagnosis", Frozen},
    {"frozen section", Frozen},
    {"intra-operative consultation", Frozen},
    {"gross description", Gross},
    {"gross examination", Gross},
    {"gross", Gross},
    {"macroscopic description", Gross},
    {"macroscopic examination", Gross},
    {"macroscopic", Gross},
    {"macroscopy", Gross},
    {"gross pathology", Gross},
    {"clinical history", Clinical},
    {"clinical data", Clinical},
    {"clinical information", Clinical},
    {"clinical diagnosis", Clinical},
    {"clinical diagnosis & history", Clinical},
    {"clinical diagnosis and history", Clinical},
    {"clinical indication", Clinical},
    {"history", Clinical},
    {"indication", Clinical},
    {"pre-operative diagnosis", Clinical},
    {"preoperative diagnosis", Clinical},
    {"postoperative diagnosis", Clinical},
    {"post-operative diagnosis", Clinical},
    {"clinical description", Clinical},
    {"operation", Clinical},
    {"operative procedure", Clinical},
    {"procedure", Clinical},
    {"clinical notes", Clinical},
    {"specimens submitted", Administrative},
    {"specimen submitted", Administrative},
    {"specimens", Administrative},
    {"specimen", Administrative},
    {"specimen(s)", Administrative},
    {"specimens received", Administrative},
    {"material", Administrative},
    {"material submitted", Administrative},
    {"material received", Administrative},
    {"summary of sections", Administrative},
    {"block summary", Administrative},
    {"cassette summary", Administrative},
    {"section code", Administrative},
    {"patient", Administrative},
    {"patient name", Administrative},
    {"patient information", Administrative},
    {"name", Administrative},
    {"demographics", Administrative},
    {"mrn", Administrative},
    {"accession", Administrative},
    {"accession number", Administrative},
    {"signature", Administrative},
    {"electronically signed", Administrative},
    {"electronically signed by", Administrative},
    {"signed", Administrative},
    {"disclaimer", Administrative},
    {"billing", Administrative},
    {"billing codes", Administrative},
    {"cpt codes", Administrative},
    {"cpt", Administrative},
    {"icd codes", Administrative},
    {"icd-10", Administrative},
    {"snomed", Administrative},
    {"cc", Administrative},
    {"copies to", Administrative},
    {"submitting physician", Administrative},
    {"physician", Administrative},
    {"pathologist", Administrative},
    {"surgeon", Administrative},
    {"date of birth", Administrative},
    {"dob", Administrative},
    {"reported", Administrative},
    {"date of receipt", Administrative},
    {"examination", Administrative},
    {"cost of diagnostic procedure", Administrative},
    {"pathology report", Administrative},
    {"surgical pathology report", Administrative},
    {"case number", Administrative},
};

struct HeadingAt {
    ReportSection section{};
    std::size_t length = 0; // of the heading with its colon; 0: none
    bool oneLine = false;   // with a value behind it, it speaks of its own line alone
};

// Keys of forms: "Procedure: Excision" is no heading of what follows, "PROCEDURE" alone is.
bool isKey(std::string_view heading) {
    static const std::set<std::string_view> keys = {"procedure",
                                                    "operation",
                                                    "operative procedure",
                                                    "specimen",
                                                    "specimen(s)",
                                                    "specimens",
                                                    "material",
                                                    "patient",
                                                    "patient name",
                                                    "name",
                                                    "mrn",
                                                    "accession",
                                                    "accession number",
                                                    "signed",
                                                    "electronically signed",
                                                    "electronically signed by",
                                                    "physician",
                                                    "submitting physician",
                                                    "pathologist",
                                                    "surgeon",
                                                    "date of birth",
                                                    "dob",
                                                    "reported",
                                                    "date of receipt",
                                                    "examination",
                                                    "case number",
                                                    "cc",
                                                    "history",
                                                    "indication",
                                                    "summary"};
    return keys.count(heading) > 0;
}

HeadingAt headingAt(const std::string& line, const std::string& low, std::size_t at) {
    HeadingAt best;
    for (const auto& [words, section] : headings) {
        const std::string_view heading = words;
        if (low.compare(at, heading.size(), heading) != 0) continue;
        auto end = at + heading.size();
        if (end < line.size() && (isLetter(line[end]) || isDigit(line[end]))) continue;
        while (end < line.size() && line[end] == ' ') ++end;
        const bool colon = end < line.size() && line[end] == ':';
        const bool alone = at == 0 && (end == line.size() || line.compare(end, 2, "- ") == 0);
        const bool shouted = heading.find(' ') != heading.npos && line.size() > end && end > at + heading.size() &&
                             std::all_of(line.begin() + std::ptrdiff_t(at), line.begin() + std::ptrdiff_t(at + heading.size()),
                                         [](char c) { return !isLower(c); }) &&
                             (isUpper(line[end]) || isDigit(line[end])) && at == 0 && isLower(low[at]);
        const bool dash = alone && end < line.size();
        if ((colon || alone || (shouted && std::any_of(line.begin() + std::ptrdiff_t(end), line.end(), isLower))) &&
            end + (colon || dash) - at > best.length)
            best = {section, end + (colon || dash) - at, isKey(heading)};
    }
    return best;
}

struct Chunk {
    ReportSection section;
    std::string text;
};

std::vector<Chunk> chunksOf(const std::string& line, ReportSection& section) {
    std::vector<Chunk> chunks;
    const auto low = lowerAscii(line);
    auto here = section;
    std::size_t start = 0;
    const auto close = [&](std::size_t end) {
        if (const auto text = trimmed(line.substr(start, end - start)); !text.empty()) chunks.push_back({here, text});
    };
    for (std::size_t at = 0; at < line.size();) {
        const bool boundary =
            at == start || (line[at - 1] == ' ' && at > 1 && std::string(".;:)]-").find(line[at - 2]) != std::string::npos);
        const auto heading = boundary ? headingAt(line, low, at) : HeadingAt();
        if (heading.length == 0) {
            ++at;
            continue;
        }
        close(at);
        here = heading.section;
        start = at + heading.length;
        while (start < line.size() && line[start] == ' ') ++start; // another heading may follow at once
        at = start;
        if (!heading.oneLine || start == line.size()) section = here;
    }
    close(line.size());
    return chunks;
}

// ---- sentences and parts

// A report in lower case throughout ends its sentences before small letters too.
bool smallLettersStart(const std::string& report) {
    int small = 0, large = 0;
    for (std::size_t i = 2; i < report.size(); ++i)
        if (report[i - 1] == ' ' && report[i - 2] == '.') small += isLower(report[i]), large += isUpper(report[i]);
    return small > 3 * large;
}

std::vector<std::string> sentencesOf(const std::string& text, bool smallStart) {
    std::vector<std::string> sentences;
    std::string sentence;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c == '.' || c == '!' || c == '?') && (i + 1 == text.size() || text[i + 1] == ' ')) {
            const auto word = lastWord(sentence);
            const char next = i + 2 < text.size() ? text[i + 2] : '\0';
            if (staysOpen(word) && next != '\0') continue; // "free of. neoplastic": a line ended here, no sentence
            if (next != '\0' && (!mayEnd(sentence, next) || mayStayOpen(sentence) ||
                                 (isLower(next) && !smallStart && text.compare(i + 2, 3, "no ") != 0))) {
                // Also a line that ended. Where a denial is near, a comma keeps it from reaching further, and from losing what it denies.
                const auto after = text.substr(i + 2, text.find('.', i + 2) - i - 2);
                if (!mayEnd(sentence, next)) sentence += c;
                else if (mayStayOpen(sentence) || saysNo(sentence) || saysNo(after)) sentence += ',';
                continue;
            }
            sentences.push_back(trimmed(sentence) + (c == '?' ? "?" : ""));
            sentence.clear();
        } else sentence += c;
    }
    if (!trimmed(sentence).empty()) sentences.push_back(trimmed(sentence));
    return sentences;
}

// True where the parts may be read apart: no denial of the first reaches into the second, and none of the second back into the first.
bool standApart(const std::string& first, const std::string& second) {
    const auto verb = [](const std::string& part) {
        static const std::set<std::string> verbs = {"is",      "are",  "was",        "were",     "shows",
                                                    "present", "seen", "identified", "contains", "extends"};
        const auto words = wordsOf(part);
        return std::any_of(words.begin(), words.end(), [&](const auto& w) { return verbs.count(w) > 0; });
    };
    const auto opening = wordsOf(second);
    if (wordsOf(first).size() < 2 || opening.size() < 2) return false;
    if (saysNo(first) && !saysNo(second) && !verb(second)) return false;
    if (first.find(':') != first.npos && second.find(':') == second.npos && saysNo(second))
        return false; // "prostate: hyperplasia; no carcinoma"
    if (!negatesBefore(second) || opening[0] == "no" || opening[0] == "without" || opening[0] == "negative")
        return true; // denies what follows
    const auto topics = topicsIn(first);
    return saysNo(first) || verb(first) || topics[0] || topics[1] || topics[2]; // but "necrosis; invasion: not identified"
}

std::vector<std::string> partsOf(const std::string& sentence) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (const char c : sentence) {
        depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
        if (c == ';' && depth == 0) parts.emplace_back();
        else parts.back() += c;
    }
    for (auto& part : parts) part = trimmed(part);
    parts.erase(std::remove(parts.begin(), parts.end(), std::string()), parts.end());
    for (std::size_t i = 0; i + 1 < parts.size();) // until no two neighbours depend on each other: a denial may reach over several
        if (standApart(parts[i], parts[i + 1])) ++i;
        else {
            parts[i] += "; " + parts[i + 1];
            parts.erase(parts.begin() + std::ptrdiff_t(i) + 1);
            i = i > 0 ? i - 1 : 0;
        }
    return parts;
}

std::string withoutMark(std::string text) { // the number or the bullet that it stands behind
    static const std::regex mark(R"(^(\(?\d{1,2}[.):]+|\(?[A-H][.):]+|[-*+>]+|•|·|–)\s+)");
    for (int i = 0; i < 2; ++i) {
        std::smatch match;
        const auto head = text.substr(0, 12);
        if (!std::regex_search(head, match, mark)) break;
        text = text.substr(std::size_t(match.length()));
    }
    return trimmed(text);
}

// "Left breast, core biopsy: ..." or "... - ...": the name of the specimen, then the finding. Both may be empty.
std::pair<std::string, std::string> specimenAnd(const std::string& text) {
    for (const std::string mark : {":", " - ", " – ", " -- "})
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
            const auto name = trimmed(text.substr(0, at));
            if (name.size() > 160 || topicsIn(name)[0] || saysNo(name) || lowerAscii(name).find("margin") != name.npos ||
                uselessBecause(name + " of"))
                break; // "previous biopsy: carcinoma"
            if (hasProcedure(name)) return {name, trimmed(text.substr(at + mark.size()))};
        }
    return {{}, text};
}

} // namespace

std::vector<RawFinding> rawFindings(const std::string& report) {
    std::vector<RawFinding> findings;
    auto section = ReportSection::Unnamed;
    auto specimenSection = section;
    std::string specimen;
    const bool smallStart = smallLettersStart(report);
    const auto lines = logicalLines(report);
    int stopped = 0, prose = 0;
    for (const auto& line : lines) prose += line.size() > 40, stopped += line.size() > 40 && line.back() == '.';
    for (const auto& line : lines)
        for (const auto& chunk : chunksOf(line, section)) {
            if (chunk.section != specimenSection) specimen.clear(), specimenSection = chunk.section;
            const bool item = startsItem(chunk.text + " ") && std::string("-*+>").find(chunk.text[0]) == std::string::npos;
            auto [name, rest] = specimenAnd(withoutMark(chunk.text));
            if (!name.empty()) specimen = name;
            else if (item && section == ReportSection::Diagnosis && hasProcedure(rest) && !topicsIn(rest)[0])
                specimen = std::exchange(rest, {});
            for (const auto& sentence : sentencesOf(rest, smallStart))
                for (const auto& part : partsOf(withoutMark(sentence))) {
                    auto [deeper, text] = specimenAnd(withoutMark(part));
                    if (!deeper.empty()) specimen = deeper;
                    if (!text.empty() && wordsOf(text).size() > 0) findings.push_back({chunk.section, text, specimen, false});
                }
        }
    if (!findings.empty() && !lines.empty() && prose > 0 && 2 * stopped > prose && lines.back().size() > 40 &&
        std::string(".;:!?)").find(lines.back().back()) == std::string::npos)
        findings.back().cut = true;
    return findings;
}

} // namespace phloxine
