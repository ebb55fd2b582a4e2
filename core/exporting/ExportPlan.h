#pragma once
// An augmentation set: which tiles, which classes, which split. Format phloxine-export/1. Layout of the result: see
// core/exporting/README.md.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/base/Progress.h"
#include "core/generate/Generator.h"

namespace phloxine {

struct ExportItem {
    std::string className;       // folder name, [a-z0-9_-]
    std::string split = "train"; // train, val, test
    GenerateRequest request;     // `count` tiles are generated ...
    std::filesystem::path file;  // ... or, when not empty, this finished tile is copied
};

struct ExportPlan {
    std::string title;
    std::vector<ExportItem> items;
};

Json toJson(const ExportPlan& plan);
ExportPlan exportPlanFromJson(const Json& json, const std::string& what); // Error(Corrupt | WrongUse)
void validate(const ExportPlan& plan, const std::string& what);           // Error(WrongUse) in one sentence

// Sets are described as showing no patient, which nobody can promise of a tile that holds or derives from real pixels. Error(WrongUse).
void requireNoRealPixels(const GenerateRequest& request);

struct ExportHooks {
    ProgressHook progress;                                       // throw Cancelled to stop
    std::function<Tile(const GenerateRequest& single)> makeTile; // makes one tile of a resolved request with count 1
    std::function<GenerateRequest(const GenerateRequest&)> resolve;
    // The card of the model that made a tile, for the data set card; also asked whether its tiles may form data sets. May be empty or throw
    // Error(NotFound) for a model that is not on this machine.
    std::function<ModelCard(const GenerateRequest& resolved)> card;
};

struct ExportResult {
    int written = 0, kept = 0; // tiles made in this run; tiles found from an earlier run and verified by hash
};

// Writes (or goes on writing) the set. Same plan in the same folder = resume; finished = nothing to do; another plan, another program in
// the folder, or a folder with foreign files = Error(Exists | Busy). No partial file ever has a final name.
ExportResult exportSet(const ExportPlan& plan, const std::filesystem::path& folder, const ExportHooks& hooks);

} // namespace phloxine
