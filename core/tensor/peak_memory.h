#pragma once
#include <cstdint>

namespace phloxine {

std::uint64_t peakMemoryBytes();     // largest resident size of this process so far
std::uint64_t residentMemoryBytes(); // resident size now
void resetPeakMemory();              // gives freed memory back; the peak counts from here, where Linux allows it

} // namespace phloxine
