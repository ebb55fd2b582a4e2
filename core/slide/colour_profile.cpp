#include "core/slide/colour_profile.h"

#include <vector>

#include <lcms2.h>
#include <openslide.h>

#include "core/base/Error.h"

// OpenSlide 4.0 calls that the header of 3.4.1 does not declare.
extern "C" {
int64_t openslide_get_icc_profile_size(openslide_t* slide);
void openslide_read_icc_profile(openslide_t* slide, void* bytes);
}

namespace phloxine {

namespace {

constexpr std::int64_t largestProfile = 16 << 20;

struct CloseProfile {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using Profile = std::unique_ptr<void, CloseProfile>;

struct CloseSlide {
    void operator()(openslide_t* slide) const { openslide_close(slide); }
};

} // namespace

struct ColourProfile::Transform {
    cmsHTRANSFORM handle;
    ~Transform() { cmsDeleteTransform(handle); }
};

ColourProfile::ColourProfile(std::span<const std::uint8_t> icc) {
    const Error bad(ErrorCode::Corrupt,
                    "The colour profile of this slide is damaged or not one of RGB pictures; its colours are shown as they are.");
    const Profile from(cmsOpenProfileFromMem(icc.data(), cmsUInt32Number(icc.size()))), to(cmsCreate_sRGBProfile());
    if (!from || !to || cmsGetColorSpace(from.get()) != cmsSigRgbData) throw bad;
    // Without the cache of the last pixel, so that several threads may share it.
    const auto handle =
        cmsCreateTransform(from.get(), TYPE_BGRA_8, to.get(), TYPE_BGRA_8, INTENT_PERCEPTUAL, cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA);
    if (!handle) throw bad;
    m_transform.reset(new Transform{handle});
}

ColourProfile::~ColourProfile() = default;

void ColourProfile::toSrgb(std::uint8_t* bgrx, std::size_t pixels) const {
    cmsDoTransform(m_transform->handle, bgrx, bgrx, cmsUInt32Number(pixels));
}

std::unique_ptr<const ColourProfile> colourProfileOf(const std::filesystem::path& path) {
    const std::unique_ptr<openslide_t, CloseSlide> slide(openslide_open(path.c_str()));
    if (!slide || openslide_get_error(slide.get())) return nullptr; // opening it says so
    const std::int64_t size = openslide_get_icc_profile_size(slide.get());
    if (size <= 0 || size > largestProfile) return nullptr;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    openslide_read_icc_profile(slide.get(), bytes.data());
    if (openslide_get_error(slide.get())) return nullptr;
    return std::make_unique<ColourProfile>(bytes);
}

} // namespace phloxine
