#include "core/base/process.h"

#include <unistd.h>

#include <cstdlib>

namespace phloxine {

void limitSpinning(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
    setenv("GOMP_SPINCOUNT", "30000", 1);
    execv("/proc/self/exe", argv); // on failure the program goes on as it is
}

} // namespace phloxine
