#include "core/slide/colour_profile.h"

#include <vector>

#include <lcms2.h>

#include "core/base/Error.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

namespace {

struct CloseProfile {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using Profile = std::unique_ptr<void, CloseProfile>;

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

std::unique_ptr<const ColourProfile> colourProfileOf(SlideSource& slide) {
    const auto icc = slide.iccProfile();
    return icc.empty() ? nullptr : std::make_unique<ColourProfile>(icc);
}

} // namespace phloxine
