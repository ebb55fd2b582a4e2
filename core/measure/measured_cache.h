#pragma once
// Internal to core/measure: what was measured on a set of tiles, kept on this machine (XDG_CACHE_HOME/phloxine/measured), so that a real
// set is read once for many comparisons. Known by what was measured: the bytes, groups and classes of the tiles, the extractors, the plan
// and the build. Nothing there is needed: a cache that is full, damaged or missing costs time only.
#include <optional>
#include <string>

#include "core/measure/measured_set.h"

namespace phloxine {

SetSummary summaryOf(const TileSet& set, const std::vector<int>& groups, const std::string& contentSha256); // without size and scale
std::string measuredKey(const TileSet& set, const PassPlan& plan);
std::optional<MeasuredSet> rememberedMeasures(const std::string& key, const TileSet& set); // with `set` as it was after the pass
void rememberMeasures(const std::string& key, const MeasuredSet& measured);                // of one scale; the oldest make room

} // namespace phloxine
