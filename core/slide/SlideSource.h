#pragma once
// A picture too large for memory, with its physical scale. OpenSlide formats (DICOM included), plain image files, and a synthetic slide
// for tests all look like this. One object serves one thread; open another for another thread.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

struct SlideLevel {
    std::int64_t width = 0, height = 0;
    double downsample = 1;
};

struct SlideInfo {
    std::string name;               // file name without folder
    std::string vendor;             // "aperio", "dicom", ..., "image", "synthetic"
    std::vector<SlideLevel> levels; // level 0 first; never empty
    Scale scale;                    // of level 0
    double objectivePower = 0;      // 0 = not stated
    std::int64_t width() const { return levels.front().width; }
    std::int64_t height() const { return levels.front().height; }
};

class SlideSource {
public:
    virtual ~SlideSource() = default;
    virtual const SlideInfo& info() const = 0;

    // `width` x `height` pixels of `level`; (x, y) is the top left corner in level-0 pixels. Parts outside the slide are white.
    // A tile that cannot be decoded is filled with light grey hatching, counted in unreadableReads(), and the slide stays usable.
    // Throws Error(NotFound) when the file is gone, Error(OutOfMemory) for absurd sizes.
    virtual Image read(int level, std::int64_t x, std::int64_t y, int width, int height) = 0;
    virtual int unreadableReads() const { return 0; }
    virtual std::int64_t hatchedPixels() const { return 0; } // over all reads so far: it grows with each read that touches a bad tile

    // The ICC profile that the scanner wrote into the file, as it lies there and not checked (ColourProfile does that); empty: none.
    virtual std::vector<std::uint8_t> iccProfile() { return {}; }

    // Pictures that the scanner stored beside the slide: "thumbnail", "macro", "label". A label, and a macro that shows it, may name the
    // patient: for looking on demand alone, never kept, exported or measured.
    virtual std::vector<std::string> associatedImages() { return {}; }
    virtual Image associatedImage(const std::string& name); // Error(NotFound) for a name that is none of them, Error(Corrupt)
};

// Recognises the file by content. Error(NotFound | Unsupported "not a slide or an image" | Corrupt).
std::unique_ptr<SlideSource> openSlide(const std::filesystem::path& path);

// The same slide with a scale that its file does not state, or states wrongly.
std::unique_ptr<SlideSource> withScale(std::unique_ptr<SlideSource> slide, Scale scale);

// Deterministic tissue-like pattern of any size, computed on demand; levels down to about 1024 px. Microns per pixel 0.25.
std::unique_ptr<SlideSource> syntheticSlide(std::int64_t width, std::int64_t height, std::uint64_t seed = 1);

// A region for export, metrics and side-by-side viewing: read at level 0 and area-reduced, because reads of higher levels off their grid
// blur. (x, y) level-0 pixels; result outWidth x outHeight at `micronsPerPixel`. Error(WrongUse) when the slide's scale is unknown.
Image readRegion(SlideSource& slide, std::int64_t x, std::int64_t y, int outWidth, int outHeight, double micronsPerPixel);

// The whole slide as a picture that fits into maxWidth x maxHeight.
Image overview(SlideSource& slide, int maxWidth, int maxHeight);

} // namespace phloxine
