#pragma once
// What the diffusion transformers DiT and PixArt share (diffusers.models.embeddings and .attention): patches in, modulated layers, patches
// out. Tokens are [n, rows*columns, width], row by row.
#include "core/nn/layers.h"

namespace phloxine::nn {

// Sines and cosines of the place of each patch (get_2d_sincos_pos_embed): the first half of the width says the column, the second the row.
// Another size than base x base is stretched over the same range. [1, rows*columns, width] float32; computed in float64, as upstream.
at::Tensor sincosPositions(std::int64_t rows, std::int64_t columns, int width, int base, double interpolation, at::Device device);

// pos_embed.proj: a convolution over patches, plus the positions.
struct PatchEmbedding {
    Conv proj;
    at::Tensor positions; // of the base size
    int patch = 2, base = 0;
    double interpolation = 1;
    PatchEmbedding() = default;
    // sampleSize: side of the latent that the positions were made for. Error(MissingKey | Shape)
    PatchEmbedding(const WeightView& w, int in, int patch, int sampleSize, double interpolation);
    // x [n, c, h, w] -> tokens. Error(Shape) where a side is no multiple of the patch.
    at::Tensor operator()(const at::Tensor& x) const;
    int width() const { return int(proj.weight.size(0)); }
};
// tokens [n, rows*columns, patch*patch*c] -> [n, c, rows*patch, columns*patch]
at::Tensor joinPatches(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns, int patch);

struct EmbeddingMlp { // TimestepEmbedding: linear_1, SiLU, linear_2
    Linear linear1, linear2;
    EmbeddingMlp() = default;
    EmbeddingMlp(const WeightView& w, int in, int out);
    at::Tensor operator()(const at::Tensor& x) const;
};

struct GeluFeedForward { // ff.net.0.proj, GELU by its tanh formula, ff.net.2
    Linear in, out;
    GeluFeedForward() = default;
    GeluFeedForward(const WeightView& w, int width);
    at::Tensor operator()(const at::Tensor& x) const;
};

// norm(x) (1 + scale) + shift, by a layer norm without weights; shift and scale [n, 1, width].
at::Tensor modulated(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale, double eps);

inline Bias biasRule(bool has) { return has ? Bias::Needed : Bias::Optional; }
// Error(Shape) where heads do not divide the width.
void requireHeads(const std::string& name, int heads, int width);

} // namespace phloxine::nn
