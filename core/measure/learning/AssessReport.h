#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/measure/learning/AssessRequest.h"

namespace phloxine {

struct AssessRow {
    std::string arm, title;            // "real", "real+augmentation", "real+synthetic", "real+synthetic+augmentation"
    int realGroups = 0, realTiles = 0; // per training, over all classes
    int syntheticTiles = 0;
    double ratio = 0;                    // asked for; 0 without synthetic tiles
    double rate = 0;                     // that was chosen
    std::vector<double> accuracies;      // balanced, per training seed
    double accuracy = 0;                 // their mean
    Estimate overReal, overAugmentation; // gain in balanced accuracy; without a value in the row itself
    std::vector<std::string> remarks;    // what makes the row less than it seems
};

struct AssessReport {
    AssessRequest request;
    std::vector<std::string> classes;
    int testTiles = 0, testGroups = 0, syntheticTiles = 0;
    bool groupsKnown = true;
    std::vector<AssessRow> rows;
    std::vector<std::string> remarks;
    double seconds = 0;
};

Json toJson(const AssessReport& report);
std::string toCsv(const AssessReport& report);

// Trains and tests every row. Error(WrongUse) in one sentence: an empty set, one class, too few groups, a class that one set lacks.
AssessReport assess(const AssessRequest& request, const ProgressHook& progress = {}, const std::string& device = "cpu");

// The same, and writes assess.json and assess.csv into `folder`; refuses before the work when they are there. Error(Exists).
AssessReport assessInto(const AssessRequest& request, const std::filesystem::path& folder, const ProgressHook& progress = {},
                        const std::string& device = "cpu");

} // namespace phloxine
