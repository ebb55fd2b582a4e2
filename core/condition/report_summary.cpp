#include "core/condition/report_summary.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/condition/ClipTokenizer.h"
#include "core/condition/report_text.h"
#include "core/condition/report_words.h"

namespace phloxine {

namespace {

constexpr const char* withheld = "(withheld)";
constexpr double leastScore = 0.55; // what a gross description must reach; margins in the diagnosis have 1, denied 0.6
constexpr double denied = 0.6;      // what is not there is seen less than what is
constexpr double leading = 1.6;

struct SectionRow {
    const char* id;
    double factor; // of the score; 0: never used
    const char* whyNever;
};
const SectionRow& rowOf(ReportSection section) {
    static constexpr SectionRow rows[] = {{"diagnosis", 1, ""},
                                          {"synoptic", 1, ""},
                                          {"microscopic", 0.95, ""},
                                          {"unnamed", 0.9, ""},
                                          {"comment", 0.7, ""},
                                          {"frozen section", 0.25, ""},
                                          {"gross", 0.2, ""},
                                          {"clinical", 0, "It stands in the clinical part, which asks and does not find."},
                                          {"administrative", 0, "It stands in the administrative part."}};
    return rows[std::size_t(section)];
}

// ---- shorter without another meaning: brackets and insertions of mere measures, openings that only say that something was seen

bool removableBracket(const std::string& inside) {
    static const std::regex numbered(R"(^\s*no\.?\s*[\dIVX/ .,:#-]+\s*$|^\s*X{2,}[X/ ]*$)", std::regex::icase); // not "(-)", not "(0)"
    static const std::regex reference(
        R"(^\s*(see|block|blocks|slide|slides|part|specimen|including test|icd|snomed|cpt|fs|cassette|[A-H]\d{1,2}\b|who|\d+(st|nd|rd|th) ed))",
        std::regex::icase);
    static const std::regex count(R"(^\s*\d{1,2}\s?(/|of)\s?\d{1,3}\s*$)"); // nodes with tumour of nodes seen: 0/12 is a denial
    if (inside.size() > 120 || std::regex_match(inside, count)) return false;
    const auto topics = topicsIn(inside);
    if (std::any_of(topics.begin(), topics.end(), [](bool b) { return b; })) return false;
    const bool number = std::regex_match(inside, numbered);
    if (saysNo(inside) && !number) return false;
    return isMeasure(inside) || number || std::regex_search(inside, reference) || holdsIdentifier(inside);
}

std::string withoutBrackets(std::string text) {
    for (auto open = text.find_first_of("(["); open != text.npos; open = text.find_first_of("([", open + 1)) {
        const auto close = text.find_first_of(")]", open);
        if (close == text.npos) break;
        if (text.find_first_of("([", open + 1) < close || !removableBracket(text.substr(open + 1, close - open - 1))) continue;
        text = trimmed(trimmed(text.substr(0, open)) + text.substr(close + 1));
        open = 0;
        if (text.empty()) break;
    }
    return text;
}

std::string withoutMeasures(const std::string& text) { // ", 2.4 cm," and ", 2.4 cm in greatest dimension"
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == ',' && i + 1 < text.size() && text[i + 1] == ' ') parts.emplace_back(), ++i;
        else parts.back() += text[i];
    std::string out = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (!isMeasure(parts[i])) out += ", " + parts[i];
    return out;
}

std::string withoutOpening(const std::string& text) {
    static const std::regex opening(
        R"(^((the )?((histolog|microscop)\w+ )?(section|slide|biops|specimen|core|examination|fragment|evaluation)\w*( examined)? (of the \w+ )?(show|demonstrate|reveal|display|contain)\w* |there (is|are) (also )?|(this|it) is (an? )?|sections? consists? of |(histolog\w+|microscopic|tumou?r) (type|diagnosis):\s*|final diagnosis:\s*|histology:\s*|diagnosis:\s*))",
        std::regex::icase);
    std::smatch match;
    if (!std::regex_search(text, match, opening)) return text;
    const auto rest = trimmed(text.substr(std::size_t(match.length())));
    const auto words = wordsOf(rest);
    const bool keyed = match.str().find(':') != std::string::npos; // the value may stand alone where it names a type itself
    if (words.empty() || (keyed && (!topicsIn(rest)[0] || saysNo(words[0]) || rest.find(':') != rest.npos))) return text;
    return rest;
}

bool shouted(const std::string& text) {
    std::size_t large = 0, small = 0;
    for (const unsigned char c : text) large += std::isupper(c) != 0, small += std::islower(c) != 0;
    return large > 6 && large > 4 * small;
}

std::string compressed(std::string text) {
    if (text.size() > 2 && text.front() == '(' && text.find(')') >= text.size() - 1) text = text.substr(1, text.find(')') - 1);
    for (;;) {
        auto next = withoutMeasures(withoutOpening(withoutBrackets(text)));
        const auto loose = [&] { // a dash at a word is a denial: "HER2-"
            return std::string(" .,;:").find(next.back()) != std::string::npos || next.ends_with(" -");
        };
        while (!next.empty() && loose()) next.pop_back();
        if (next == text) break;
        text = std::move(next);
    }
    return shouted(text) ? lowerAscii(text) : text;
}

bool anyTopic(const std::vector<bool>& topics) {
    return std::any_of(topics.begin(), topics.end(), [](bool b) { return b; });
}

std::string sentenceOf(const std::string& finding) { // with a capital at its start, but not in "pT2"
    auto text = compressed(finding);
    if (text.size() > 1 && !std::isupper(static_cast<unsigned char>(text[1])))
        text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

struct Specimens {
    std::string first; // of the diagnosis
    bool several = false;
};

// Without its specimen, a denial of tumour speaks of the wrong tissue, and that of a second specimen of the first.
std::string withSpecimen(const RawFinding& raw, const std::string& text, const Specimens& specimens) {
    static const std::regex generic(
        R"(\b(no|negative for|free of|without|benign|unremarkable|normal)\b.*\b(tumou?r|malignan\w*|carcinoma|melanoma|metasta\w*|neoplas\w*|dysplasia|tissue)\b)",
        std::regex::icase);
    if (!specimens.several || raw.specimen.empty() || raw.section != ReportSection::Diagnosis) return text;
    const bool denies = saysNo(text) || std::regex_search(text, generic);
    if (!denies || (raw.specimen == specimens.first && !std::regex_search(text, generic))) return text;
    const auto words = wordsOf(text);
    const bool named = std::any_of(words.begin(), words.end(),
                                   [](const auto& w) { return w == "node" || w == "nodes" || w == "margin" || w == "margins"; });
    return named ? text : compressed(raw.specimen) + ": " + text;
}

// ---- the same said twice

std::set<std::string> contentWords(const std::string& text) {
    static const std::set<std::string> empty = {"the", "of",  "with",   "and",     "is",       "a",        "an",   "in",         "are",
                                                "to",  "for", "by",     "type",    "tumor",    "tumour",   "seen", "identified", "present",
                                                "no",  "not", "absent", "without", "negative", "evidence", "found"};
    std::set<std::string> words;
    for (auto word : wordsOf(text)) {
        if (empty.count(word)) continue;
        if (word.size() > 4 && word.back() == 's') word.pop_back();
        words.insert(std::move(word));
    }
    return words;
}

bool sameFinding(const std::string& a, const std::string& b) {
    const auto first = contentWords(a), second = contentWords(b);
    std::size_t shared = 0;
    for (const auto& word : first) shared += second.count(word);
    const auto smaller = std::min(first.size(), second.size());
    if (smaller == 0 || saysNo(a) != saysNo(b)) return false;
    return shared * 10 >= (first.size() + second.size() - shared) * 7 || shared == smaller;
}

// ---- choosing

struct Candidate {
    ReportFinding finding;
    std::vector<bool> topics;
    bool open = false; // may still be used
    bool lead = false; // the diagnosis: the first that affirms a type
};

double worthOf(const Candidate& candidate, const std::vector<bool>& covered) {
    std::vector<double> weights;
    for (std::size_t i = 0; i < candidate.topics.size(); ++i)
        if (candidate.topics[i]) weights.push_back(reportTopics()[i].weight * (covered[i] ? 0.3 : 1));
    std::sort(weights.rbegin(), weights.rend());
    double worth = 0, share = 1;
    for (const double w : weights) worth += w * share, share = 0.35;
    worth *= rowOf(candidate.finding.section).factor * (candidate.finding.negated ? denied : 1);
    return candidate.lead ? worth * leading : worth;
}

// A longer finding must be worth more, but less than in proportion: else numbers of grades would displace diagnoses.
double rank(const Candidate& candidate, const std::vector<bool>& covered) {
    return worthOf(candidate, covered) / std::pow(double(candidate.finding.tokens) + 6, 0.4);
}

Candidate candidateOf(const RawFinding& raw, const Specimens& specimens) {
    Candidate c;
    c.finding.section = raw.section;
    const auto& row = rowOf(raw.section);
    const auto drop = [&](const std::string& why, bool hide) {
        c.finding.text = hide || holdsIdentifier(raw.text) ? withheld : raw.text;
        c.finding.whyNot = why;
        return c;
    };
    if (raw.text.size() > longestFinding) return drop("It is too long to be one finding.", true);
    if (row.factor == 0) return drop(row.whyNever, true);
    if (hasProcedure(raw.text) && !anyTopic(topicsIn(raw.text)) && raw.text.find(':') == std::string::npos && !saysNo(raw.text) &&
        wordsOf(raw.text).size() < 9)
        return drop("It names the specimen.", false);
    static const std::regex template_(R"(:\s*[a-z]*\s?(resection|excision|biopsy|biopsies|specimens?)\s*$)", std::regex::icase);
    if (std::regex_search(raw.text, template_)) return drop("It names the specimen.", false);
    const auto text = sentenceOf(withSpecimen(raw, compressed(raw.text), specimens));
    if (text.empty() || text.size() > longestFinding) return drop("It says nothing by itself.", false);
    if (holdsIdentifier(text)) return drop("It holds a name, a date, a number of a record or a mask.", true);
    if (const char* why = uselessBecause(text)) return drop(why, std::string(why).find("people") != std::string::npos);
    if (inOtherLanguage(text)) return drop("It is not in English.", false);
    static const std::regex measure(R"(\d\s*(cm|mm|g|grams?)\b)", std::regex::icase);
    if (raw.section == ReportSection::Gross && std::regex_search(text, measure)) return drop("It is a measurement of the specimen.", false);
    if (raw.cut) return drop("The report ends in the middle of it.", false);
    c.topics = topicsIn(text);
    if (!anyTopic(c.topics)) return drop("It tells nothing that a tile shows.", true); // and may hold a name that is not told
    const auto words = wordsOf(text);
    if (staysOpen(words.back()) || mayStayOpen(text)) return drop("It is cut off.", false);
    double best = 0;
    for (std::size_t i = 0; i < c.topics.size(); ++i) best = std::max(best, c.topics[i] ? reportTopics()[i].weight : 0);
    const bool title = words.size() <= 3 && best < 3 && text.find(':') == text.npos && !saysNo(text); // "regional lymph nodes"
    if (title || (words.size() == 1 && !c.topics[0] && !c.topics[1])) return drop("It does not stand alone.", false);
    c.finding.text = text;
    c.finding.negated = saysNo(text);
    c.finding.score = worthOf(c, std::vector<bool>(c.topics.size(), false));
    if (c.finding.score < leastScore) return drop("It tells too little of what a tile shows.", false);
    c.finding.tokens = int(ClipTokenizer::shared().encode(text + ".").size());
    c.open = true;
    return c;
}

void takeLead(std::vector<Candidate>& candidates) {
    for (const std::size_t type : {0, 1}) // a tumour before what is benign
        for (auto& c : candidates)
            if (c.open && c.topics[type] && !c.finding.negated && c.finding.section <= ReportSection::Unnamed) {
                c.lead = true;
                c.finding.score = worthOf(c, std::vector<bool>(c.topics.size(), false));
                return;
            }
}

// The finding that says the same and more, where it fits: "adenocarcinoma, diffuse type" for "adenocarcinoma".
Candidate& fullest(std::vector<Candidate>& candidates, Candidate& brief, int room) {
    const auto words = contentWords(brief.finding.text);
    auto* best = &brief;
    for (auto& c : candidates) {
        if (!c.open || c.finding.tokens > room || c.finding.tokens > 2 * brief.finding.tokens + 8) continue;
        if (c.finding.negated != brief.finding.negated || rowOf(c.finding.section).factor < 0.5) continue;
        const auto more = contentWords(c.finding.text);
        if (more.size() > contentWords(best->finding.text).size() && std::includes(more.begin(), more.end(), words.begin(), words.end()))
            best = &c;
    }
    return *best;
}

std::vector<Candidate*> chosen(std::vector<Candidate>& candidates, int room) {
    std::vector<bool> covered(reportTopics().size(), false);
    std::vector<Candidate*> order;
    for (;;) {
        Candidate* best = nullptr;
        for (auto& c : candidates)
            if (c.open && c.finding.tokens <= room && (!best || rank(c, covered) > rank(*best, covered))) best = &c;
        if (!best) return order;
        best = &fullest(candidates, *best, room);
        best->open = false, best->finding.used = true;
        room -= best->finding.tokens;
        for (std::size_t i = 0; i < covered.size(); ++i) covered[i] = covered[i] || best->topics[i];
        order.push_back(best);
        for (auto& c : candidates)
            if (c.open && sameFinding(c.finding.text, best->finding.text))
                c.open = false, c.finding.whyNot = "It says again what another finding says.";
    }
}

bool onlyOf(const std::vector<Candidate>& candidates, std::initializer_list<ReportSection> sections) {
    return std::all_of(candidates.begin(), candidates.end(), [&](const auto& c) {
        return !c.open || std::find(sections.begin(), sections.end(), c.finding.section) != sections.end();
    });
}

} // namespace

const char* toString(ReportSection section) { return rowOf(section).id; }

int promptTokens(const std::string& text) { return int(ClipTokenizer::shared().encode(text).size()) + 2; }

ReportSummary summariseReport(const std::string& bytes, int maxTokens) {
    if (maxTokens < 8 || maxTokens > 1000)
        throw Error(ErrorCode::WrongUse, "A summary has 8 to 1000 tokens, start and end included, not " + std::to_string(maxTokens) + ".");
    const auto raws = rawFindings(readableReport(bytes));
    Specimens specimens;
    for (const auto& raw : raws) {
        if (raw.specimen.empty() || raw.section != ReportSection::Diagnosis) continue;
        if (specimens.first.empty()) specimens.first = raw.specimen;
        specimens.several = specimens.several || raw.specimen != specimens.first;
    }
    std::vector<Candidate> candidates;
    for (const auto& raw : raws) candidates.push_back(candidateOf(raw, specimens));
    takeLead(candidates);
    ReportSummary summary;
    const bool nothing = std::none_of(candidates.begin(), candidates.end(), [](const auto& c) { return c.open; });
    if (nothing) summary.remarks.push_back("The report holds no finding that a tile shows.");
    else if (onlyOf(candidates, {ReportSection::Gross})) {
        summary.remarks.push_back("The report holds only a gross description, which says nothing of what a tile shows.");
        for (auto& c : candidates)
            if (c.open) c.open = false, c.finding.whyNot = "A gross description alone is no summary.";
    }
    for (const auto* c : chosen(candidates, maxTokens - 2)) summary.text += (summary.text.empty() ? "" : " ") + c->finding.text + ".";
    bool short_ = false;
    for (auto& c : candidates) {
        if (c.open) c.finding.whyNot = "It does not fit into what is left of the tokens.", short_ = true;
        summary.findings.push_back(std::move(c.finding));
    }
    if (summary.text.empty() && short_) summary.remarks.push_back("No finding of the report fits into so few tokens; allow more.");
    summary.tokens = promptTokens(summary.text);
    return summary;
}

Json toJson(const ReportSummary& summary) {
    Json findings = Json::array();
    for (const auto& f : summary.findings) {
        Json row = {{"text", f.text},       {"section", toString(f.section)},
                    {"negated", f.negated}, {"score", std::round(f.score * 1000) / 1000},
                    {"tokens", f.tokens},   {"used", f.used}};
        if (!f.used) row["why_not"] = f.whyNot;
        findings.push_back(std::move(row));
    }
    return {{"summary", summary.text}, {"tokens", summary.tokens}, {"findings", findings}, {"remarks", summary.remarks}};
}

} // namespace phloxine
