#include "core/generate/initial_image.h"

#include "core/base/Error.h"
#include "core/image/ImageFile.h"

namespace phloxine {

namespace {

constexpr double usualStrength = 0.6;

std::string sizeText(int width, int height) { return std::to_string(width) + " x " + std::to_string(height); }

} // namespace

void resolveInitialImage(GenerateRequest& request) {
    if (!isComposite(request)) return;
    if (request.strength == -1) request.strength = request.mask.empty() ? usualStrength : 1;
}

std::optional<InitialImage> readInitialImage(const GenerateRequest& resolved, int widthPx, int heightPx, int featherPx) {
    if (!isComposite(resolved)) return {};
    InitialImage initial{readImage(resolved.initialImage), {}};
    if (initial.image.width != widthPx || initial.image.height != heightPx)
        throw Error(ErrorCode::WrongUse,
                    "The initial image " + resolved.initialImage.filename().string() + " has " +
                        sizeText(initial.image.width, initial.image.height) + " pixels and the canvas " + sizeText(widthPx, heightPx) +
                        "; cut a region of that size with `phloxine slide region ... --out FILE`, or change the canvas.");
    if (resolved.mask.empty()) return initial;
    const auto name = resolved.mask.filename().string();
    const auto picture = readImage(resolved.mask);
    if (picture.width != widthPx || picture.height != heightPx)
        throw Error(ErrorCode::WrongUse, "The mask " + name + " has " + sizeText(picture.width, picture.height) +
                                             " pixels and the initial image " + sizeText(widthPx, heightPx) + "; make them the same size.");
    initial.mask = maskFrom(picture, featherPx);
    if (initial.mask->keepsAll())
        throw Error(ErrorCode::WrongUse, "The mask " + name + " is black everywhere, so there is nothing to paint; make that part white.");
    return initial;
}

} // namespace phloxine
