#include "core/train/LatentStore.h"

#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "core/image/orientation.h"
#include "core/model/Model.h"
#include "core/tensor/image_tensor.h"
#include "core/tensor/safetensors.h"
#include "core/train/base_model.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t partSize = 256; // tiles of one file

std::string hashOf(const TrainingSet& set, const Checkpoint& model, int tileSizePx, int variants) {
    Sha256 sum;
    sum.add(set.sha256 + " " + std::to_string(tileSizePx) + " " + std::to_string(variants));
    sum.add(" " + Json(scaleFactor(model)).dump() + " " + Json(model.config.shiftFactor).dump());
    for (const auto& [key, tensor] : model.weights) {
        if (!key.starts_with("first_stage_model.")) continue;
        const auto plain = tensor.contiguous();
        sum.add(key);
        sum.add(std::span(static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()));
    }
    return sum.hex().substr(0, 16);
}

std::string partName(const std::string& hash, std::size_t part) {
    char number[32];
    std::snprintf(number, sizeof number, "-%05zu", part);
    return hash + number + ".safetensors";
}

Image squareTile(const fs::path& file, int sizePx) {
    auto image = readImage(file);
    if (image.width != image.height)
        throw Error(ErrorCode::Shape,
                    "It is " + std::to_string(image.width) + " x " + std::to_string(image.height) + " px and not square.");
    return image.width == sizePx ? image : resized(image, sizePx, sizePx);
}

} // namespace

LatentStore::LatentStore(const fs::path& folder, const TrainingSet& set, const Checkpoint& model, int tileSizePx, int variants,
                         const ProgressHook& progress, at::Device device)
    : m_usable(set.tiles.size(), true) {
    const c10::AutoGradMode off(false);
    makeWritableFolder(folder);
    const auto hash = hashOf(set, model, tileSizePx, variants);
    const auto autoencoder = bindAutoencoder(model, Binding::forInference(at::kFloat, device));
    const double scale = scaleFactor(model), shift = model.config.shiftFactor;
    const int size = tileSizePx / autoencoder->factor();
    for (std::size_t begin = 0; begin < set.tiles.size(); begin += partSize) {
        const auto count = std::min(partSize, set.tiles.size() - begin);
        const auto file = folder / partName(hash, begin / partSize);
        if (!isThere(file)) {
            auto latents = at::zeros({std::int64_t(count), variants, autoencoder->latentChannels(), size, size}, at::kHalf);
            auto usable = at::ones({std::int64_t(count)}, at::kByte);
            for (std::size_t i = 0; i < count; ++i) {
                if (progress) progress({"Encoding the tiles", double(begin + i) / double(set.tiles.size())});
                try {
                    const auto tile = squareTile(set.tiles[begin + i].file, tileSizePx);
                    for (int v = 0; v < variants; ++v) // one at a time: the encoder may take more memory than a step of the training
                        latents[std::int64_t(i)][v].copy_((autoencoder->encode(tensorFrom(oriented(tile, v)).to(device))[0] - shift) *
                                                          scale);
                } catch (const Error&) { usable[std::int64_t(i)] = 0; }
            }
            if (!latents.isfinite().all().item<bool>())
                throw Error(ErrorCode::Nan,
                            "The autoencoder gives latents that are not numbers or too large for half precision; use another one.");
            writeWeightsSynced(file, {{"latents", latents}, {"usable", usable}});
        }
        const auto stored = readSafetensors(file);
        const auto& latents = stored.at("latents");
        if (latents.dim() != 5 || latents.size(0) != std::int64_t(count) || latents.size(1) != variants ||
            latents.scalar_type() != at::kHalf)
            throw Error(ErrorCode::Corrupt,
                        "The latents in " + file.filename().string() + " are damaged; delete the file, it is made again.");
        for (std::size_t i = 0; i < count; ++i)
            if (stored.at("usable")[std::int64_t(i)].item<int>() == 0) {
                m_usable[begin + i] = false;
                m_faults.push_back({set.tiles[begin + i].name, "It cannot be decoded, or is not square."});
            }
        m_parts.push_back(latents);
    }
}

at::Tensor LatentStore::batch(const std::vector<int>& tiles, const std::vector<int>& variants) const {
    std::vector<at::Tensor> rows;
    for (std::size_t i = 0; i < tiles.size(); ++i)
        rows.push_back(m_parts[std::size_t(tiles[i]) / partSize][tiles[i] % std::int64_t(partSize)][variants[i]]);
    const auto batch = at::stack(rows).to(at::kFloat);
    for (const auto& part : m_parts) releaseMapped(part); // the file stays in the system's cache and does not count as this program's
    return batch;
}

} // namespace phloxine
