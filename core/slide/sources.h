#pragma once
// Internal to core/slide: the sources that openSlide() chooses from, in this order.
#include <filesystem>
#include <memory>

#include "core/slide/SlideSource.h"

namespace phloxine {

// nullptr when OpenSlide does not know the format; Error(Corrupt) when it does but the file is broken.
std::unique_ptr<SlideSource> openSlideFormat(const std::filesystem::path& path);

// A plain image held in memory, with levels halved down to about 1024 px. Throws what readImage() throws.
std::unique_ptr<SlideSource> openImageFormat(const std::filesystem::path& path);

// An image of one read, black: Error(OutOfMemory) for a size that no screen and no export can want; Error(WrongUse) for a bad level.
Image emptyRead(const SlideInfo& info, int level, int width, int height);
Image blankRead(const SlideInfo& info, int level, int width, int height); // the same in white

// One number of a slide file: finite, positive, written with a point whatever the locale. 0 when it is not.
double positiveNumber(const char* text);

} // namespace phloxine
