#pragma once
// What the finished runs of a study say together: means with intervals, the table, and sentences composed from the numbers.
#include "core/study/study_arm.h"

namespace phloxine {

// A mean over seeds, and what other seeds would give (95 %): the spread is pooled over all arms, because a few seeds of one arm say little.
struct SeedMean {
    double value = ArmResult::none, low = ArmResult::none, high = ArmResult::none;
    int n = 0;
};

struct ArmRow {
    StudyArm arm;
    std::vector<ArmResult> results; // by seed
    SeedMean kid, kidInClass, fid, loss;
    double kidLow = ArmResult::none, kidHigh = ArmResult::none; // mean over seeds of the interval over held-out groups
    double imagesPerSecond = ArmResult::none, peakBytes = ArmResult::none, tokens = ArmResult::none, facts = ArmResult::none;
};

struct StudyTable {
    std::vector<ArmRow> rows;  // of arms with a result, in the order of the study
    int planned = 0, done = 0; // runs
};
StudyTable tableOf(const CaptionStudy& study, const std::vector<ArmResult>& results);

// The mean difference b - a of a measure over the seeds that both have, with its 95 % interval by the pooled spread of differences.
SeedMean difference(const StudyTable& table, const std::string& a, const std::string& b, double ArmResult::*measure);

// One paragraph: whether text is read, what length and number of statements do, what it costs, and what the study cannot say.
std::string studyParagraph(const CaptionStudy& study, const StudyTable& table);

// study.json, table.csv, report.md, report.html; replaces those of before.
void writeStudyReport(const CaptionStudy& study, const StudyTable& table, const TrainingSet& set, const std::filesystem::path& folder);

} // namespace phloxine
