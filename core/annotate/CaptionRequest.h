#pragma once
// Captions for a set of tiles: what to state, from where, and what was written.
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/base/Progress.h"

namespace phloxine {

// A table of probabilities, or a folder with one per slide (SLIDE.csv, as WSInfer writes them).
struct LevelSource {
    std::filesystem::path table; // empty: the level is not stated
    std::string className;       // the column; empty: the only one, or the last of two
};

struct CaptionRequest {
    std::filesystem::path data; // folder of images or metadata.jsonl
    std::string groupPattern;   // as in TileSetOptions
    std::string holdOut;        // regular expression over the group: what it finds has no part in the thresholds
    std::string grammar = "phloxine";
    int promptTokens = 77;                         // of the whole caption, start and end included
    int summaryTokens = 35;                        // of the summary of the report
    double threshold = 0.5;                        // from which a probability is "high"
    std::map<std::string, std::string> classNames; // class of the set -> words; default: "_" becomes a blank
    LevelSource tumor, til;
    std::filesystem::path reports; // folder with GROUP.txt or GROUP.*.txt; empty: none
    std::string summariser;        // command of the user's; empty: ours
    std::chrono::milliseconds summariserLimit = std::chrono::minutes(2);
};

struct CaptionedTile {
    std::string name; // in the set
    std::filesystem::path file;
    std::string className, group; // group: empty where it is not known
    std::string text;
    int tokens = 0;
    bool heldOut = false;
    std::map<std::string, std::string> levels;            // attribute, "tumor", "til" -> "low" ...
    std::vector<std::pair<std::string, double>> measures; // NaN where a tile has nothing to measure
    double micronsPerPixel = 0;
};

struct CaptionResult {
    std::vector<CaptionedTile> tiles;
    Json protocol; // "phloxine-captions/1": thresholds, token counts, grammar, what was dropped or rewritten
};

// Error(WrongUse | NotFound | Corrupt | ...) where the set, a table or a pattern cannot be used; a report that cannot be is listed in the
// protocol, and its tiles go without a summary.
CaptionResult captionSet(const CaptionRequest& request, const ProgressHook& progress = {});

// metadata.jsonl, and beside it NAME.protocol.json. Never overwrites: Error(Exists). Paths are relative to the file.
void requireCaptionPlace(const std::filesystem::path& out); // asked before the work
void writeCaptions(const CaptionResult& result, const std::filesystem::path& out);

} // namespace phloxine
