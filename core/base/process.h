#pragma once
#include <chrono>
#include <cstddef>
#include <string>

namespace phloxine {

// Idle OpenMP threads spin at barriers for milliseconds by default; beside other busy programs that makes small networks several times
// slower (a tile of the embedded model on two busy cores: 3.1 s instead of 0.5 s). Never to spin costs as much on idle cores (0.45 s
// instead of 0.18 s). This sets a short spin in the environment unless the user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT; true if it did.
bool chooseSpinning();
// The runtime reads its setting when it is loaded, so a program that has it loaded starts itself again, once. The first call of main().
void limitSpinning(char** argv);

struct CommandOutcome {
    int exitCode = -1;     // 128 + the signal where one ended it
    bool timedOut = false; // it was stopped, with all that it had started
    bool tooMuch = false;  // it wrote more than was allowed and was stopped
    std::string out, err;  // err: its first 4 kB
};

// Runs a command line of the user's in /bin/sh with `input` on its standard input. Error(Internal) when no process can be started.
CommandOutcome runCommand(const std::string& commandLine, const std::string& input, std::chrono::milliseconds limit,
                          std::size_t mostBytes = 1 << 20);

} // namespace phloxine
