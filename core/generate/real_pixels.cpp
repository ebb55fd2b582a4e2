#include "core/generate/real_pixels.h"

#include <algorithm>
#include <cmath>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/base/keyed_hash.h"
#include "core/image/ImageFile.h"

namespace phloxine {

namespace {

constexpr int canvasStepPx = 64; // a multiple of the factor of every autoencoder

std::string threeDigits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

int canvasSide(double wantedPx, int tilePx) {
    if (wantedPx <= tilePx + 1e-6) return tilePx;
    return int(std::min(std::ceil(wantedPx / canvasStepPx - 1e-9) * canvasStepPx, 1e6));
}

// Content names the file: no name of a slide or of a patient can get into it.
std::filesystem::path kept(const std::filesystem::path& folder, const Image& image) {
    const auto bytes = encodePng(image);
    const auto file = folder / (sha256(bytes).substr(0, 32) + ".png");
    if (!isThere(file)) writeFileAtomically(file, bytes, IfExists::Replace);
    return file;
}

} // namespace

SourceTissue canvasPlace(const SlideInfo& slide, const RealPixelsWish& wish, int& widthPx, int& heightPx) {
    if (!slide.scale.known())
        wrongUse(
            "This slide states no scale, so its pixels cannot be brought to the model's; set it with Set \u00b5m/px\u2026 in the slide "
            "panel.");
    if (wish.tilePx < 1 || !(wish.micronsPerPixel > 0))
        wrongUse("The model states no scale, so it is not known how large tissue is for it; choose a model with a scale.");
    const double own = slide.scale.micronsPerPixel, pixel = wish.micronsPerPixel / own; // level-0 pixels of one of the canvas
    if (own > 1.1 * wish.micronsPerPixel)
        wrongUse("This slide has " + threeDigits(own) + " \u00b5m per pixel and the model " + threeDigits(wish.micronsPerPixel) +
                 ", so its pixels would be enlarged; open a slide scanned at a higher power.");
    const double width = double(slide.width()), height = double(slide.height());
    const auto& box = wish.box;
    if (!(box.right > 0 && box.bottom > 0 && box.left < width && box.top < height))
        wrongUse("This place lies off the slide; choose one on it.");
    const double margin = wish.replace.empty() ? 0 : 2 * wish.tilePx / 8.0;
    widthPx = canvasSide((box.right - box.left) / pixel + margin, wish.tilePx);
    heightPx = canvasSide((box.bottom - box.top) / pixel + margin, wish.tilePx);
    if (std::max(widthPx, heightPx) > canvasLimitPx)
        wrongUse("This region is larger than the largest canvas of " + std::to_string(canvasLimitPx) + " pixels (" +
                 threeDigits(canvasLimitPx * wish.micronsPerPixel / 1000) + " mm at the model's scale); draw a smaller one.");
    SourceTissue place;
    place.widthPx = widthPx * pixel, place.heightPx = heightPx * pixel;
    if (place.widthPx > width || place.heightPx > height)
        wrongUse("The slide is smaller than what the model would make there; open a larger one.");
    const auto at = [](double low, double high, double side, double all) {
        return std::floor(std::clamp((low + high - side) / 2, 0.0, all - side) + 1e-6);
    };
    place.x = at(box.left, box.right, place.widthPx, width), place.y = at(box.top, box.bottom, place.heightPx, height);
    return place;
}

Image readCanvas(SlideSource& slide, const SourceTissue& place, int widthPx, int heightPx, double micronsPerPixel) {
    const auto hatched = slide.hatchedPixels();
    auto image = readRegion(slide, std::int64_t(place.x), std::int64_t(place.y), widthPx, heightPx, micronsPerPixel);
    if (slide.hatchedPixels() > hatched)
        throw Error(ErrorCode::Corrupt, "A part of this place cannot be read in the slide; choose another place.");
    return image;
}

RealPixels takeRealPixels(SlideSource& slide, const RealPixelsWish& wish, const std::filesystem::path& folder) {
    RealPixels taken;
    taken.tilePx = wish.tilePx;
    taken.source = canvasPlace(slide.info(), wish, taken.widthPx, taken.heightPx);
    taken.source.slide = keyedHash(wish.key, "slide " + wish.slideKey);
    taken.source.patient = keyedHash(wish.key, "patient " + wish.patient);
    const auto image = readCanvas(slide, taken.source, taken.widthPx, taken.heightPx, wish.micronsPerPixel);
    Image mask(taken.widthPx, taken.heightPx);
    if (!wish.replace.empty()) {
        const double pixel = wish.micronsPerPixel / slide.info().scale.micronsPerPixel;
        const auto inside = rasterised(wish.replace, taken.source.x, taken.source.y, mask.width, mask.height, pixel).inside;
        const auto painted = std::count(inside.begin(), inside.end(), 1);
        if (painted == 0) wrongUse("This region is smaller than one pixel of the model, so nothing would be replaced; draw a larger one.");
        for (std::size_t i = 0; i < inside.size(); ++i)
            if (inside[i]) std::fill_n(mask.rgb.begin() + std::ptrdiff_t(3 * i), 3, std::uint8_t(255));
        taken.paintedShare = double(painted) / double(inside.size());
    }
    makeWritableFolder(folder);
    taken.image = kept(folder, image);
    if (!wish.replace.empty()) taken.mask = kept(folder, mask);
    return taken;
}

void RealPixels::writeTo(GenerateRequest& request) const {
    request.initialImage = image, request.mask = mask, request.source = source;
    const bool plain = widthPx == tilePx && heightPx == tilePx;
    request.widthPx = plain ? 0 : widthPx, request.heightPx = plain ? 0 : heightPx;
}

} // namespace phloxine
