#pragma once
// PNG (libspng, with iTXt), JPEG (libjpeg-turbo) and TIFF (libtiff) files. Input is data from strangers: sizes are checked before
// allocation.
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/Files.h"
#include "core/image/Image.h"

namespace phloxine {

struct TextChunk {
    std::string keyword, text; // UTF-8, stored as iTXt
    bool operator==(const TextChunk&) const = default;
};

struct PngFile {
    Image image; // 16-bit, grey, palette and alpha are converted (alpha over white)
    std::vector<TextChunk> texts;
};

std::string encodePng(const Image& image, const std::vector<TextChunk>& texts = {}); // pHYs is written when the scale is known
PngFile decodePng(std::string_view bytes, const std::string& name);                  // Error(Corrupt | Truncated | Unsupported)

void writePng(const std::filesystem::path& path, const Image& image, const std::vector<TextChunk>& texts = {},
              IfExists ifExists = IfExists::Fail);
PngFile readPng(const std::filesystem::path& path);
std::vector<TextChunk> readPngTexts(const std::filesystem::path& path); // without decoding the pixels

std::string encodeJpeg(const Image& image, int quality = 90); // 4:4:4
Image readImage(const std::filesystem::path& path);           // PNG, JPEG or TIFF, recognised by content. Error(Unsupported) otherwise

} // namespace phloxine
