#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <vector>

#include <tiffio.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/image/formats.h"

namespace phloxine {

namespace {

struct Problem {
    char message[256] = {};
};

int keepFirstMessage(TIFF*, void* data, const char*, const char* format, va_list arguments) {
    auto* problem = static_cast<Problem*>(data);
    if (problem->message[0] == 0) std::vsnprintf(problem->message, sizeof problem->message, format, arguments);
    return 1; // handled: nothing goes to stderr
}

int ignoreMessage(TIFF*, void*, const char*, const char*, va_list) { return 1; }

using Handle = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

Handle openTiff(const std::filesystem::path& path, Problem& problem) {
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), tmsize_t(1) << 30);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &keepFirstMessage, &problem);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &ignoreMessage, nullptr);
    return {TIFFOpenExt(path.c_str(), "r", options.get()), &TIFFClose};
}

// The resolution tags are often those of a printer (72 dpi = 353 um); only what a microscope can give is believed.
Scale scaleFromTags(TIFF* tiff) {
    float perUnit = 0;
    std::uint16_t unit = 0;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &perUnit) != 1 || !(perUnit > 0)) return {};
    const double unitMicrons = unit == RESUNIT_CENTIMETER ? 10000 : unit == RESUNIT_INCH ? 25400 : 0;
    const double microns = unitMicrons / perUnit;
    if (microns < 0.05 || microns > 20) return {};
    return {microns, ScaleSource::Tags};
}

} // namespace

Image readTiff(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    Problem problem;
    const auto corrupt = [&] {
        return Error(ErrorCode::Corrupt, name + " is not a usable TIFF (" + problem.message + ").", problem.message);
    };
    const Handle tiff = openTiff(path, problem);
    if (!tiff) throw corrupt();
    std::uint32_t width = 0, height = 0;
    TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height);
    requireImageSize(width, height, name);
    char why[1024] = {};
    if (!TIFFRGBAImageOK(tiff.get(), why)) throw Error(ErrorCode::Unsupported, name + " is a TIFF of a kind that cannot be read.", why);

    std::vector<std::uint32_t> raster(std::size_t(width) * height);
    if (!TIFFReadRGBAImageOriented(tiff.get(), width, height, raster.data(), ORIENTATION_TOPLEFT, 1)) throw corrupt();
    Image image = Image(int(width), int(height));
    std::uint8_t* out = image.rgb.data();
    for (const std::uint32_t abgr : raster) { // colours are multiplied by alpha: over white means adding what is missing
        const unsigned white = 255 - TIFFGetA(abgr);
        *out++ = std::uint8_t(std::min(255u, TIFFGetR(abgr) + white));
        *out++ = std::uint8_t(std::min(255u, TIFFGetG(abgr) + white));
        *out++ = std::uint8_t(std::min(255u, TIFFGetB(abgr) + white));
    }
    image.scale = scaleFromTags(tiff.get());
    return image;
}

} // namespace phloxine
