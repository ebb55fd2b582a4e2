#pragma once
// Trainings that were opened or begun here, the last one first, with the data that each was given: a run folder holds no path outside
// itself, so these stay in the settings of the window.
#include <vector>

#include <QString>

#include "ui/train/recipes.h"

namespace phloxine::ui {

struct RecentRun {
    QString folder, data, captions;
};
std::vector<RecentRun> recentRuns();
void rememberRecentRun(const RecentRun& run); // keeps what is known of it where `run` says nothing
RecentRun recentRun(const QString& folder);   // without data where it is not known

// How fast this machine trained a network at a batch and precision, in images a second; 0 where it never did.
double knownSpeed(const Recipe& recipe);
void rememberSpeed(const Recipe& recipe, double imagesPerSecond);

} // namespace phloxine::ui
