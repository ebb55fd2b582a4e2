#include "core/nn/diffusion_transformer.h"

#include "core/base/Error.h"

namespace phloxine::nn {

at::Tensor sincosPositions(std::int64_t rows, std::int64_t columns, int width, int base, double interpolation, at::Device device) {
    const auto options = at::TensorOptions(at::kFloat).device(device);
    const auto places = [&](std::int64_t n) { return at::arange(n, options) / (double(n) / base) / interpolation; };
    const int quarter = width / 4;
    const auto omega = at::pow(10000.0, at::arange(quarter, options.dtype(at::kDouble)) / double(quarter)).reciprocal();
    const auto waves = [&](const at::Tensor& place) { // [rows, columns] -> [rows, columns, width/2]
        const auto angles = place.to(at::kDouble).unsqueeze(-1) * omega;
        return at::cat({angles.sin(), angles.cos()}, -1);
    };
    const auto column = places(columns).view({1, -1}).expand({rows, columns}), row = places(rows).view({-1, 1}).expand({rows, columns});
    return at::cat({waves(column), waves(row)}, -1).view({1, rows * columns, width}).to(at::kFloat);
}

PatchEmbedding::PatchEmbedding(const WeightView& w, int in, int patch, int sampleSize, double interpolation)
    : patch(patch), base(patch > 0 ? sampleSize / patch : 0), interpolation(interpolation) {
    if (patch < 1 || base < 1 || !(interpolation > 0))
        throw Error(ErrorCode::Shape, "A latent of " + std::to_string(sampleSize) + " cannot be cut into patches of " +
                                          std::to_string(patch) + "; correct sample_size and patch_size.");
    proj = Conv(w / "proj", in, -1, patch, patch, 0);
    if (width() % 4)
        throw Error(ErrorCode::Shape,
                    "The tensor \"" + w.prefix() + ".proj.weight\" has the shape " + shapeText(proj.weight.sizes()) +
                        ", which makes no patches of " + std::to_string(patch) + ".",
                    w.prefix());
    positions = sincosPositions(base, base, width(), base, interpolation, proj.weight.device());
}

at::Tensor PatchEmbedding::operator()(const at::Tensor& x) const {
    if (x.size(2) % patch || x.size(3) % patch)
        throw Error(ErrorCode::Shape, "A latent of " + std::to_string(x.size(3)) + " x " + std::to_string(x.size(2)) +
                                          " is no whole number of patches of " + std::to_string(patch) + "; choose another tile size.");
    const auto map = proj(x);
    const auto rows = map.size(2), columns = map.size(3);
    const bool usual = rows == base && columns == base;
    const auto places = usual ? positions : sincosPositions(rows, columns, width(), base, interpolation, x.device());
    return (toTokens(map) + places).to(x.scalar_type());
}

at::Tensor joinPatches(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns, int patch) {
    const auto n = tokens.size(0), channels = tokens.size(2) / (patch * patch);
    return tokens.reshape({n, rows, columns, patch, patch, channels})
        .permute({0, 5, 1, 3, 2, 4})
        .reshape({n, channels, rows * patch, columns * patch});
}

EmbeddingMlp::EmbeddingMlp(const WeightView& w, int in, int out) : linear1(w / "linear_1", in, out), linear2(w / "linear_2", out, out) {}
at::Tensor EmbeddingMlp::operator()(const at::Tensor& x) const { return linear2(at::silu(linear1(x))); }

GeluFeedForward::GeluFeedForward(const WeightView& w, int width) : in(w / "net.0.proj", width), out(w / "net.2", -1, width) {
    if (out.weight.size(1) != in.weight.size(0))
        throw Error(ErrorCode::Shape,
                    "The tensor \"" + w.prefix() + ".net.2.weight\" has the shape " + shapeText(out.weight.sizes()) + " where " +
                        shapeText({width, in.weight.size(0)}) + " is needed.",
                    w.prefix());
}
at::Tensor GeluFeedForward::operator()(const at::Tensor& x) const { return out(at::gelu(in(x), "tanh")); }

at::Tensor modulated(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale, double eps) {
    return at::addcmul(shift, at::layer_norm(x, {x.size(-1)}, {}, {}, eps), scale + 1);
}

void requireHeads(const std::string& name, int heads, int width) {
    if (heads < 1 || width % heads)
        throw Error(ErrorCode::Shape,
                    "The transformer \"" + name + "\" cannot divide its width of " + std::to_string(width) + " among " +
                        std::to_string(heads) + " heads.",
                    name);
}

} // namespace phloxine::nn
