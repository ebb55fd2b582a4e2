#pragma once
// From which score on is a tile a near copy? Limits come from real tiles of other groups, which copy nothing.
#include "core/measure/copying/copy_index.h"

namespace phloxine {

// A limit for each detector, each of which may raise a third of the false alarms. Between the median and the upper tenth the scores (after
// Fisher's transform) tell the spread; beyond, the tail is taken for exponential. The largest real scores themselves do not set the limit:
// public sets hold fields that overlap although their groups differ, and a limit above those would let every copy pass.
struct CopyLimit {
    std::array<double, copyDetectors.size()> median{}, spread{}; // spread: from the median to the upper tenth
    double over = 0;                                             // limit = median + over x spread
    double statedRate = 0.01;
    int detectors = int(copyDetectors.size()); // the first ones that looked, among which the rate is shared: 1 where only features are left
    int groups = 0;                            // that it was calibrated on
    int alarms = 0, checked = 0;               // cross-checked: groups whose tile was over the limit of the other half of the groups
    double falseAlarmLow = 0, falseAlarmHigh = 1;  // exact 95 % interval of that rate
    double excess(const CopyScores& scores) const; // in spreads over the limit; over 0: a near copy
    int strongest(const CopyScores& scores) const; // the detector of that excess
    double score(int detector) const;              // at which that detector alone calls a tile a near copy
};
// `scores` of real tiles, with their groups. Error(WrongUse) under 20 groups.
CopyLimit calibrateCopyLimit(const std::vector<CopyScores>& scores, const std::vector<std::string>& groups, double rate = 0.01,
                             int detectors = int(copyDetectors.size()));

} // namespace phloxine
