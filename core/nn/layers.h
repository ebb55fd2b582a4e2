#pragma once
// Layers as plain structs bound from a WeightView and called as functions. Tensors are [n, c, h, w] (channels_last in memory) or [n,
// tokens, width].
#include "core/tensor/Weights.h"

namespace phloxine::nn {

struct Conv {
    at::Tensor weight, bias;
    int stride = 1, padding = 0;
    Conv() = default;
    // padding -1: half the kernel; in, out: the widths that the network needs, -1 = any
    explicit Conv(const WeightView& w, int stride = 1, int padding = -1, int in = -1, int out = -1);
    at::Tensor operator()(const at::Tensor& x) const;
};

struct Linear {
    at::Tensor weight, bias; // bias may be undefined
    Linear() = default;
    explicit Linear(const WeightView& w, int in = -1, int out = -1);
    at::Tensor operator()(const at::Tensor& x) const;
};

struct GroupNorm {
    at::Tensor weight, bias;
    int groups = 32;
    double eps = 1e-5;
    GroupNorm() = default;
    GroupNorm(const WeightView& w, int groups, double eps, int width = -1);
    at::Tensor operator()(const at::Tensor& x) const;
    at::Tensor silu(const at::Tensor& x) const; // SiLU of the norm
};

struct LayerNorm {
    at::Tensor weight, bias;
    LayerNorm() = default;
    explicit LayerNorm(const WeightView& w, int width = -1); // eps 1e-5
    at::Tensor operator()(const at::Tensor& x) const;
};

// softmax(q k^T / sqrt(d)) v over `heads`; q [n, a, width], k and v [n, b, width]. `mask` is added to the scores, broadcast over [n, heads,
// a, b].
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads, bool causal = false,
                     const at::Tensor& mask = {});

// x [n, c, h, w] -> [n, h*w, c] and back.
at::Tensor toTokens(const at::Tensor& x);
at::Tensor toMap(const at::Tensor& tokens, std::int64_t height, std::int64_t width);

} // namespace phloxine::nn
