#include "core/condition/report_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <set>

namespace phloxine {

namespace {

using Words = std::set<std::string>;

bool wordChar(char c) { return isLetter(c) || isDigit(c) || c == '\'' || (static_cast<unsigned char>(c) & 0x80); }

bool any(const std::vector<std::string>& words, const Words& of) {
    return std::any_of(words.begin(), words.end(), [&](const auto& w) { return of.count(w) > 0; });
}

bool hasStem(const std::string& lower, const std::string& stem) {
    for (auto at = lower.find(stem); at != lower.npos; at = lower.find(stem, at + 1))
        if (stem.size() >= 7 || ((at == 0 || !wordChar(lower[at - 1])) &&
                                 (stem.size() > 3 || at + stem.size() == lower.size() || !wordChar(lower[at + stem.size()]))))
            return true;
    return false;
}

bool hasPhrase(const std::string& lower, std::initializer_list<const char*> phrases) {
    return std::any_of(phrases.begin(), phrases.end(), [&](const char* p) {
        const std::string phrase = p;
        for (auto at = lower.find(phrase); at != lower.npos; at = lower.find(phrase, at + 1))
            if ((at == 0 || !wordChar(lower[at - 1])) && (at + phrase.size() == lower.size() || !wordChar(lower[at + phrase.size()])))
                return true;
        return false;
    });
}

std::regex pattern(const char* text) { return std::regex(text, std::regex::icase | std::regex::optimize); }

// Two capitalised words inside a sentence of lower-case words are a name, unless they are the name of a grading.
bool holdsName(const std::string& finding) {
    static const Words known = {
        "gleason", "nottingham", "bloom",     "richardson", "scarff",     "fuhrman",    "clark",    "breslow", "lauren",       "dukes",
        "paget",   "hodgkin",    "barrett",   "crohn",      "reed",       "elston",     "ellis",    "ann",     "arbor",        "wilms",
        "sertoli", "leydig",     "ewing",     "burkitt",    "astler",     "coller",     "world",    "health",  "organization", "grade",
        "group",   "score",      "type",      "hassall",    "langerhans", "schwann",    "congo",    "red",     "masson",       "allred",
        "her",     "ki",         "stage",     "system",     "combined",   "histologic", "nuclear",  "left",    "right",        "upper",
        "lower",   "lobe",       "breast",    "colon",      "lung",       "kidney",     "prostate", "skin",    "lymph",        "node",
        "nodes",   "level",      "part",      "specimen",   "alcian",     "blue",       "homer",    "wright",  "call",         "exner",
        "mallory", "verocay",    "antoni",    "schiller",   "duval",      "reinke",     "russell",  "touton",  "warthin",      "brenner",
        "merkel",  "kaposi",     "edmondson", "steiner",    "masaoka",    "shimada"};
    std::vector<std::string> words;
    std::string word;
    for (const char c : finding + " ")
        if (c == ' ') words.push_back(word), word.clear();
        else word += c;
    std::size_t lower = 0, capital = 0;
    const auto capitalised = [](const std::string& w) {
        return w.size() > 1 && isUpper(w[0]) && std::all_of(w.begin() + 1, w.end(), [](char c) { return !isUpper(c); }) && isLetter(w[1]);
    };
    for (const auto& w : words)
        if (!w.empty()) (isLower(w[0]) ? lower : capital) += isLetter(w[0]);
    if (lower <= capital) return false; // a title, where capitals say nothing
    const auto ends = [](const std::string& w) { return !w.empty() && std::string(".,:;").find(w.back()) != std::string::npos; };
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (!capitalised(words[i]) || !capitalised(words[i + 1]) || ends(words[i])) continue;
        const auto pair = words[i] + " " + words[i + 1];
        const auto topics = topicsIn(pair);
        if (!any(wordsOf(pair), known) && std::none_of(topics.begin(), topics.end(), [](bool b) { return b; })) return true;
    }
    return false;
}

} // namespace

std::string lowerAscii(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return c < 128 ? char(std::tolower(c)) : char(c); });
    return text;
}

std::string joined(const std::vector<std::string>& parts, const char* with) {
    std::string text;
    for (const auto& part : parts)
        if (!part.empty()) text += (text.empty() ? "" : with) + part;
    return text;
}

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == text.npos ? std::string() : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string> wordsOf(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : lowerAscii(text) + " ") {
        if (wordChar(c)) word += c;
        else if (!word.empty()) words.push_back(std::move(word)), word.clear();
    }
    return words;
}

