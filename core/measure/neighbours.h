#pragma once
// What a model folder carries of its training tiles (neighbours.safetensors), so that copies can be looked for without the tiles: a
// fingerprint of each by the embedded encoder, numbers of groups, and the limit. No pixel can be made of them.
#include <filesystem>

#include "core/base/Progress.h"
#include "core/measure/CompareRequest.h"

namespace phloxine {

inline constexpr const char* neighboursFile = "neighbours.safetensors";

struct NeighboursSummary {
    int tiles = 0, groups = 0;             // of the training set
    int calibrationGroups = 0, alarms = 0; // of real tiles that trained nothing
};

// Never overwrites `out`. `heldOut`: real tiles of groups that are not in the training set. Error(WrongUse | Exists | ...)
NeighboursSummary writeNeighbours(const SetChoice& training, const SetChoice& heldOut, const std::filesystem::path& out,
                                  const ProgressHook& progress = {});

} // namespace phloxine
