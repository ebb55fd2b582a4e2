#pragma once
// A tiled TIFF of one grey with the ICC profile of a scanner of this gamma, its primaries those of sRGB. Needs libtiff and Little CMS.
#include <filesystem>
#include <vector>

#include <lcms2.h>
#include <tiffio.h>

namespace phloxine {

inline std::vector<std::uint8_t> profileOfGamma(double gamma) {
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    cmsToneCurve* curve = cmsBuildGamma(nullptr, gamma);
    cmsToneCurve* curves[] = {curve, curve, curve};
    const cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile, nullptr, &size);
    std::vector<std::uint8_t> bytes(size);
    cmsSaveProfileToMem(profile, bytes.data(), &size);
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    return bytes;
}

inline void writeProfiledSlide(const std::filesystem::path& file, std::uint8_t grey, const std::vector<std::uint8_t>& profile) {
    constexpr std::uint32_t side = 1024, tile = 256;
    TIFF* out = TIFFOpen(file.c_str(), "w");
    for (const auto& [tag, value] :
         {std::pair{TIFFTAG_IMAGEWIDTH, side}, {TIFFTAG_IMAGELENGTH, side}, {TIFFTAG_TILEWIDTH, tile}, {TIFFTAG_TILELENGTH, tile}})
        TIFFSetField(out, std::uint32_t(tag), value);
    for (const auto& [tag, value] : {std::pair{TIFFTAG_BITSPERSAMPLE, 8},
                                     {TIFFTAG_SAMPLESPERPIXEL, 3},
                                     {TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB},
                                     {TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG}})
        TIFFSetField(out, std::uint32_t(tag), value);
    if (!profile.empty()) TIFFSetField(out, TIFFTAG_ICCPROFILE, std::uint32_t(profile.size()), profile.data());
    std::vector<std::uint8_t> pixels(std::size_t(3) * tile * tile, grey);
    for (std::uint32_t n = 0; n < (side / tile) * (side / tile); ++n) TIFFWriteEncodedTile(out, n, pixels.data(), tmsize_t(pixels.size()));
    TIFFClose(out);
}

} // namespace phloxine
