#pragma once
// Trainings that were opened or begun here, the last one first, with the data that each was given: a run folder holds no path outside
// itself, so these stay in the settings of the window.
#include <vector>

#include <QString>

namespace phloxine::ui {

struct RecentRun {
    QString folder, data, captions;
};
std::vector<RecentRun> recentRuns();
void rememberRecentRun(const RecentRun& run); // keeps what is known of it where `run` says nothing
RecentRun recentRun(const QString& folder);   // without data where it is not known

} // namespace phloxine::ui
