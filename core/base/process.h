#pragma once

namespace phloxine {

// Idle OpenMP threads spin at barriers for milliseconds by default; beside other busy programs that makes small networks several times
// slower (a tile of the embedded model on two busy cores: 3.1 s instead of 0.5 s). Never to spin costs as much on idle cores (0.45 s
// instead of 0.18 s). The runtime reads its setting when it is loaded, so this starts the program again with a short spin, once, unless the
// user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT. The first call of main().
void limitSpinning(char** argv);

} // namespace phloxine
