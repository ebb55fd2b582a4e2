#pragma once
// Pictures of any size to latents and back. What is larger than one window goes through overlapping windows, so that the memory does not
// grow with the area beyond the picture itself.
//
// The group norms of a decoder, and of an encoder, take their mean and variance from all that they see, so a window decoded alone has a
// contrast of its own: windows of the embedded model differ from a decode in one piece by up to 27 of 255 levels (mean 1.0, a real region
// of 1024 px). Passes over the windows therefore collect the statistics of the whole latent first (nn::NormStatistics), until no norm moves
// by more than a tenth of its deviation (a norm is right once those before it are), eight at most. The embedded model takes five, which
// leaves at most 1 level. An attention over all positions, as KL autoencoders have, still ends at its window.
#include <functional>
#include <optional>

#include "core/image/Image.h"
#include "core/nn/kl_autoencoder.h"

namespace phloxine {

struct CodecWindows {
    int size = 0, overlap = 0;     // latent elements
    std::function<void()> between; // called before each window, so that a long decode can be stopped (throw Cancelled); may be empty
};
// Windows of 512 pixels, or of the size that the model was trained on where that is larger.
CodecWindows codecWindows(int trainedPx, int factor, std::function<void()> between = {});

// The latent [1, z, h/f, w/f] in float32, not scaled; the sides of the image are multiples of the factor f.
at::Tensor encodeImage(const nn::Autoencoder& autoencoder, const Image& image, at::Device device, const CodecWindows& windows);

// The picture of a latent [1, z, h, w] that is not scaled; nothing when a value is not finite.
std::optional<Image> decodeImage(const nn::Autoencoder& autoencoder, const at::Tensor& latent, const CodecWindows& windows);
// The same of each latent of [n, z, h, w]; on a GPU, what is no larger than a window goes several at once.
std::vector<std::optional<Image>> decodeImages(const nn::Autoencoder& autoencoder, const at::Tensor& latents, const CodecWindows& windows);

} // namespace phloxine
