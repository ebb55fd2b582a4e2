#pragma once
// The autoencoder in training: float32 masters of what is trained, the rest frozen. A network is a row of the recipe's "network":
//   patch  nn::PatchAutoencoder: a linear transform in closed form, frozen, and a residual decoder
//   kl     nn::KlAutoencoder, with noise of its own posterior and the divergence from a normal one (Kingma and Welling 2014; CompVis' loss)
//   vq     nn::VqAutoencoder, straight through the codebook (van den Oord et al. 2017, eq. 3)
#include <functional>
#include <memory>

#include "core/base/Progress.h"
#include "core/model/Checkpoint.h"
#include "core/nn/autoencoder_blocks.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

struct AutoencoderPass {
    at::Tensor made; // [n, 3, h, w] in -1..1, float32
    at::Tensor loss; // of the latents, beside that of the pictures; undefined = none
};

class TrainedAutoencoder {
public:
    virtual ~TrainedAutoencoder() = default;
    const Weights& masters() const { return m_masters; } // as they begin, until they are trained; differentiable
    const Weights& frozen() const { return m_frozen; }
    bool begunFromWeights() const { return m_begun; } // so that its figures before the training mean something

    // image [n, 3, h, w] in -1..1. Differentiable in the masters; what is drawn follows from the recipe's seed and the step.
    virtual AutoencoderPass pass(const at::Tensor& image, std::int64_t step) const = 0;
    virtual std::unique_ptr<nn::Autoencoder> with(const Weights& trained) const = 0;
    // Before the step `step`. `crops` gives pictures as those of a step, by seed.
    virtual void beforeStep(std::int64_t, const std::function<at::Tensor(std::uint64_t)>&) {}

protected:
    Weights cast(const Weights& trained) const; // all weights, those of matrices in the precision of the computation
    Weights m_masters, m_frozen;
    at::ScalarType m_precision = at::kFloat;
    bool m_begun = false;
};

// What a training begins with: of training tiles [n, 3, h, w] bytes, of the recipe alone, or the first stage of the model that it names.
Checkpoint beginAutoencoder(const AutoencoderRecipe& recipe, const at::Tensor& pixels, const ProgressHook& progress);
// Error(MissingKey | Shape) where a weight does not fit.
std::unique_ptr<TrainedAutoencoder> trainedAutoencoder(const AutoencoderRecipe& recipe, const Checkpoint& begin, at::ScalarType precision,
                                                       at::Device device = at::kCPU);

// One of the eight orientations of a map [3, n, n].
at::Tensor turned(const at::Tensor& map, int orientation);
at::Tensor signedFrom(const at::Tensor& bytes); // 0..255 -> -1..1, float32

} // namespace phloxine
