#include <algorithm>
#include <cmath>
#include <optional>
#include <regex>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/annotate/CaptionRequest.h"
#include "core/annotate/caption_measures.h"
#include "core/annotate/probability_table.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/own_summariser.h"
#include "core/condition/prompt_grammar.h"
#include "core/condition/report_summary.h"
#include "core/measure/TileSet.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

struct SlidePlace {
    std::string slide;
    Place place;
};

// Where tiles of a metadata.jsonl lie on their slides: rows with x, y, width, height (level-0 pixels) and slide.
std::map<std::string, SlidePlace> placesOf(const fs::path& data) {
    const auto file = isFolder(data) ? data / "metadata.jsonl" : data;
    std::map<std::string, SlidePlace> places;
    if (!isThere(file)) return places;
    std::istringstream lines(readFile(file));
    for (std::string line; std::getline(lines, line);) {
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        const auto row = parseJson(line, file.filename().string());
        const auto number = [&](const char* key) {
            return row.contains(key) && row[key].is_number() ? row[key].get<double>() : std::nan("");
        };
        const Place place{number("x"), number("y"), number("width"), number("height")};
        const auto name = row.contains("file_name") ? row["file_name"] : row.value("file", Json());
        if (!name.is_string() || !(place.width > 0 && place.height > 0) || !std::isfinite(place.x + place.y)) continue;
        places[name.get<std::string>()] = {
            row.contains("slide") && row["slide"].is_string() ? row["slide"].get<std::string>() : std::string(), place};
    }
    return places;
}

// Tables of one level, each read once.
class Levels {
public:
    Levels(const LevelSource& source, double threshold) : m_source(source), m_threshold(threshold) {
        if (m_source.table.empty() || isFolder(m_source.table)) {
            if (!m_source.table.empty() && !isThere(m_source.table)) readFile(m_source.table); // says that it is not there
            return;
        }
        load("", m_source.table);
    }

    std::optional<bool> of(const TileEntry& tile, const std::map<std::string, SlidePlace>& places) {
        if (m_source.table.empty()) return {};
        const auto at = places.find(tile.name);
        const auto slide = at == places.end() ? std::string() : fs::path(at->second.slide).stem().string();
        if (isFolder(m_source.table)) {
            if (slide.empty()) return {};
            if (!m_tables.count(slide) && isThere(m_source.table / (slide + ".csv"))) load(slide, m_source.table / (slide + ".csv"));
        }
        const auto found = m_tables.find(isFolder(m_source.table) ? slide : "");
        if (found == m_tables.end()) return {};
        const auto& [table, column] = found->second;
        std::optional<double> p;
        if (table.hasFiles) p = valueOf(table, column, tile.name);
        if (!p && table.hasPlaces && at != places.end()) p = meanOver(table, column, at->second.place);
        return p ? std::optional(highLevel(*p, m_threshold)) : std::nullopt;
    }

private:
    void load(const std::string& slide, const fs::path& file) {
        auto table = readProbabilityTable(file);
        const auto column = classColumn(table, m_source.className);
        m_tables.emplace(slide, std::pair(std::move(table), column));
    }
    LevelSource m_source;
    double m_threshold;
    std::map<std::string, std::pair<ProbabilityTable, std::size_t>> m_tables;
};

struct Summary {
    std::string text;
    Json row; // for the protocol
};

// The report of a group: GROUP.txt, or GROUP.*.txt; the group of a set by file names is "class/number", of which the last part counts too.
std::optional<fs::path> reportOf(const fs::path& folder, const std::string& group) {
    for (const auto& name : {group, group.substr(group.rfind('/') + 1)}) {
        if (name.empty() || name.find("..") != name.npos) continue;
        if (isThere(folder / (name + ".txt"))) return folder / (name + ".txt");
        if (name.find('/') != name.npos) continue;
        for (const auto& entry : fs::directory_iterator(folder))
            if (const auto file = entry.path().filename().string(); file.starts_with(name + ".") && file.ends_with(".txt"))
                return entry.path();
    }
    return {};
}

