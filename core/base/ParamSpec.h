#pragma once
// One parameter of a table row (sampler, exporter, metric): what the window, the command line, JSON and the documentation show.
#include <string_view>

namespace phloxine {

struct ParamSpec {
    std::string_view id, title;
    double defaultValue = 0, minimum = 0, maximum = 0, step = 0;
    std::string_view unit = {};
};

} // namespace phloxine
