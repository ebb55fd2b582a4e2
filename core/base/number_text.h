#pragma once
// Numbers as sentences show them.
#include <cstdio>
#include <string>

namespace phloxine {

inline std::string twoDigits(double value) { // behind the point
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

} // namespace phloxine
