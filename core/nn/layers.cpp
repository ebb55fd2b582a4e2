#include "core/nn/layers.h"

#include "core/base/Error.h"
#include "core/nn/device_layers.h"
#include "core/nn/network.h"
#include "core/nn/norm_statistics.h"
#include "core/nn/trained_norm.h"

namespace phloxine::nn {

Conv::Conv(const WeightView& w, int in, int out, int kernel, int stride, int padding)
    : weight(w.get("weight", {out, in, kernel, kernel})), bias(w.get("bias", {weight.size(0)})), stride(stride),
      padding(padding < 0 ? int(weight.size(-1)) / 2 : padding) {}

namespace {

// A master of another precision is cast where it is used; else this is the tensor itself.
at::Tensor as(const at::Tensor& weight, const at::Tensor& x) { return weight.defined() ? weight.to(x.scalar_type()) : weight; }

} // namespace

at::Tensor Conv::operator()(const at::Tensor& x) const { return at::conv2d(x, as(weight, x), as(bias, x), stride, padding); }

Linear::Linear(const WeightView& w, int in, int out, Bias rule) : weight(w.get("weight", {out, in})) {
    if (rule == Bias::Needed || w.has("bias")) bias = w.get("bias", {weight.size(0)});
}

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, as(weight, x), as(bias, x)); }

GroupNorm::GroupNorm(const WeightView& w, int groups, double eps, int width)
    : weight(w.get("weight", {width})), bias(w.get("bias", {weight.size(0)})), groups(groups), eps(eps) {
    if (weight.size(0) % groups)
        throw Error(ErrorCode::Shape,
                    "The norm \"" + w.prefix() + "\" has " + std::to_string(weight.size(0)) + " channels, which " + std::to_string(groups) +
                        " groups do not divide.",
                    w.prefix());
}

namespace {

// Kernels of CUDA take weights of the map's own type only; masters of float32 meet bfloat16 maps in training.
bool mixedOnDevice(const at::Tensor& weight, const at::Tensor& x) { return !x.is_cpu() && weight.scalar_type() != x.scalar_type(); }

// Over channels-last maps ATen takes the variance on a CPU as E[x^2] - E[x]^2, which loses digits where a group has few values; over
// contiguous ones it does not. Small maps, where that shows, cost little to turn.
at::Tensor groupNorm(const GroupNorm& norm, const at::Tensor& x) {
    const auto normalised = [&](const at::Tensor& t) { return at::group_norm(t, norm.groups, norm.weight, norm.bias, norm.eps); };
    if (mixedOnDevice(norm.weight, x)) return normalised(x.to(norm.weight.scalar_type())).to(x.scalar_type());
    if (!x.is_cpu() || x.dim() != 4 || x.size(2) * x.size(3) > 1024 || x.is_contiguous()) return normalised(x);
    // bfloat16 has fewer digits than this loses; but in training the turned norm and its gradient take a tenth of the time.
    if (x.scalar_type() != at::kFloat && !norm.weight.requires_grad()) return normalised(x);
    return normalised(x.contiguous()).contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace

at::Tensor GroupNorm::operator()(const at::Tensor& x) const {
    if (auto* shared = NormStatistics::current()) return shared->normalise(*this, x);
    if (hasDeviceNorm(*this, x)) return deviceNorm(*this, x, {}, false);
    if (canTrainNorm(*this, x)) return trainedNorm(*this, x, false);
    return groupNorm(*this, x);
}
at::Tensor GroupNorm::silu(const at::Tensor& map, const at::Tensor& add) const {
    if (!NormStatistics::current() && hasDeviceNorm(*this, map)) return deviceNorm(*this, map, add, true);
    const auto x = add.defined() ? map + add.unsqueeze(-1).unsqueeze(-1) : map;
    if (!NormStatistics::current() && canTrainNorm(*this, x)) return trainedNorm(*this, x, true);
    auto y = (*this)(x);
    return weight.requires_grad() ? at::silu(y) : at::silu_(y);
}

LayerNorm::LayerNorm(const WeightView& w, int width, double eps)
    : weight(w.get("weight", {width})), bias(w.get("bias", {weight.size(0)})), eps(eps) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
    if (!mixedOnDevice(weight, x)) return at::layer_norm(x, weight.sizes(), weight, bias, eps);
    return at::layer_norm(x.to(weight.scalar_type()), weight.sizes(), weight, bias, eps).to(x.scalar_type());
}

at::Tensor geglu(const at::Tensor& x) {
    if (hasDeviceGeglu(x)) return deviceGeglu(x);
    const auto halves = x.chunk(2, -1);
    return halves[0] * at::gelu(halves[1]);
}

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads, bool causal, const at::Tensor& mask) {
    const auto split = [heads](const at::Tensor& t) { return t.view({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2); };
    const auto out =
        at::scaled_dot_product_attention(split(q), split(k), split(v), mask.defined() ? std::optional(mask) : std::nullopt, 0.0, causal);
    return out.transpose(1, 2).reshape(q.sizes());
}

CrossAttention::CrossAttention(const WeightView& w, int heads, int width, int context, Bias bias)
    : q(w / "to_q", width, width, bias), k(w / "to_k", context, width, bias), v(w / "to_v", context, width, bias),
      out(w / "to_out.0", width, width), heads(heads) {}

namespace {

// The same as matrix products: over few tokens its gradient takes a third of the time of the fused one on a CPU.
at::Tensor plainAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads, const at::Tensor& mask) {
    const auto split = [heads](const at::Tensor& t) { return t.view({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2); };
    auto scores = at::matmul(split(q) * (1 / std::sqrt(double(q.size(2) / heads))), split(k).transpose(2, 3));
    if (mask.defined()) scores = scores + mask;
    return at::matmul(at::softmax(scores, -1), split(v)).transpose(1, 2).reshape(q.sizes());
}

constexpr std::int64_t fewScores = 1 << 17; // of one head

} // namespace

at::Tensor CrossAttention::operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask) const {
    if (q.weight.requires_grad() && x.is_cpu() && x.size(1) * context.size(1) <= fewScores) {
        const auto queries = q(x), keys = k(context), values = v(context);
        return out(plainAttention(queries, keys, values, heads, mask));
    }
    return out(attention(q(x), k(context), v(context), heads, false, mask));
}

