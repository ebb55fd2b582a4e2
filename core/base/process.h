#pragma once

namespace phloxine {

// Idle OpenMP threads of the default runtime spin at barriers; beside any other busy program that makes small networks several times slower
// (measured on two cores: a tile in 3.1 s instead of 0.45 s). The runtime reads its setting when it is loaded, so this starts the program again with it,
// once, unless the user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT. The first call of main().
void waitPassively(char** argv);

} // namespace phloxine
