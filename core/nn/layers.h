#pragma once
// Layers as plain structs bound from a WeightView and called as functions. Tensors are [n, c, h, w] (channels_last in memory) or [n,
// tokens, width].
#include "core/tensor/Weights.h"

namespace phloxine::nn {

struct Conv {
    at::Tensor weight, bias;
    int stride = 1, padding = 0;
    Conv() = default;
    // in, out, kernel: what the network needs, -1 = any; padding -1: half the kernel
    Conv(const WeightView& w, int in, int out, int kernel, int stride = 1, int padding = -1);
    at::Tensor operator()(const at::Tensor& x) const;
};

enum class Bias { Needed, Optional };

struct Linear {
    at::Tensor weight, bias; // bias may be undefined
    Linear() = default;
    explicit Linear(const WeightView& w, int in = -1, int out = -1, Bias bias = Bias::Needed);
    at::Tensor operator()(const at::Tensor& x) const;
};

struct GroupNorm {
    at::Tensor weight, bias;
    int groups = 32;
    double eps = 1e-5;
    GroupNorm() = default;
    GroupNorm(const WeightView& w, int groups, double eps, int width = -1);
    at::Tensor operator()(const at::Tensor& x) const;
    at::Tensor silu(const at::Tensor& x, const at::Tensor& add = {}) const; // SiLU of the norm of x + add; add [n, c]
};

struct LayerNorm {
    at::Tensor weight, bias;
    double eps = 1e-5;
    LayerNorm() = default;
    explicit LayerNorm(const WeightView& w, int width = -1, double eps = 1e-5);
    at::Tensor operator()(const at::Tensor& x) const;
};

// Gated linear unit with GELU (Shazeer 2020): a gelu(g) of the halves [a, g] of the last dimension.
at::Tensor geglu(const at::Tensor& x);

// softmax(q k^T / sqrt(d)) v over `heads`; q [n, a, width], k and v [n, b, width]. `mask` is added to the scores, broadcast over [n, heads,
// a, b].
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads, bool causal = false,
                     const at::Tensor& mask = {});

// Attention as CompVis and diffusers name it: to_q, to_k, to_v, to_out.0. `bias` is the rule for the first three.
struct CrossAttention {
    Linear q, k, v, out;
    int heads = 1;
    CrossAttention() = default;
    CrossAttention(const WeightView& w, int heads, int width, int context, Bias bias = Bias::Optional);
    // [n, a, width], [n, b, context] -> [n, a, width]; mask as in attention()
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask = {}) const;
};

// x [n, c, h, w] -> [n, h*w, c] and back.
at::Tensor toTokens(const at::Tensor& x);
at::Tensor toMap(const at::Tensor& tokens, std::int64_t height, std::int64_t width);

// [cos(t f_i), sin(t f_i)], f_i = 10000^(-i / (dim/2 - shift)): float32 [n, dim]. An odd dim ends with a zero.
at::Tensor sinusoid(const at::Tensor& t, int dim, int shift = 0);

} // namespace phloxine::nn
