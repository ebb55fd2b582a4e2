#pragma once
// A number as Phloxine reports it: with its interval, what it is on real tiles against real tiles, and how many groups it rests on.
#include <limits>
#include <string>

namespace phloxine {

struct Estimate {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN(); // where a number cannot be given
    double value = none;
    double low = none, high = none;         // 95 % interval over groups (field, slide or patient), never over tiles
    double realLow = none, realHigh = none; // the same measure between halves of the real set, by group: its 95 % range ...
    double realAgainstReal = none;          // ... and its median
    int tiles = 0, groups = 0;              // of the smaller set
    std::string method;                     // of the interval: "delete-group jackknife, 38 groups"
};

} // namespace phloxine
