#pragma once
#include <filesystem>

#include "core/bench/bench.h"

namespace phloxine {

// A made project: so many rows in the library, and in tiles/ as many names of four pictures of 256 x 256 without provenance. Links, because
// a hundred thousand files of their own would measure the disk.
void makeLibrary(const std::filesystem::path& folder, int tiles);

std::vector<BenchResult> benchLibrary(const BenchOptions& options); // a project of 100,000 tiles: opening, finding, marking

} // namespace phloxine