const std::vector<ReportTopic>& reportTopics() {
    static const std::vector<ReportTopic> rows = {
        {"type", 10, {"carcinoma",  "carcinoid",     "melanoma",        "lymphoma",   "sarcoma",    "neoplasm",   "malignan",
                      "oncocytoma", "seminoma",      "neuroendocrine",  "leukemia",   "glioma",     "blastoma",   "astrocytoma",
                      "thymoma",    "mesothelioma",  "teratoma",        "germ cell",  "schwannoma", "meningioma", "ependymoma",
                      "myeloma",    "stromal tumor", "histologic type", "tumor type", "tumour type"}},
        {"benign-type",
         8,
         {"adenoma", "hyperplas", "nevus", "naevus", "dysplas", "benign", "lymphadenitis", "polyp", "leiomyoma", "mucosa", "parenchyma"}},
        {"grade", 9, {"grade", "differentiat", "gleason", "nottingham", "fuhrman", "isup", "g1", "g2", "g3", "g4"}},
        {"atypia", 7.5, {"pleomorph", "mitot", "mitos", "anaplas", "nucleol", "atypi", "hyperchrom"}},
        {"pattern", 8, {"acinar", "lepidic", "papilla",     "micropap", "solid",      "cribriform", "tubul",       "trabecul",
                        "gland",  "nests",   "nested",      "sheets",   "pattern",    "architect",  "follic",      "storiform",
                        "cords",  "keratin", "bridges",     "signet",   "clear cell", "spindle",    "epithelioid", "goblet",
                        "crypt",  "rosette", "single file", "alveolar", "pigment",    "nodular",    "intestinal",  "diffuse type"}},
        {"necrosis", 7, {"necro", "comedone", "apopto", "ulcer", "karyorrh", "erosion"}},
        {"inflammation",
         6.5,
         {"lymphocyt", "inflam", "plasma cell", "neutrophil", "eosinophil", "granulom", "lymphoid", "macrophag", "host response",
          "regression", "til", "tils", "tumor-infiltrating", "tumour-infiltrating", "lymphoplasm", "histiocyt", "crohn"}},
        {"stroma",
         6,
         {"stroma", "desmopl", "fibro", "hyalin", "myxoid", "scler", "elasto", "edema", "oedema", "hemorrh", "haemorrh", "calcif",
          "cirrhosis", "microcalc", "septa"}},
        {"invasion",
         5.5,
         {"invad", "invas", "infiltrat", "extension", "extends", "extending", "muscularis", "subseros", "pericolic", "penetrat",
          "extracapsul", "extranod", "extraprost"}},
        {"mucin", 5, {"mucin", "mucus", "colloid"}},
        {"metastasis", 4.8, {"metasta"}},
        {"cells",
         4.9,
         {"cells", "nuclei", "nuclear", "cytoplas", "chromatin", "cuboidal", "columnar", "foamy", "giant cell", "psammoma", "inclusions",
          "germinal"}},
        {"in-situ", 4.5, {"in situ", "in-situ", "dcis", "lcis", "intraduct", "intraepith", "hgpin", "pagetoid"}},
        {"vessels", 4, {"lymphovasc", "angiolymph", "vascular", "vein", "venous", "perineur", "lymphatic"}},
        {"surroundings",
         3,
         {"metaplas", "adjacent", "background", "emphysem", "glomerul", "non-neoplas", "nonneopl", "atroph", "steato", "reactive",
          "anthrac", "sinus"}},
        {"tumor", 2.5, {"tumor", "tumour", "cancer"}},
        {"markers", 2, {"estrogen",  "progest", "her2", "her-2", "ki-67", "ki67", "immunohis", "immunostain", "mlh1", "msh2", "pd-l1",
                        "cytokerat", "ck7",     "ck20", "ttf",   "p63",   "p40",  "s100",      "s-100",       "hmb",  "cd20", "cd3"}},
        {"stage", 1.5, {"pt1", "pt2",   "pt3",     "pt4",  "ptis", "pn0",   "pn1",        "pn2",     "pn3",   "pno",
                        "pnx", "stage", "staging", "ajcc", "tnm",  "dukes", "lymph node", "breslow", "clark", "nodes"}},
        {"margins", 1, {"margin", "resection line", "incision line", "excision line"}},
    };
    return rows;
}

