// The part of a comparison that asks whether the attribute levels of the captions show in the tiles: low, medium or high against what is
// measured, in ranks, within each class.
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <map>

#include "core/base/number_text.h"
#include "core/condition/attributes.h"
#include "core/measure/measured_set.h"
#include "core/measure/statistics/rank_correlation.h"

namespace phloxine {

namespace {

constexpr int fewestTiles = 10, fewestOfClass = 30; // that ask for an attribute, for a number at all and for one of a class alone

struct AttributeMeasure {
    const char* attribute; // of a row of attributes()
    const char* measuredBy;
    std::array<const char*, 2> measures; // of tileMeasureRows(); the second one may be null
    double (*value)(double first, double second);
    const char *asking, *more, *less; // words for what the high level asks for, and for what a tile may show
};

// How captions were made and what is measured here are two methods: the correlation on real tiles says how well they agree.
constexpr AttributeMeasure attributeMeasures[] = {
    {"nuclear-density",
     "nuclei per area",
     {"nuclei", nullptr},
     [](double n, double) { return n; },
     "more nuclei",
     "more nuclei",
     "fewer nuclei"},
    {"stain-strength",
     "haematoxylin and eosin of tissue, summed",
     {"haematoxylin", "eosin"},
     [](double h, double e) { return h + e; },
     "a darker stain",
     "a darker stain",
     "a paler one"},
    {"tone",
     "share of eosin in the stain",
     {"haematoxylin", "eosin"},
     [](double h, double e) { return e / (h + e); },
     "a pinker tone",
     "a pinker tone",
     "a more purple one"},
    {"lumen",
     "share of the tile without tissue", // a lumen that the border of the tile cuts counts too
     {"background", nullptr},
     [](double share, double) { return share; },
     "more white space",
     "more white space",
     "less of it"},
};

std::size_t columnOf(const char* id) {
    const auto& rows = tileMeasureRows();
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (std::string(rows[i].id) == id) return i;
    return 0;
}

double valueOf(const AttributeMeasure& row, const std::vector<double>& measures) {
    return row.value(measures[columnOf(row.measures[0])], row.measures[1] ? measures[columnOf(row.measures[1])] : 0);
}

// Tiles of one seed share their noise, so that they are no more independent than tiles of one field.
std::vector<int> independentUnits(const MeasuredSet& measured) {
    if (measured.set.groupsKnown) return measured.groups;
    std::map<std::string, int> numbers;
    std::vector<int> units;
    for (const auto& tile : measured.set.tiles)
        units.push_back(numbers.emplace(tile.seed.empty() ? "tile " + tile.name : "seed " + tile.seed, int(numbers.size())).first->second);
    return units;
}

// What must not stand in for the attribute: the class, or for tiles made from a text the words of it that name no attribute.
std::string stratumOf(const TileEntry& tile) {
    if (!tile.className.empty()) return tile.className;
    std::string text;
    for (const char c : tile.prompt) text += char(std::tolower(static_cast<unsigned char>(c)));
    for (const auto& attribute : attributes())
        for (const auto& level : attribute.phrases)
            for (const std::string phrase : level)
                for (auto place = text.find(phrase); place != text.npos; place = text.find(phrase)) text.erase(place, phrase.size());
    std::string words;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c))) words += c;
        else if (!words.empty() && words.back() != ' ') words += ' ';
    while (!words.empty() && words.back() == ' ') words.pop_back();
    return "text: " + words;
}

// The tiles of a set that ask for the attribute, of one class or of all.
StratifiedPairs askedPairs(const MeasuredSet& measured, std::size_t attribute, const AttributeMeasure& row, const std::string* className) {
    StratifiedPairs pairs;
    std::map<std::string, int> strata;
    const auto units = independentUnits(measured);
    for (std::size_t i = 0; i < measured.set.tiles.size(); ++i) {
        const auto& tile = measured.set.tiles[i];
        if (className && tile.className != *className) continue;
        const auto level = attributeLevelsIn(tile.prompt)[attribute];
        if (!level) continue;
        pairs.x.push_back(double(int(*level))), pairs.y.push_back(valueOf(row, measured.measures[i]));
        pairs.strata.push_back(strata.emplace(stratumOf(tile), int(strata.size())).first->second);
        pairs.groups.push_back(units[i]);
    }
    return pairs;
}

Finding findingOf(const AttributeMeasure& row, const AttributeRow& r, std::size_t asked) {
    std::string text = std::string("Asking for ") + row.asking;
    if (!std::isfinite(r.low))
        return {text + ": " + std::to_string(asked) + " tiles ask for a level, too few for a number or all of a class for the same.",
                Judgement::Plain};
    const bool rises = r.low > 0, falls = r.high < 0;
    text += rises ? std::string(" gives ") + row.more : falls ? std::string(" gives ") + row.less : std::string(", no effect seen");
    text += ": rank correlation within classes " + twoDigits(r.correlation) + " of at most " + twoDigits(r.ceiling) + " (" +
            twoDigits(r.low) + " to " + twoDigits(r.high) + ", " + std::to_string(r.tiles) + " tiles)";
    if (std::isfinite(r.real)) text += "; real tiles reach " + twoDigits(r.real) + " with their own captions";
    return {text + ".", rises ? Judgement::Good : falls ? Judgement::Bad : Judgement::Look};
}

AttributeRow rowOf(std::size_t attribute, const AttributeMeasure& row, const MeasuredSet& real, const MeasuredSet& synthetic,
                   const std::string* className, std::uint64_t seed) {
    AttributeRow r;
    r.attribute = attributes()[attribute].title, r.measuredBy = row.measuredBy;
    if (className) r.className = *className;
    const auto found = correlationWithin(askedPairs(synthetic, attribute, row, className), seed);
    r.tiles = found.pairs, r.groups = found.groups;
    if (found.pairs >= fewestTiles) r.correlation = found.value, r.low = found.low, r.high = found.high, r.ceiling = found.ceiling;
    const auto onReal = correlationWithin(askedPairs(real, attribute, row, className), seed);
    r.realTiles = onReal.pairs;
    if (onReal.pairs >= fewestTiles) r.real = onReal.value, r.realLow = onReal.low, r.realHigh = onReal.high;
    return r;
}

} // namespace

void compareAttributes(const MeasuredSet& real, const MeasuredSet& synthetic, std::uint64_t seed, SyntheticReport& report) {
    auto& adherence = report.adherence;
    for (std::size_t a = 0; a < attributes().size(); ++a)
        for (const auto& row : attributeMeasures) {
            if (std::string(row.attribute) != attributes()[a].id) continue;
            const auto asked = askedPairs(synthetic, a, row, nullptr).x.size();
            if (!asked) continue;
            adherence.attributes.push_back(rowOf(a, row, real, synthetic, nullptr, seed));
            adherence.attributeFindings.push_back(findingOf(row, adherence.attributes.back(), asked));
            if (synthetic.summary.classes.size() < 2) continue;
            for (const auto& [name, tiles] : synthetic.summary.classes)
                if (int(askedPairs(synthetic, a, row, &name).x.size()) >= fewestOfClass)
                    adherence.attributes.push_back(rowOf(a, row, real, synthetic, &name, seed));
        }
    if (adherence.attributes.empty())
        adherence.attributeFindings.emplace_back(
            "No tile of this set asks for a level of nuclear density, stain, tone or lumen, so that was not measured.", Judgement::Plain);
}

} // namespace phloxine
