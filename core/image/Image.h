#pragma once
// 8-bit RGB pixels in rows, and the physical scale that every image carries.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace phloxine {

// Where a scale comes from; shown next to every scale bar.
enum class ScaleSource { Unknown, Property, Tags, User, Model, Assumed };
std::string_view toString(ScaleSource source);      // "unknown", "property", "tags", "user", "model", "assumed"
ScaleSource scaleSourceFrom(std::string_view word); // unknown words give Unknown

struct Scale {
    double micronsPerPixel = 0; // 0 = not known
    ScaleSource source = ScaleSource::Unknown;
    bool known() const { return micronsPerPixel > 0; }
    bool operator==(const Scale&) const = default;
};

struct Image {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb; // [h, w, 3], row by row without padding
    Scale scale;

    Image() = default;
    Image(int width, int height) : width(width), height(height), rgb(std::size_t(width) * height * 3) {}
    bool empty() const { return rgb.empty(); }
    std::uint8_t* pixel(int x, int y) { return rgb.data() + (std::size_t(y) * width + x) * 3; }
    const std::uint8_t* pixel(int x, int y) const { return rgb.data() + (std::size_t(y) * width + x) * 3; }
    bool operator==(const Image& other) const { return width == other.width && height == other.height && rgb == other.rgb; } // pixels only
};

// Area-weighted mean (each output pixel covers width/outWidth x height/outHeight input pixels); enlarging is bilinear.
Image resized(const Image& image, int outWidth, int outHeight);

// Copies `source` into `target` with its top left corner at (x, y), clipped.
void paste(Image& target, const Image& source, int x, int y);
void fill(Image& target, int x, int y, int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b);

// One line of ASCII text, `height` px tall, its baseline at y; for contact sheets.
void drawText(Image& target, int x, int baseline, const char* text, int height);

} // namespace phloxine