Summary summaryOf(const CaptionRequest& request, const std::string& group) {
    Summary summary{{}, {{"group", group}}};
    const auto file = reportOf(request.reports, group);
    if (!file) {
        summary.row["missing"] = "There is no report of this group.";
        return summary;
    }
    try {
        const auto report = readFile(*file, 64u << 20);
        if (request.summariser.empty()) {
            const auto made = summariseReport(report, request.summaryTokens);
            summary.text = made.text, summary.row["tokens"] = made.tokens;
            summary.row["findings_used"] = std::count_if(made.findings.begin(), made.findings.end(), [](const auto& f) { return f.used; });
            summary.row["findings"] = made.findings.size();
            if (!made.remarks.empty()) summary.row["remarks"] = made.remarks;
        } else {
            const auto made = summariseWith(request.summariser, report, request.summaryTokens, request.summariserLimit);
            summary.text = made.text, summary.row["tokens"] = made.tokens;
            for (const auto& dropped : made.dropped) summary.row["dropped"].push_back(dropped.sentence + ": " + dropped.why);
        }
    } catch (const Error& e) { summary.row["refused"] = e.what(); }
    return summary;
}

std::string wordsOf(const CaptionRequest& request, const std::string& className) {
    if (const auto named = request.classNames.find(className); named != request.classNames.end()) return named->second;
    auto words = className;
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

std::regex holdOutOf(const CaptionRequest& request) {
    try {
        return std::regex(request.holdOut);
    } catch (const std::regex_error&) {
        throw Error(ErrorCode::WrongUse, "The pattern " + plainText(request.holdOut, 100) + " of --hold-out is no regular expression.");
    }
}

const char* const levelWords[] = {"low", "medium", "high"};

void measureTiles(TileSet& set, std::vector<std::vector<double>>& measures, const ProgressHook& progress) {
    const auto all = double(set.tiles.size());
    forEachTile(set, [&](const TileEntry&, const Image& image) {
        measures.push_back(captionMeasures(image));
        if (progress) progress({"Measuring tile " + std::to_string(measures.size()), double(measures.size()) / all * 0.95});
    });
}

using Thresholds = std::map<std::string, std::vector<LevelThresholds>>; // class -> one for each attribute

Thresholds thresholdsOf(const TileSet& set, const std::vector<std::vector<double>>& measures, const std::vector<bool>& heldOut) {
    Thresholds thresholds;
    for (std::size_t k = 0; k < attributes().size(); ++k) {
        std::map<std::string, std::vector<double>> values;
        for (std::size_t i = 0; i < set.tiles.size(); ++i) {
            auto& of = values[set.tiles[i].className]; // also a class that is held out as a whole
            if (!heldOut[i]) of.push_back(measures[i][k]);
        }
        for (auto& [className, numbers] : values) thresholds[className].push_back(terciles(std::move(numbers)));
    }
    return thresholds;
}

Json toJson(const Thresholds& thresholds) {
    Json json = Json::object();
    for (const auto& [className, rows] : thresholds)
        for (std::size_t k = 0; k < rows.size(); ++k) {
            const auto& t = rows[k];
            json[className][attributes()[k].id] = t.stated
                                                      ? Json{{"low_at_most", t.lowAtMost}, {"high_above", t.highAbove}, {"tiles", t.tiles}}
                                                      : Json{{"not_stated", t.why}, {"tiles", t.tiles}};
        }
    return json;
}

Json tokenCounts(const std::vector<CaptionedTile>& tiles) {
    std::vector<int> counts;
    for (const auto& tile : tiles) counts.push_back(tile.tokens);
    std::sort(counts.begin(), counts.end());
    if (counts.empty()) return Json::object();
    return {{"smallest", counts.front()}, {"median", counts[counts.size() / 2]}, {"largest", counts.back()}};
}

void validate(const CaptionRequest& request) {
    promptGrammar(request.grammar);
    if (request.promptTokens < 8 || request.promptTokens > 1000) throw Error(ErrorCode::WrongUse, "A caption has 8 to 1000 tokens.");
    if (!(request.threshold >= 0 && request.threshold <= 1)) throw Error(ErrorCode::WrongUse, "The threshold lies between 0 and 1.");
    if (!request.reports.empty() && !isFolder(request.reports))
        throw Error(ErrorCode::NotFound, "The folder of reports " + request.reports.filename().string() + " was not found.");
}

} // namespace

