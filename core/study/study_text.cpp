#include "core/study/study_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <nlohmann/json.hpp>

#include "core/annotate/caption_measures.h"
#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/report_summary.h"
#include "core/image/ImageFile.h"
#include "core/measure/tissue/tile_measures.h"
#include "core/train/draws.h"

namespace phloxine {

namespace {

// Words of one token each that say nothing about a tile.
constexpr const char* fillerWords[] = {"a",   "picture", "of",    "a",     "piece", "of",   "stained", "tissue",
                                       "on",  "a",       "glass", "slide", "seen",  "with", "a",       "light",
                                       "and", "kept",    "as",    "a",     "small", "file", "for",     "later"};

// Rows of tileMeasureRows() that facts beyond the attributes are about, in their order.
constexpr const char* measuredFacts[] = {"nuclear_area", "nuclear_eccentricity", "nuclear_spacing",  "haematoxylin_dark",
                                         "eosin",        "haematoxylin",         "high_frequencies", "spectrum_slope",
                                         "lumen"};

std::size_t measureRow(const char* id) {
    const auto& rows = tileMeasureRows();
    return std::size_t(std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return std::string(r.id) == id; }) - rows.begin());
}

std::vector<double> factMeasures(const Image& tile) {
    auto values = captionMeasures(tile);
    const auto all = measureTile(tile, nucleusSettings(Scale{}), false);
    for (const auto* id : measuredFacts) values.push_back(all.at(measureRow(id)));
    return values;
}

Json measuredRows(const TrainingSet& set, const ProgressHook& progress) {
    Json rows = Json::array();
    for (const auto& tile : set.tiles) {
        if (progress) progress({"Measuring what captions state", double(rows.size()) / double(set.tiles.size())});
        Json row = Json::array();
        try {
            for (const double value : factMeasures(readImage(tile.file))) row.push_back(std::isfinite(value) ? Json(value) : Json());
        } catch (const Error&) { row = Json(); } // the training names it and leaves it out
        rows.push_back(std::move(row));
    }
    return rows;
}

// CLIP's byte pairs never cross a blank or a comma, so the tokens of a text are the sum of those of its phrases.
int wordTokens(const std::string& phrase) {
    static thread_local std::map<std::string, int> known;
    const auto [at, isNew] = known.emplace(phrase, 0);
    if (isNew) at->second = promptTokens(phrase) - 2;
    return at->second;
}

} // namespace

const std::vector<StudyFact>& studyFacts() {
    static const std::vector<StudyFact> rows = [] {
        std::vector<StudyFact> all;
        for (const auto& a : attributes()) all.push_back({a.id, {a.phrases[0].front(), a.phrases[1].front(), a.phrases[2].front()}});
        all.insert(all.end(), {{"nuclear_area", {"small nuclei", "nuclei of medium size", "large nuclei"}},
                               {"nuclear_eccentricity", {"round nuclei", "oval nuclei", "elongated nuclei"}},
                               {"nuclear_spacing", {"crowded nuclei", "spaced nuclei", "scattered nuclei"}},
                               {"haematoxylin_dark", {"pale chromatin", "medium chromatin", "dark chromatin"}},
                               {"eosin", {"weak eosin", "medium eosin", "strong eosin"}},
                               {"haematoxylin", {"weak hematoxylin", "medium hematoxylin", "strong hematoxylin"}},
                               {"high_frequencies", {"smooth texture", "medium texture", "fine texture"}},
                               {"spectrum_slope", {"steep spectrum", "medium spectrum", "flat spectrum"}},
                               {"lumen", {"few closed lumens", "some closed lumens", "many closed lumens"}}});
        return all;
    }();
    return rows;
}

std::vector<TileFacts> measureFacts(const TrainingSet& set, const std::filesystem::path& file, const ProgressHook& progress) {
    Json stored = isThere(file) ? readJsonFile(file) : Json::object();
    if (stored.value("tiles_sha256", std::string()) != set.sha256) {
        stored = {{"format", "phloxine-study-facts/1"}, {"tiles_sha256", set.sha256}, {"facts", Json::array()}};
        for (const auto& fact : studyFacts()) stored["facts"].push_back(fact.id);
        stored["measures"] = measuredRows(set, progress);
        writeFileAtomically(file, stored.dump() + "\n", IfExists::Replace);
    }
    const auto& rows = stored.at("measures");
    std::vector<TileFacts> facts(set.tiles.size(), TileFacts(studyFacts().size()));
    const auto valueOf = [&](std::size_t tile, std::size_t k) {
        return rows.at(tile).is_array() && rows[tile].at(k).is_number() ? rows[tile][k].get<double>() : std::nan("");
    };
    for (std::size_t k = 0; k < studyFacts().size(); ++k) {
        std::vector<std::vector<double>> values(set.classes.size());
        for (std::size_t i = 0; i < set.tiles.size(); ++i)
            if (!set.tiles[i].heldOut) values[std::size_t(set.tiles[i].classIndex)].push_back(valueOf(i, k));
        std::vector<LevelThresholds> thresholds;
        for (auto& of : values) thresholds.push_back(terciles(std::move(of)));
        for (std::size_t i = 0; i < set.tiles.size(); ++i)
            facts[i][k] = levelOf(valueOf(i, k), thresholds[std::size_t(set.tiles[i].classIndex)]);
    }
    return facts;
}