std::vector<bool> topicsIn(const std::string& finding) {
    static const std::regex vessels(
        R"(((lympho?-?)?vascular|vein|venous|angiolymphatic|perineural|lymphatic|vessel)( space)? (invasion|infiltration|permeation))");
    static const std::regex staging(R"(^\s*((pathologic|pathological|tumou?r|final|ajcc|p?tnm)\s)*(stag|p?tnm|ajcc|p?t[0-4x]))");
    static const std::regex organs(R"((adrenal|thyroid|mammary|parotid|salivary|prostate) glands?)");
    auto lower = lowerAscii(finding);
    std::vector<bool> found;
    const bool brief = lower.size() <= longestFinding;
    if (brief && (hasStem(lower, "invasion") || hasStem(lower, "infiltration") || hasStem(lower, "permeation")))
        lower = std::regex_replace(lower, vessels, "$1");
    if (brief && hasStem(lower, "gland")) lower = std::regex_replace(lower, organs, "organ");
    const bool stage = brief && std::regex_search(lower, staging);
    const bool nodes = hasStem(lower, "metasta") && hasStem(lower, "node") && !hasStem(lower, "metastatic");
    const bool inSitu =
        !hasStem(lower, "invasive") && (hasStem(lower, "in situ") || hasStem(lower, "intraepithelial") || hasStem(lower, "intraductal"));
    const auto words = wordsOf(lower);
    for (const auto& topic : reportTopics()) {
        const std::string id = topic.id;
        const bool outranked =
            (stage && id != "stage" && id != "grade") || ((nodes || inSitu) && id.ends_with("type")); // of what else the words speak
        const bool inflamed =
            id == "inflammation" && std::any_of(words.begin(), words.end(), [](const auto& w) { return w.ends_with("itis"); });
        found.push_back(!outranked && (inflamed || std::any_of(topic.stems.begin(), topic.stems.end(),
                                                               [&](const char* stem) { return hasStem(lower, stem); })));
    }
    return found;
}

bool saysNo(const std::string& finding) {
    static const Words cues = {"no",       "not",          "non",           "none",       "never",    "without", "absent",
                               "absence",  "negative",     "neg",           "free",       "lack",     "lacks",   "lacking",
                               "cannot",   "nor",          "neither",       "uninvolved", "excluded", "exclude", "devoid",
                               "fails",    "failed",       "unremarkable",  "denies",     "unlikely", "spared",  "intact",
                               "excludes", "insufficient", "indeterminate", "hardly",     "nil",      "neg."};
    static const std::regex zero = pattern(R"(\b(0|zero)\s*(/|of|out of|%|percent)|\(-\)|[a-z0-9]-(\W|$))"); // "0/12", "HER2-"
    if (finding.size() <= longestFinding && std::regex_search(finding, zero)) return true;
    auto lower = lowerAscii(finding);
    for (const std::string name : {"no special type", "not otherwise specified"}) // types of tumours
        if (const auto at = lower.find(name); at != lower.npos) lower.erase(at, name.size());
    return any(wordsOf(lower), cues) || hasPhrase(lower, {"ruled out", "rule out", "clear of", "n't", "rather than"});
}

bool negatesBefore(const std::string& part) {
    static const Words cues = {"not", "absent", "negative", "none", "uninvolved", "excluded", "no", "neg", "free"};
    return any(wordsOf(part), cues) || hasPhrase(lowerAscii(part), {"ruled out"});
}

bool staysOpen(const std::string& word) {
    static const Words open = {"of",     "the",     "an",    "and",  "or",      "nor",  "with", "without",  "to",        "in",
                               "on",     "at",      "by",    "for",  "from",    "into", "is",   "are",      "was",       "were",
                               "be",     "been",    "than",  "that", "which",   "its",  "both", "as",       "their",     "between",
                               "within", "through", "shows", "show", "showing", "has",  "have", "measures", "measuring", "approximately",
                               "about"};
    return word == "a" || open.count(lowerAscii(word)) > 0; // "A" is a letter: hepatitis A
}

bool mayStayOpen(const std::string& text) {
    static const Words maybe = {"no",
                                "not",
                                "non",
                                "evidence",
                                "well",
                                "poorly",
                                "moderately",
                                "lymphovascular",
                                "angiolymphatic",
                                "perineural",
                                "extracapsular",
                                "extraprostatic",
                                "extranodal"};
    const auto words = wordsOf(text);
    if (words.empty() || !maybe.count(words.back())) return false;
    const auto at = text.find_last_of(":=-");
    return at == text.npos || wordsOf(text.substr(at)).size() > 1; // "necrosis: no" is complete
}

