#pragma once
// Do synthetic tiles help a classifier? What is asked (a value, format phloxine-assess-request/1) and what came out (phloxine-assess/1).
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/base/Progress.h"
#include "core/measure/Estimate.h"
#include "core/measure/TileSet.h"

namespace phloxine {

struct AssessRequest {
    std::filesystem::path real, synthetic; // sets of tiles, one folder per class
    std::string realGroupPattern;          // as in TileSetOptions
    std::vector<int> realGroups; // groups per class to train on and, a quarter, to choose the rate on; one assessment each; 0 or empty: all
                                 // but those for testing
    std::vector<double> ratios = {0.5, 1, 2};   // synthetic tiles per real one
    int seeds = 3;                              // trainings per row; each draws its groups and its first weights anew
    int steps = 300, batch = 64;                // the same for each row
    std::vector<double> rates = {0.001, 0.003}; // tried for each row on real tiles kept for it; the better one is used
    int sizePx = 64;                            // of what the classifier sees
    double testShare = 0.3;                     // of the real groups of each class: what is tested on
    std::uint64_t seed = 1;
    std::int64_t generatorTiles = 0; // real tiles that the generator was trained on; 0: not stated
    std::string generatorWords;      // what it was trained on, in words
};

Json toJson(const AssessRequest& request);
AssessRequest assessRequestFromJson(const Json& json, const std::string& what); // Error(Corrupt | Unsupported | WrongUse)
void validate(const AssessRequest& request);                                    // Error(WrongUse) in one sentence

} // namespace phloxine
