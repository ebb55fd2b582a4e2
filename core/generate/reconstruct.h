#pragma once
// The round trip of a real region through the latent space of a model: what is lost there, no tile of the model can show.
#include <functional>

#include "core/image/Image.h"
#include "core/image/ImageFile.h"
#include "core/model/ModelStore.h"

namespace phloxine {

struct Reconstruction {
    Image image;        // decode(encode(region)), of the same size and scale
    double psnr = 0;    // dB, over all values; infinite when nothing is lost
    double ssim = 0;    // of the luminance
    double seconds = 0; // encoding and decoding
};

// Sides must be multiples of the autoencoder's factor, of at least one tile and at most 4096 pixels: Error(WrongUse) naming `name`.
void requireReconstructible(const Model& model, const Image& region, const std::string& name);

// `between` is called between windows of a large region; throw Cancelled to stop. Error(Nan)
Reconstruction reconstruct(const Model& model, const Image& region, const std::function<void()>& between = {});

// PNG chunks: `phloxine-reconstruction` (model, hash of the region and never its name, figures) and XMP, which calls it a composite.
std::vector<TextChunk> reconstructionTexts(const Model& model, const std::filesystem::path& region, const Reconstruction& made);

} // namespace phloxine
