#include "ui/library/read_tile.h"

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "core/image/ImageFile.h"
#include "ui/viewer/TilePyramid.h"

namespace phloxine::ui {

ReadTile readTile(const Project& project, const phloxine::TileRecord& tile) {
    ReadTile read;
    try {
        const auto file = project.fileOf(tile);
        const Image image = readPng(file).image;
        read.record.image = toQImage(image);
        read.record.scale = image.scale;
        read.record.request = requestFromPng(file);
        read.record.file = QString::fromStdString(file.string());
    } catch (const Error& e) { read.problem = QString::fromStdString(e.what()); }
    return read;
}

} // namespace phloxine::ui
