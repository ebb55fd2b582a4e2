#include "core/nn/unet_blocks.h"

#include "core/base/Error.h"
#include "core/nn/recompute.h"

namespace phloxine::nn {

at::Tensor resampled(const at::Tensor& x, Resample how, at::IntArrayRef size) {
    if (how == Resample::None) return x;
    if (how == Resample::Down) return at::avg_pool2d(x, 2, 2);
    return at::upsample_nearest2d(x, size.empty() ? at::IntArrayRef{x.size(2) * 2, x.size(3) * 2} : size);
}

ResBlock::ResBlock(const WeightView& w, const ResBlockShape& s)
    : norm1(w / "in_layers.0", s.groups, s.eps, s.in), norm2(w / "out_layers.0", s.groups, s.eps, s.out),
      conv1(w / "in_layers.2", s.in, s.out, 3), conv2(w / "out_layers.3", s.out, s.out, 3),
      emb(w / "emb_layers.1", s.time, s.scaleShift ? 2 * s.out : s.out), hasSkip(s.in != s.out), scaleShift(s.scaleShift),
      resample(s.resample) {
    if (hasSkip) skip = Conv(w / "skip_connection", s.in, s.out, 1);
}

at::Tensor ResBlock::branch(const at::Tensor& x, const at::Tensor& siluOfTime, at::IntArrayRef size) const {
    auto h = norm1.silu(x);
    if (resample != Resample::None) h = resampled(h, resample, size);
    h = conv1(h);
    const auto time = emb(siluOfTime);
    if (!scaleShift) return conv2(norm2.silu(h, time));
    const auto parts = time.unsqueeze(-1).unsqueeze(-1).chunk(2, 1); // scale, shift
    return conv2(at::silu(at::addcmul(parts[1], norm2(h), parts[0] + 1)));
}

at::Tensor ResBlock::operator()(at::Tensor x, const at::Tensor& siluOfTime, at::IntArrayRef size, bool recompute) const {
    const auto h = recompute ? recomputed([block = *this, size = size.vec()](const auto& in) { return block.branch(in[0], in[1], size); },
                                          {x, siluOfTime})
                             : branch(x, siluOfTime, size);
    if (resample != Resample::None) x = resampled(x, resample, size);
    return (hasSkip ? skip(x) : x) + h;
}

at::Tensor Downsample::operator()(const at::Tensor& x) const { return conv ? (*conv)(x) : resampled(x, Resample::Down); }

at::Tensor Upsample::operator()(const at::Tensor& x, at::IntArrayRef size) const {
    const auto larger = resampled(x, Resample::Up, size);
    return conv ? (*conv)(larger) : larger;
}

TransformerBlock::TransformerBlock(const WeightView& w, int heads, int width, int context)
    : norm1(w / "norm1", width), norm2(w / "norm2", width), norm3(w / "norm3", width), self(w / "attn1", heads, width, width),
      cross(w / "attn2", heads, width, context > 0 ? context : width), feedForwardIn(w / "ff.net.0.proj", width, 8 * width),
      feedForwardOut(w / "ff.net.2", 4 * width, width) {}

at::Tensor TransformerBlock::operator()(at::Tensor x, const at::Tensor& context, const at::Tensor& mask) const {
    auto y = norm1(x);
    x = x + self(y, y);
    y = norm2(x);
    x = x + (context.defined() ? cross(y, context, mask) : cross(y, y));
    return x + feedForwardOut(geglu(feedForwardIn(norm3(x))));
}

SpatialTransformer::SpatialTransformer(const WeightView& w, const TransformerShape& s)
    : norm(w / "norm", s.groups, 1e-6, s.channels), linear(s.linear) {
    const int width = s.heads * s.headSize; // less than the channels where the heads do not divide them
    if (linear) linearIn = Linear(w / "proj_in", s.channels, width), linearOut = Linear(w / "proj_out", width, s.channels);
    else convIn = Conv(w / "proj_in", s.channels, width, 1), convOut = Conv(w / "proj_out", width, s.channels, 1);
    for (int i = 0; i < s.depth; ++i) blocks.emplace_back(w / "transformer_blocks" / i, s.heads, width, s.context);
}

at::Tensor SpatialTransformer::branch(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask) const {
    auto h = linear ? linearIn(toTokens(norm(x))) : toTokens(convIn(norm(x)));
    for (const auto& block : blocks) h = block(h, context, mask);
    return linear ? toMap(linearOut(h), x.size(2), x.size(3)) : convOut(toMap(h, x.size(2), x.size(3)));
}

at::Tensor SpatialTransformer::operator()(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mask, bool recompute) const {
    if (!recompute) return x + branch(x, context.defined() && context.requires_grad() ? context.alias() : context, mask);
    if (!context.defined()) return x + recomputed([block = *this](const auto& in) { return block.branch(in[0], {}, {}); }, {x});
    return x + recomputed([block = *this, mask](const auto& in) { return block.branch(in[0], in[1], mask); }, {x, context});
}

AttentionBlock::AttentionBlock(const WeightView& w, int groups, double eps, int channels, int heads, bool newOrder)
    : norm(w / "norm", groups, eps, channels), heads(heads) {
    const auto byKind = [&](const at::Tensor& t) { // [heads, q|k|v, size, ...] -> [q|k|v, heads, size, ...]
        return newOrder ? t : t.reshape({heads, 3, channels / heads, -1}).transpose(0, 1).reshape(t.sizes());
    };
    qkvWeight = byKind(w.get("qkv.weight", {3 * channels, channels, 1}).squeeze(-1)); // a convolution over positions, of size one
    qkvBias = byKind(w.get("qkv.bias", {3 * channels}));
    outWeight = w.get("proj_out.weight", {channels, channels, 1}).squeeze(-1);
    outBias = w.get("proj_out.bias", {channels});
}

at::Tensor AttentionBlock::operator()(const at::Tensor& x) const {
    const auto linear = [](const at::Tensor& t, const at::Tensor& weight, const at::Tensor& bias) {
        return at::linear(t, weight.to(t.scalar_type()), bias.to(t.scalar_type()));
    };
    const auto qkv = linear(toTokens(norm(x)), qkvWeight, qkvBias).chunk(3, -1);
    return x + toMap(linear(attention(qkv[0], qkv[1], qkv[2], heads), outWeight, outBias), x.size(2), x.size(3));
}

} // namespace phloxine::nn
