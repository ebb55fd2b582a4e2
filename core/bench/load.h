#pragma once
#include "core/bench/bench.h"

namespace phloxine {

// A file of the size of PathLDM and one of the size of Stable Diffusion 1, made of formula weights in fp16, opened in bf16 and in fp32.
std::vector<BenchResult> benchLoad(const BenchOptions& options);

} // namespace phloxine
