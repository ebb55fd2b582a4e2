#pragma once
// Tissue of a slide through the latent space of a model and back, in its place: what is lost there, no tile of the model can show.
#include <filesystem>
#include <string>

#include "core/generate/GenerateRequest.h"
#include "core/generate/reconstruct.h"
#include "core/region/Region.h"

namespace phloxine {

struct RoundTripWish {
    std::string model; // as in a request
    std::filesystem::path slide;
    Scale slideScale; // of level 0, as the slide is shown: of the file, of the user, or assumed
    SlideBox box;     // level-0 pixels; one tile of the model about its middle, moved so that it lies on the slide
};

struct RoundTrip {
    Reconstruction made;
    SourceTissue place; // what was read; no hashes
};

// Reads level 0, area-reduced to the model's scale. Only on the thread that owns the tensors. Errors of canvasPlace(), openSlide() and
// reconstruct(); Error(Corrupt) where the slide cannot be read at this place.
RoundTrip roundTrip(ModelStore& store, const RoundTripWish& wish, const std::string& device = "auto");

} // namespace phloxine
