#pragma once
#include <cstdint>

namespace phloxine {

std::uint64_t peakMemoryBytes();     // largest resident size of this process so far
std::uint64_t residentMemoryBytes(); // resident size now

} // namespace phloxine
