#include "core/generate/initial_image.h"

#include "core/base/Error.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"

namespace phloxine {

namespace {

namespace fs = std::filesystem;

constexpr double usualStrength = 0.6;

void requireKnownFile(const fs::path& file, const std::string& what, std::string& hash) {
    const auto name = what + " " + file.filename().string();
    std::error_code error;
    if (!fs::exists(file, error)) throw Error(ErrorCode::NotFound, "The " + name + " was not found; give the file that the request names.");
    if (!fs::is_regular_file(file, error)) throw Error(ErrorCode::Unsupported, "The " + name + " is not a file; give a PNG, JPEG or TIFF.");
    const auto have = sha256OfFile(file);
    if (!hash.empty() && hash != have)
        throw Error(ErrorCode::NotFound,
                    "The " + name + " is not the one of the request: its SHA-256 begins with " + have.substr(0, 12) + ", not with " +
                        hash.substr(0, 12) + "; give the file that was used then.",
                    have);
    hash = have;
}

std::string sizeText(int width, int height) { return std::to_string(width) + " x " + std::to_string(height); }

} // namespace

void resolveInitialImage(GenerateRequest& request) {
    if (!isComposite(request)) return;
    requireKnownFile(request.initialImage, "initial image", request.initialSha256);
    if (!request.mask.empty()) requireKnownFile(request.mask, "mask", request.maskSha256);
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
