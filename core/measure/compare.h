#pragma once
// Runs a comparison: one pass over each set for what is measured tile by tile, then the measures between sets.
#include <functional>

#include "core/base/Progress.h"
#include "core/measure/CompareReport.h"
#include "core/measure/CompareRequest.h"

namespace phloxine {

// Networks run on the device: auto, cpu, cuda, cuda:1. Needs the thread that owns the tensors. What is wrong with single tiles or with one
// measure is in the report; Error for what leaves nothing to compare (no set, an unreadable metadata.jsonl, fewer than two tiles).
CompareReport compare(const CompareRequest& request, const ProgressHook& progress = {}, const std::string& device = "cpu");

} // namespace phloxine