at::Tensor toTokens(const at::Tensor& x) { return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(2) * x.size(3), x.size(1)}); }

at::Tensor toMap(const at::Tensor& tokens, std::int64_t height, std::int64_t width) {
    return tokens.view({tokens.size(0), height, width, tokens.size(2)}).permute({0, 3, 1, 2});
}

at::Tensor sinusoid(const at::Tensor& t, int dim, int shift) {
    const int half = dim / 2;
    const auto steps = at::arange(half, at::TensorOptions(at::kFloat).device(t.device()));
    const auto frequencies = at::exp(steps * (-std::log(10000.0) / (half - shift)));
    const auto angles = t.to(at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);
    const auto pairs = at::cat({angles.cos(), angles.sin()}, 1);
    return dim % 2 ? at::constant_pad_nd(pairs, {0, 1}) : pairs;
}

Context join(const Context& a, const Context& b) {
    const auto both = [](const at::Tensor& first, const at::Tensor& second) {
        return first.defined() ? at::cat({first, second}, 0) : at::Tensor();
    };
    if (!a.mask.defined() || a.mask.size(1) == b.mask.size(1))
        return {both(a.tokens, b.tokens), both(a.vector, b.vector), both(a.mask, b.mask)};
    const auto length = std::max(a.mask.size(1), b.mask.size(1));
    const auto filled = [&](const Context& c) {
        return Context{at::constant_pad_nd(c.tokens, {0, 0, 0, length - c.tokens.size(1)}), c.vector,
                       at::constant_pad_nd(c.mask, {0, length - c.mask.size(1)})};
    };
    return join(filled(a), filled(b));
}

Context expand(const Context& one, std::int64_t n) {
    const auto repeated = [n](const at::Tensor& t) {
        if (!t.defined()) return t;
        auto sizes = t.sizes().vec();
        sizes[0] = n;
        return t.expand(sizes);
    };
    return {repeated(one.tokens), repeated(one.vector), repeated(one.mask)};
}

} // namespace phloxine::nn
