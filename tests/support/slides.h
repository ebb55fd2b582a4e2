#pragma once
#include <filesystem>
#include <string>

#include "core/base/Files.h"

namespace phloxine {

inline std::filesystem::path smallSlide() {
    return std::filesystem::path(PHLOXINE_TEST_DATA) / "../../resources/slides/CMU-1-Small-Region.svs";
}
inline std::filesystem::path dicomSlide() { return std::filesystem::path(PHLOXINE_TEST_DATA) / "camelyon-multiframe.dcm"; }

// The small slide with the picture data of one of its tiles (in file order) overwritten: it opens, and that tile cannot be decoded.
// Aperio tiles are bare JPEG streams that begin with the start-of-image marker.
inline std::string slideWithBadTile(int tile) {
    std::string bytes = readFile(smallSlide());
    const std::string start = "\xff\xd8\xff";
    std::size_t at = bytes.find(start);
    for (int i = 0; i < tile; ++i) at = bytes.find(start, at + 1);
    return bytes.replace(at, 40, std::string(40, 'x'));
}

} // namespace phloxine
