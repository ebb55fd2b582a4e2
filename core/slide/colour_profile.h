#pragma once
// What the colours of a slide mean, by the ICC profile that its scanner wrote into the file: for looking alone. Models were trained on, and
// measures are taken of, the numbers in the file.
#include <cstdint>
#include <memory>
#include <span>

namespace phloxine {

class SlideSource;

class ColourProfile {
public:
    explicit ColourProfile(std::span<const std::uint8_t> icc); // Error(Corrupt) unless it is a profile of RGB pictures
    ~ColourProfile();
    // To sRGB (ICC, perceptual intent), in place; pixels of four bytes: blue, green, red, and one that stays. Any thread.
    void toSrgb(std::uint8_t* bgrx, std::size_t pixels) const;

private:
    struct Transform;
    std::unique_ptr<Transform> m_transform;
};

// Null where the slide brings none. Error(Corrupt) where what it brings is not one.
std::unique_ptr<const ColourProfile> colourProfileOf(SlideSource& slide);

} // namespace phloxine