StudyCaption studyCaption(const StudyArm& arm, const std::string& className, const TileFacts& facts) {
    if (!arm.text) return {};
    StudyCaption caption{className, 2 + wordTokens(className), 0};
    for (std::size_t k = 0; k < facts.size() && arm.factTokens > 0; ++k) {
        if (!facts[k]) continue;
        const auto* phrase = studyFacts()[k].phrases[int(*facts[k])];
        const int more = 1 + wordTokens(phrase);           // with its comma
        if (caption.tokens + more > arm.factTokens) break; // the rest is left out too: a longer caption says all of a shorter one
        caption.text += std::string(", ") + phrase, caption.tokens += more, ++caption.facts;
    }
    if (caption.tokens > std::max(arm.factTokens, arm.length))
        throw Error(ErrorCode::WrongUse, "The class \"" + plainText(className) + "\" alone has " + std::to_string(caption.tokens) +
                                             " tokens, more than a caption of " + std::to_string(arm.length) +
                                             " tokens holds; give it a shorter prompt.");
    if (!arm.filler || caption.tokens >= arm.length) return caption;
    caption.text += ",", ++caption.tokens;
    for (std::size_t w = 0; caption.tokens < arm.length; ++w, ++caption.tokens)
        caption.text += std::string(" ") + fillerWords[w % std::size(fillerWords)];
    return caption;
}

std::vector<int> pairedTiles(const TrainingSet& set, CaptionPairing pairing, std::uint64_t seed) {
    std::vector<int> source(set.tiles.size());
    std::iota(source.begin(), source.end(), 0);
    if (pairing == CaptionPairing::Own) return source;
    std::map<std::pair<bool, int>, std::vector<int>> strata;
    for (int i = 0; i < int(set.tiles.size()); ++i) {
        const auto& tile = set.tiles[std::size_t(i)];
        strata[{tile.heldOut, pairing == CaptionPairing::OtherGroup ? 0 : tile.classIndex}].push_back(i);
    }
    Dice dice(mixedSeed(seed, "pairing"));
    const auto groupOf = [&](int i) -> const std::string& { return set.tiles[std::size_t(i)].group; };
    for (auto& [key, tiles] : strata) {
        // Sorted by group in random order of groups, and turned by the size of the largest: nobody meets their own group where none is
        // larger than the rest.
        std::map<std::string, std::vector<int>> groups;
        for (const int tile : tiles) groups[groupOf(tile)].push_back(tile);
        std::vector<std::vector<int>> order;
        std::size_t largest = 0;
        for (auto& [name, members] : groups) {
            dice.shuffle(members);
            largest = std::max(largest, members.size());
            order.push_back(std::move(members));
        }
        dice.shuffle(order);
        std::vector<int> line;
        for (const auto& members : order) line.insert(line.end(), members.begin(), members.end());
        const auto shift =
            largest + std::size_t(dice.below(int(std::max<std::size_t>(1, line.size() - std::min(line.size(), 2 * largest)))));
        for (std::size_t i = 0; i < line.size(); ++i) source[std::size_t(line[i])] = line[(i + shift) % line.size()];
    }
    return source;
}

std::vector<StudyCaption> captionsOf(const StudyArm& arm, const TrainingSet& set, const std::vector<TileFacts>& facts) {
    constexpr std::uint64_t pairingSeed = 1; // the same in all runs
    const auto sources = pairedTiles(set, arm.pairing, pairingSeed);
    std::vector<StudyCaption> captions;
    for (const int source : sources) {
        const auto& tile = set.tiles[std::size_t(source)];
        captions.push_back(studyCaption(arm, set.classes[std::size_t(tile.classIndex)].prompts.front(), facts[std::size_t(source)]));
    }
    return captions;
}

} // namespace phloxine
