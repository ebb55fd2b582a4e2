#pragma once
#include <functional>
#include <string>

namespace phloxine {

struct Progress {
    std::string stage;   // "Loading the model", "Tile 3 of 8", ...
    double fraction = 0; // of the whole job, 0..1
};

// Called between units of work. Stopping is done by throwing Cancelled from it.
using ProgressHook = std::function<void(const Progress&)>;

} // namespace phloxine
