#pragma once
#include <cstdint>
#include <exception>
#include <optional>

#include "core/base/Error.h"

namespace phloxine {

std::uint64_t peakMemoryBytes();     // largest resident size of this process so far
std::uint64_t residentMemoryBytes(); // resident size now
void giveBackUnusedMemory();         // what Torch and the allocator keep for later, of a GPU too
void resetPeakMemory();              // after that the peak counts from here, where Linux allows it

// Whether an exception says that memory was full. Torch says it in three ways: a GPU's allocator by a type of its own, the CPU's by a
// plain c10::Error whose text names the allocator, everything else by bad_alloc.
bool tellsOfFullMemory(const std::exception& error);
// What a library threw because memory was full or a GPU failed in the middle of its work, as a sentence of ours; else nothing.
std::optional<Error> deviceFault(const std::exception& error);

} // namespace phloxine
