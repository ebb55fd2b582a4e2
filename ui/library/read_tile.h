#pragma once
// A tile of the library with its request and its picture, from its file.
#include "core/project/Project.h"
#include "ui/bridge/TileRecord.h"

namespace phloxine::ui {

struct ReadTile {
    TileRecord record;
    QString problem; // why it could not be read
};
ReadTile readTile(const Project& project, const phloxine::TileRecord& tile); // on the project's thread

} // namespace phloxine::ui
