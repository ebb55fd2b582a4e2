#pragma once

namespace phloxine::ui {

void describeGalleryToReaders(); // a list of tiles to a screen reader; once for the program

} // namespace phloxine::ui
