#include "core/generate/reconstruct.h"

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "core/generate/Generator.h"
#include "core/generate/canvas.h"
#include "core/generate/codec.h"
#include "core/image/quality.h"
#include "core/model/Model.h"
#include "core/tensor/devices.h"

namespace phloxine {

void requireReconstructible(const Model& model, const Image& region, const std::string& name) {
    const int factor = model.autoencoder->factor(), tile = model.card.tileSizePx;
    for (const int side : {region.width, region.height})
        if (side < tile || side > canvasLimitPx || side % factor)
            throw Error(ErrorCode::WrongUse, name + " has " + std::to_string(region.width) + " x " + std::to_string(region.height) +
                                                 " pixels; the model " + model.card.id + " takes multiples of " + std::to_string(factor) +
                                                 " from " + std::to_string(tile) + " to " + std::to_string(canvasLimitPx) +
                                                 ": cut such a region with `phloxine slide region ... --out FILE`.");
}

Reconstruction reconstruct(const Model& model, const Image& region, const std::function<void()>& between) {
    const auto start = std::chrono::steady_clock::now();
    const auto windows = codecWindows(model.card.tileSizePx, model.autoencoder->factor(), between);
    const auto latent = encodeImage(*model.autoencoder, region, model.binding.device, windows);
    auto picture = decodeImage(*model.autoencoder, latent, windows);
    if (!picture) {
        logWarning("A decoded region was not finite; it is encoded and decoded again in fp32.");
        const auto exact = bindAutoencoder(model.checkpoint, Binding::forInference(at::kFloat, model.binding.device));
        picture = decodeImage(*exact, encodeImage(*exact, region, model.binding.device, windows), windows);
    }
    if (!picture) throw Error(ErrorCode::Nan, "The autoencoder gave values that are not numbers; use another model.");
    Reconstruction made{std::move(*picture), 0, 0, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
    made.image.scale = region.scale;
    made.psnr = peakSignalToNoise(region, made.image);
    made.ssim = structuralSimilarity(region, made.image);
    return made;
}

std::vector<TextChunk> reconstructionTexts(const Model& model, const std::filesystem::path& region, const Reconstruction& made) {
    const Json json{{"format", "phloxine-reconstruction/1"},
                    {"model", model.card.id},
                    {"model_sha256", model.sha256},
                    {"image_sha256", sha256OfFile(region)},
                    {"psnr", std::isinf(made.psnr) ? Json(nullptr) : Json(made.psnr)},
                    {"ssim", made.ssim},
                    {"precision", precisionWord(model.binding.dtype)},
                    {"device", deviceWord(model.binding.device)},
                    {"build", buildName(deviceWord(model.binding.device))}};
    return {{"phloxine-reconstruction", json.dump()}, {"XML:com.adobe.xmp", xmpOfSource(true)}};
}

} // namespace phloxine
