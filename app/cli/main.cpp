// `phloxine-commands`: runs a command. `phloxine` starts it, with the same arguments.
#include "app/cli/Command.h"
#include "core/base/process.h"

int main(int argc, char** argv) {
    phloxine::limitSpinning(argv);
    return phloxine::cli::runCommandLine(argc, argv);
}
