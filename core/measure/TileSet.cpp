#include "core/measure/TileSet.h"

#include <nlohmann/json.hpp>

namespace phloxine {
} // namespace phloxine