bool mayEnd(const std::string& text, char next) {
    static const Words abbreviations = {"vs",   "approx", "e.g", "i.e", "nos", "fig", "st", "ca", "lt",  "rt", "resp",
                                        "incl", "dr",     "drs", "cf",  "etc", "dx",  "pt", "mr", "mrs", "ms", "prof"};
    static const Words lettered = {"type",      "grade", "dukes",    "group", "stage",  "class",
                                   "hepatitis", "part",  "specimen", "level", "vitamin"};
    const auto at = text.find_last_of(" (");
    const auto word = at == text.npos ? text : text.substr(at + 1);
    if (lowerAscii(word) == "no") return !isDigit(next) && next != 'X'; // "No. 5"
    if (abbreviations.count(lowerAscii(word))) return false;
    if (word.size() != 1 || !isUpper(word[0]) || !isUpper(next)) return true;
    const auto before = wordsOf(text);
    return before.size() > 1 && lettered.count(before[before.size() - 2]) > 0;
}

bool holdsIdentifier(const std::string& finding) {
    if (finding.size() > longestFinding) return true; // not looked through, so not trusted
    static const std::array words = {
        pattern(R"(\bx{2,}\b|\*{2,}|\[\*|redacted|<[a-z ]+>|@|https?:|www\.|\btcga-)"), // masks, addresses
        pattern(R"(\b(drs?|mr|mrs|ms|prof|md|phd|facp|mrn|ssn|dob)\b\.?|\bm\. ?d\b|\bd\. ?o\.)"),
        pattern(R"(\b(hospital|clinic|university|institute|laboratory|laboratories|medical center|accession)\b)"),
    };
    static const std::array numbers = {
        pattern(R"(\b\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{2,4}\b)"), // dates
        pattern(R"(\b(19|20)\d\d\b|\b\d{1,2}:\d\d\b)"),                // years, dates that begin with one, times
        pattern(
            R"(\b(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)\.?\s+\d{1,4}\b)"),
        pattern(
            R"(\b\d{1,2}(st|nd|rd|th)?\s+(of\s+)?(january|february|march|april|may|june|july|august|september|october|november|december)\b)"),
        pattern(
            R"(\b[a-z]{1,4}[-:# ]?\d\d-\d{2,}\b|\b[a-z]{1,3}-\d{3,}|\b\d{2,}-\d{3,}\b|\b(case|number|no|ref)\.?\s?#?\s?\d{3,})"), // accession
        pattern(R"(\b[a-z]{0,3}\d{5,}\b|\b\d{4}/\d\b|\b[a-z]\d\d\.\d{1,2}\b|\b\d{3,}/\d{2,}\b)"), // records, codes
        pattern(R"(\(?\d{3}\)?[-. ]\d{3,4}[-. ]?\d{3,4}\b|#\s?\d)"),                              // telephones
    };
    static const std::regex initial(R"(\b[A-Z]\.\s?[A-Z][a-z]{2,})"); // J. Smith
    const auto found = [&](const std::regex& p) { return std::regex_search(finding, p); };
    return std::any_of(words.begin(), words.end(), found) ||
           (std::any_of(finding.begin(), finding.end(), isDigit) && std::any_of(numbers.begin(), numbers.end(), found)) || found(initial) ||
           holdsName(finding);
}

bool isMeasure(const std::string& text) {
    static const std::regex whole = pattern(
        R"(^\s*(measuring|up to|approximately|about|and)?\s*\d+([.,]\d+)?(\s*(x|by)\s*\d+([.,]\d+)?)*\s*(cm|mm|g|grams?|ml|cc)\b\.?(\s*(in|at) (its )?(greatest|maximum|largest|longest|maximal)( linear)? (dimension|diameter|extent))?\s*$)");
    return text.size() < 120 && std::regex_match(text, whole);
}

bool hasProcedure(const std::string& text) {
    static const std::array stems = {"ectomy",  "biops",    "excision",   "resection", "curett", "core needle",
                                     "turp",    "aspirat",  "dissection", "specimen",  "punch",  "shave",
                                     "lumpect", "polypect", "explant",    "wedge",     "turbt"};
    const auto lower = lowerAscii(text);
    return std::any_of(stems.begin(), stems.end(), [&](const char* s) { return lower.find(s) != lower.npos; });
}

