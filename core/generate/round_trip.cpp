#include "core/generate/round_trip.h"

#include "core/generate/real_pixels.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

RoundTrip roundTrip(ModelStore& store, const RoundTripWish& wish, const std::string& device) {
    const auto entry = store.find(wish.model);
    const auto slide = withScale(openSlide(wish.slide), wish.slideScale);
    RealPixelsWish place;
    place.box = wish.box, place.tilePx = entry.card.tileSizePx, place.micronsPerPixel = entry.card.scale.micronsPerPixel;
    RoundTrip trip;
    int width = 0, height = 0;
    trip.place = canvasPlace(slide->info(), place, width, height);
    const auto region = readCanvas(*slide, trip.place, width, height, place.micronsPerPixel);
    trip.made = reconstruct(*store.load(entry, {"auto", device}), region);
    return trip;
}

} // namespace phloxine
