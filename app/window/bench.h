#pragma once

namespace phloxine {

// `phloxine-window --bench viewer [SLIDE...]` or `--bench gallery PROJECT TILES`: what the window costs, as rows of JSON on stdout. For
// `phloxine bench`, which prints them.
bool asksForBench(int argc, char** argv);
int runBench(int argc, char** argv); // the exit code

} // namespace phloxine