const char* uselessBecause(const std::string& finding) {
    const auto lower = lowerAscii(finding);
    const auto words = wordsOf(finding);
    static const Words people = {"patient",  "patient's", "pathologist", "attest",   "physician", "surgeon", "resident", "attending",
                                 "dictated", "signed",    "transcribed", "notified", "daughter",  "father",  "mother",   "husband",
                                 "wife",     "clinician", "year",        "yo",       "gentleman", "lady",    "woman",    "man"};
    if (any(words, people) || hasPhrase(lower, {"discussed with", "reviewed by", "reported to", "consultation with", "telephone",
                                                "shown to", "seen by", "examined by", "confirmed by", "read by", "according to", "concurs",
                                                "concur", "agree", "agrees", "conference", "courtesy of"}))
        return "It is about people and not about tissue.";
    static const Words handling = {"block",    "blocks",   "cassette",  "cassettes",  "slide",    "slides",    "labeled",
                                   "labelled", "formalin", "submitted", "photograph", "inked",    "sectioned", "stains",
                                   "recuts",   "billing",  "cpt",       "icd",        "fee",      "cost",      "page",
                                   "copy",     "received", "fixation",  "controls",   "container"};
    if (any(words, handling) || hasPhrase(lower, {"represents", "frozen section"})) return "It tells how the specimen was handled.";
    if (hasPhrase(lower,
                  {"rule out", "r/o", "please correlate", "clinical correlation", "recommend", "recommended", "to follow", "pending"}) ||
        (!finding.empty() && finding.back() == '?'))
        return "It is a question or an advice and no finding.";
    if (hasPhrase(lower, {"history of", "status post", "s/p", "previous", "previously", "prior", "clinically", "by history"}))
        return "It is about the past or the clinic.";
    static const std::regex noValue = pattern(
        R"(:\s*(n/?a|not applicable|unknown|not reported|not stated|not specified|not provided|not known|see (comment|note|below|above).*|as above|(cannot|can not) be (assessed|determined|evaluated)|not assessed|not performed|not done|not submitted|other|same|\?|-+)?\s*\.?$)");
    if (std::regex_search(finding, noValue) ||
        hasPhrase(lower, {"see comment", "see note", "see below", "see above", "as above", "same as"}))
        return "It says nothing by itself.";
    static const std::regex sizeKey = pattern(
        R"(^\s*((tumor|tumour|specimen|lesion|maximum|overall|invasive|additional|nodule|mass) )*(size|dimensions?|greatest (dimension|diameter)|diameter|weight|measurements?|distance|number of)\b)");
    static const std::regex measure = pattern(R"(\d\s*(cm|mm|g|grams?|ml|cc)\b)");
    const auto topics = topicsIn(finding);
    bool low = true; // tumour, stage, margins at most
    for (std::size_t i = 0; i < topics.size(); ++i) low = low && (!topics[i] || reportTopics()[i].weight < 3);
    if (std::regex_search(finding, sizeKey) || (std::regex_search(finding, measure) && low && !hasPhrase(lower, {"breslow"})))
        return "It is a measurement of the specimen.";
    static const Words pronouns = {"it",      "they",  "these", "those", "same", "and", "but",
                                   "however", "which", "this",  "that",  "also", "he",  "she"};
    static const std::regex standsAlone = pattern(R"(^(this|that|these) (is|are|[a-z]+) )");
    if (!words.empty() && pronouns.count(words[0]) && !std::regex_search(finding, standsAlone)) return "It does not stand alone.";
    return nullptr;
}

bool inOtherLanguage(const std::string& finding) {
    static const Words foreign = {
        "et",          "cum",           "sine",       "sec",   "und", "der",   "die",   "das",  "mit",      "ohne",
        "ein",         "eine",          "le",         "les",   "des", "du",    "avec",  "sans", "el",       "los",
        "las",         "con",           "sin",        "della", "het", "een",   "typus", "oraz", "reactiva", "carcinomatosa",
        "lymphonodis", "lymphonodorum", "ventriculi", "bez",   "nie", "telae", "nicht", "auf"};
    static const Words latinEnds = {"osae", "atae", "arum", "orum", "ibus", "atio"};
    int score = 0;
    for (const auto& word : wordsOf(finding)) {
        if (foreign.count(word)) ++score;
        if (word.size() > 6 && latinEnds.count(word.substr(word.size() - 4))) ++score;
        if (std::any_of(word.begin(), word.end(), [](unsigned char c) { return c >= 128; }) && word.size() > 5) ++score;
    }
    return score >= 1 + int(wordsOf(finding).size()) / 12;
}

} // namespace phloxine
