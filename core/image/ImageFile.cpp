#include "core/image/ImageFile.h"

#include <cerrno>
#include <fstream>

#include "core/base/Error.h"
#include "core/image/formats.h"

namespace phloxine {

using namespace std::string_view_literals;

void requireImageSize(std::uint64_t width, std::uint64_t height, const std::string& name) {
    if (width < 1 || height < 1) throw Error(ErrorCode::Corrupt, name + " is not a usable image: it states no size.");
    if (width > 65536 || height > 65536 || width * height * 4 > (1u << 30))
        throw Error(ErrorCode::Unsupported, name + " is too large to be read as one image (" + std::to_string(width) + " x " +
                                                std::to_string(height) + " pixels). Convert it to a tiled slide format.");
}

Image readImage(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    std::error_code error;
    if (!std::filesystem::exists(path, error)) throwFileError(ENOENT, "open", path);
    if (!std::filesystem::is_regular_file(path, error))
        throw Error(ErrorCode::Unsupported, name + " is not an image: it is a folder or another special file.");
    char first[16] = {};
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throwFileError(errno, "open", path);
    stream.read(first, sizeof first);
    const std::string_view magic(first, std::size_t(stream.gcount()));
    if (magic.empty()) throw Error(ErrorCode::Unsupported, name + " is empty.");
    if (magic.starts_with("\x89PNG\r\n\x1a\n"sv)) return decodePng(readFile(path, imageFileLimitBytes), name).image;
    if (magic.starts_with("\xff\xd8\xff"sv)) return decodeJpeg(readFile(path, imageFileLimitBytes), name);
    for (const std::string_view tiff : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
        if (magic.starts_with(tiff)) return readTiff(path);
    throw Error(ErrorCode::Unsupported, name + " is not a PNG, JPEG or TIFF image.");
}

} // namespace phloxine
