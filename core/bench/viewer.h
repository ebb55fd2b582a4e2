#pragma once
#include "core/bench/bench.h"

namespace phloxine {

// The pane of the slide on a synthetic slide of 100,000 x 100,000 pixels, on the sample slide and on `options.slides`; then random reads of
// 256 x 256 pixels of level 0 by 1 to 4 threads, a source each, beside openslide-python where `options.python` has it.
std::vector<BenchResult> benchViewer(const BenchOptions& options);

} // namespace phloxine
