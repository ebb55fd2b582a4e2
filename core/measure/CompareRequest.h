#pragma once
// What to compare: a real set, synthetic sets of any generators, and how. A value: the argument of the command line, the job in the queue,
// and the protocol that the report prints.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/Json.h"

namespace phloxine {

struct SetChoice {
    std::string name; // shown in reports; empty = the folder's name
    std::filesystem::path path;
    std::string groupPattern; // see TileSetOptions
    bool operator==(const SetChoice&) const = default;
};

struct CompareRequest {
    SetChoice real;
    std::vector<SetChoice> synthetic;                   // one or more, ranked in one table
    SetChoice training;                                 // where copies are looked for; an empty path = in the real set
    std::vector<std::string> metrics;                   // ids of metricGroups(); empty = all
    std::vector<std::string> extractors = {"embedded"}; // "embedded", "inception:FILE[:resize]", "torchscript:FILE"
    std::filesystem::path calibration;                  // clicked nuclei, phloxine-nuclei-calibration/1; may be empty
    std::string stain = "fixed"; // "macenko": one matrix for both arms, estimated on the real set; never one per arm or tile
    std::uint64_t seed = 1;
    int steps = 600; // of the training of each judge
    bool operator==(const CompareRequest&) const = default;
};

struct MetricGroup {
    std::string id, title;
};
const std::vector<MetricGroup>& metricGroups(); // distances, tissue, copying, adherence, cues

Json toJson(const CompareRequest& request);
CompareRequest compareRequestFromJson(const Json& json, const std::string& what); // Error(Corrupt | WrongUse)
void validate(const CompareRequest& request);                                     // Error(WrongUse) in one sentence

} // namespace phloxine
