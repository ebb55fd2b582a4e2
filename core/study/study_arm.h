#pragma once
// One arm of a study with one seed: its training in a run folder, the tiles of its model, and how far they are from held-out tiles.
#include <limits>
#include <optional>

#include "core/measure/distances/feature_nets.h"
#include "core/measure/distances/features.h"
#include "core/study/study_text.h"

namespace phloxine {

struct ArmResult {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();
    std::string arm;
    std::uint64_t seed = 0;
    int tiles = 0, realTiles = 0, realGroups = 0;
    double tokens = none, facts = none;                           // means of the captions
    double kid = none, kidLow = none, kidHigh = none;             // 95 % over groups of held-out tiles
    double kidReal = none, kidRealLow = none, kidRealHigh = none; // between halves of the held-out groups
    double kidInClass = none;                                     // mean over classes
    double fid = none, fidReal = none;
    double loss = none;            // held-out, with the arm's captions
    double imagesPerSecond = none; // median over the steps
    double peakBytes = none;       // most that Torch held at once while this arm trained
};
Json toJson(const ArmResult& result);
ArmResult armResultFromJson(const Json& json); // Error(Corrupt)

// Held-out tiles to measure against, equally many of each class, and their features.
struct StudyReference {
    std::vector<int> rows; // of the set, class by class
    FeatureSet features;
    std::vector<int> classes; // of each
};
StudyReference studyReference(const TrainingSet& set, const FeatureNet& net, int tileSizePx, const ProgressHook& progress);

struct StudyPlace {
    std::filesystem::path data, folder; // the tiles; the study
    std::filesystem::path armFolder(const StudyArm& arm) const { return folder / "arms" / arm.id; }
    std::filesystem::path runFolder(const StudyArm& arm, std::uint64_t seed) const {
        return armFolder(arm) / ("seed-" + std::to_string(seed));
    }
};

// What RUN/result.json says; nothing where the run is not finished.
std::optional<ArmResult> finishedArm(const StudyPlace& place, const StudyArm& arm, std::uint64_t seed);

// Trains (or goes on), generates, measures, and writes result.json.
ArmResult runArm(const CaptionStudy& study, const StudyArm& arm, std::uint64_t seed, const StudyPlace& place, const TrainingSet& set,
                 const std::vector<TileFacts>& facts, const StudyReference& reference, const FeatureNet& net, const StudyHooks& hooks);

} // namespace phloxine
