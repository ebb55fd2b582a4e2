#pragma once
// The states of a run on disk: RUN/checkpoints/<images>/ with weights, optimiser and a state.json that names their hashes. A state is
// there as a whole or not at all; the last two are kept, so that a broken one costs an interval and not the run.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/Json.h"
#include "core/tensor/Weights.h"

namespace phloxine {

struct RunState {
    std::int64_t step = 0, images = 0; // done so far
    int threads = 0;
    std::string precision, device;
    Weights masters, optimiser;
};

void saveRunState(const std::filesystem::path& run, const RunState& state); // nothing happens where it is there already
// The newest state that is whole; each broken one is told to `notice` in one sentence and passed over. Nothing where there is none.
std::optional<RunState> newestRunState(const std::filesystem::path& run, const std::function<void(const std::string&)>& notice);

// RUN/log.jsonl: one row a step.
void appendLog(const std::filesystem::path& run, const Json& row);
void cutLog(const std::filesystem::path& run, std::int64_t step); // drops rows after `step`, and a half-written one

} // namespace phloxine
