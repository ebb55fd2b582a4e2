#pragma once
// The linear part of the patch autoencoder in closed form: the principal components of the patches of the training tiles, each divided by a
// power of its standard deviation (partial whitening), and one factor that brings the latents to unit variance.
#include <functional>

#include "core/tensor/Weights.h"

namespace phloxine {

// Sums over patches of tiles; tiles [n, 3, h, w] in -1..1, their sides multiples of the patch.
class PatchStatistics {
public:
    explicit PatchStatistics(int patch);
    void add(const at::Tensor& tiles);
    // "encoder.weight", "decoder.linear.weight" and "mean", as nn::PatchAutoencoder binds them. Error(WrongUse) with fewer patches than a
    // patch has values.
    Weights transform(int components, double whitening) const;

private:
    int m_patch;
    at::Tensor m_sum, m_products; // double
    std::int64_t m_count = 0;
};

// The residual decoder of nn::PatchAutoencoder, "decoder.net.*": its last convolution is zero, so that it begins by changing nothing.
Weights newPatchDecoder(int zChannels, const std::vector<int>& widths, std::uint64_t seed);

} // namespace phloxine