CaptionResult captionSet(const CaptionRequest& request, const ProgressHook& progress) {
    validate(request);
    const auto pattern = holdOutOf(request);
    Levels tumor(request.tumor, request.threshold), til(request.til, request.threshold);
    auto set = readTileSet(request.data, {{}, request.groupPattern});
    if (!request.holdOut.empty() && !set.groupsKnown)
        throw Error(ErrorCode::WrongUse,
                    "The set does not say which tiles belong together, so no groups can be held out; give --group-pattern.");
    const auto places = placesOf(request.data);
    std::vector<std::vector<double>> measures;
    measureTiles(set, measures, progress);
    std::vector<bool> heldOut;
    for (const auto& tile : set.tiles) heldOut.push_back(!request.holdOut.empty() && std::regex_search(tile.group, pattern));
    const auto thresholds = thresholdsOf(set, measures, heldOut);

    const auto& grammar = promptGrammar(request.grammar);
    std::map<std::string, Summary> summaries;
    CaptionResult result;
    Json changed = Json::array(), dropped = Json::array();
    for (const auto& fault : set.faults) dropped.push_back({{"file_name", fault.name}, {"reason", fault.reason}});
    for (std::size_t i = 0; i < set.tiles.size(); ++i) {
        const auto& tile = set.tiles[i];
        CaptionedTile row{tile.name,
                          tile.file,
                          tile.className,
                          set.groupsKnown ? tile.group : std::string(),
                          {},
                          0,
                          heldOut[i],
                          {},
                          {},
                          tile.scale.micronsPerPixel};
        PromptParts parts;
        parts.className = wordsOf(request, tile.className);
        for (std::size_t k = 0; k < attributes().size(); ++k) {
            parts.attributes.push_back(levelOf(measures[i][k], thresholds.at(tile.className)[k]));
            row.measures.emplace_back(attributes()[k].id, measures[i][k]);
            if (parts.attributes[k]) row.levels[attributes()[k].id] = levelWords[int(*parts.attributes[k])];
        }
        parts.highTumor = tumor.of(tile, places), parts.highTil = til.of(tile, places);
        if (parts.highTumor) row.levels["tumor"] = *parts.highTumor ? "high" : "low";
        if (parts.highTil) row.levels["til"] = *parts.highTil ? "high" : "low";
        if (!request.reports.empty() && set.groupsKnown) {
            if (!summaries.count(tile.group)) summaries[tile.group] = summaryOf(request, tile.group);
            parts.summary = summaries[tile.group].text;
        }
        const auto prompt = composePrompt(grammar, parts, request.promptTokens);
        if (!prompt.dropped.empty()) changed.push_back({{"file_name", tile.name}, {"left_out", prompt.dropped}});
        if (prompt.text.empty()) { // an empty text would teach the generator what "unconditional" means, with this tile
            dropped.push_back({{"file_name", tile.name}, {"reason", "Nothing is known that the grammar states."}});
            continue;
        }
        row.text = prompt.text, row.tokens = prompt.tokens;
        result.tiles.push_back(std::move(row));
    }
    if (result.tiles.empty())
        throw Error(ErrorCode::WrongUse,
                    "No tile has a caption: the grammar " + request.grammar + " states nothing that is known; give levels or reports.");
    Json reports = Json::array();
    for (const auto& [group, summary] : summaries) reports.push_back(summary.row);
    const auto count = [&](auto is) { return std::count_if(result.tiles.begin(), result.tiles.end(), is); };
    result.protocol = {{"format", "phloxine-captions/1"},
                       {"set", set.name},
                       {"grammar", request.grammar},
                       {"form", grammar.title},
                       {"prompt_tokens", request.promptTokens},
                       {"summary_tokens", request.summaryTokens},
                       {"summariser", request.summariser.empty() ? "phloxine" : "own"},
                       {"threshold", request.threshold},
                       {"hold_out", request.holdOut},
                       {"groups", set.groupSource},
                       {"measures", "CIE Lab; terciles within each class over the training tiles"},
                       {"tiles", result.tiles.size()},
                       {"held_out_tiles", count([](const auto& t) { return t.heldOut; })},
                       {"tiles_with_tumor_level", count([](const auto& t) { return t.levels.count("tumor") > 0; })},
                       {"tiles_with_til_level", count([](const auto& t) { return t.levels.count("til") > 0; })},
                       {"token_counts", tokenCounts(result.tiles)},
                       {"thresholds", toJson(thresholds)},
                       {"reports", reports},
                       {"n_dropped", dropped.size()},
                       {"dropped", dropped},
                       {"n_rewritten", changed.size()},
                       {"rewritten", changed}};
    return result;
}

} // namespace phloxine
