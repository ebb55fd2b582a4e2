#pragma once
// Internal to core/bench: from measurements to rows.
#include "core/bench/bench.h"

namespace phloxine {

BenchResult resultOf(const std::string& name, std::vector<double> seconds, const std::string& note, double flop = 0);
BenchResult rowOf(const Json& row); // of another process; what it does not state is 0

// What a command printed: JSON. Its arguments come through the environment and are never pasted into the shell's text. Error(Internal)
// with the first line of its complaints where it fails.
Json outputOf(const std::string& command);
// What the window program beside `options.program` measures: `arguments` of its --bench.
std::vector<BenchResult> windowRows(const BenchOptions& options, const std::vector<std::string>& arguments);

} // namespace phloxine
