#pragma once
// The real pixels that a request starts from, and which of them it keeps.
#include <optional>

#include "core/generate/GenerateRequest.h"
#include "core/image/mask.h"

namespace phloxine {

// Fills the strength.
void resolveInitialImage(GenerateRequest& request);

struct InitialImage {
    Image image;
    std::optional<Mask> mask;
};

// Nothing when the request starts from noise alone. `featherPx`: how far the edge of the mask is softened, into the painted part. Files of
// another size than the canvas are refused, never resized: Error(WrongUse); else what readImage() throws.
std::optional<InitialImage> readInitialImage(const GenerateRequest& resolved, int widthPx, int heightPx, int featherPx);

} // namespace phloxine
