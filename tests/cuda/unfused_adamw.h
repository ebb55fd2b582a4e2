#pragma once
#include "core/train/adamw_kernel.h"

namespace phloxine {

void unfusedAdamwUpdate(const AdamwStep& step, const NarrowBlock& block);

} // namespace phloxine
