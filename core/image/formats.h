#pragma once
// Internal to core/image: one reader per file format, and the size limits that all of them keep.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/image/Image.h"

namespace phloxine {

// At most 65536 pixels a side and 1 GiB as RGBA: more is a broken header or a slide. Error(Unsupported).
void requireImageSize(std::uint64_t width, std::uint64_t height, const std::string& name);

constexpr std::uint64_t imageFileLimitBytes = 1u << 30;

Image decodeJpeg(std::string_view bytes, const std::string& name); // Error(Corrupt | Truncated | Unsupported)
Image readTiff(const std::filesystem::path& path);                 // first page. Error(Corrupt | Unsupported)

} // namespace phloxine
