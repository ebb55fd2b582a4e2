#include "core/base/process.h"

#include <unistd.h>

#include <cstdlib>

namespace phloxine {

void waitPassively(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv); // on failure the program goes on as it is
}

} // namespace phloxine
