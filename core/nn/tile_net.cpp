#include "core/nn/tile_net.h"

#include "core/base/Error.h"
#include "core/tensor/formula_weights.h"

namespace phloxine::nn {

namespace {

constexpr int groupWidth = 8; // channels per group of the norms
constexpr double eps = 1e-5;

at::Tensor activated(const GroupNorm& norm, const at::Tensor& x) { return at::silu(norm(x)); }

} // namespace

TileNet::TileNet(const WeightView& w, const TileNetShape& shape) : m_stem(w / "stem", shape.channels, shape.width, 7, 4) {
    int in = shape.width;
    for (int i = 0; i < shape.stages; ++i)
        for (int j = 0; j < shape.blocks; ++j) {
            const int out = shape.width << i, stride = i > 0 && j == 0 ? 2 : 1;
            const auto at = w / "stages" / i / j;
            Block block{GroupNorm(at / "norm1", in / groupWidth, eps, in),
                        GroupNorm(at / "norm2", out / groupWidth, eps, out),
                        Conv(at / "conv1", in, out, 3, stride),
                        Conv(at / "conv2", out, out, 3),
                        {}};
            if (in != out) block.skip = Conv(at / "skip", in, out, 1, stride, 0);
            m_blocks.push_back(std::move(block));
            in = out;
        }
    m_norm = GroupNorm(w / "norm", in / groupWidth, eps, in);
    m_embedding = Linear(w / "embedding", in, shape.embedding);
    if (shape.classes > 0) m_head = Linear(w / "head", shape.embedding, shape.classes);
}

at::Tensor TileNet::Block::operator()(const at::Tensor& x) const {
    const auto first = activated(norm1, x);
    return (skip ? (*skip)(first) : x) + conv2(activated(norm2, conv1(first)));
}

at::Tensor TileNet::cells(const at::Tensor& x) const {
    auto h = m_stem(x.to(m_stem.weight.scalar_type()));
    for (const auto& block : m_blocks) h = block(h);
    h = activated(m_norm, h).to(at::kFloat);
    return toMap(m_embedding(toTokens(h)), h.size(2), h.size(3));
}

at::Tensor TileNet::pooled(const at::Tensor& cells) { return cells.mean({2, 3}); }

at::Tensor TileNet::dense(const at::Tensor& cells) {
    const auto tokens = toTokens(cells);
    return tokens / tokens.norm(2, {2}, true).clamp_min(1e-12);
}

at::Tensor TileNet::logits(const at::Tensor& pooled) const { return m_head(pooled); }

Weights newTileNet(const TileNetShape& shape, std::uint64_t seed) {
    Weights weights;
    TensorSource source{
        weights, [&](const std::string& key, at::IntArrayRef sizes) -> at::Tensor {
            if (key.ends_with("bias")) return at::zeros(sizes, at::kFloat);
            if (sizes.size() == 1) return at::ones(sizes, at::kFloat);
            const double gain = key.ends_with("conv2.weight") ? 0.2 : key.starts_with("head") ? 0.5 : 1.4; // SiLU halves the power
            return formulaWeight(std::to_string(seed) + ":", key, sizes, gain);
        }};
    Binding binding = Binding::train();
    binding.source = &source;
    TileNet(WeightView(weights, binding), shape);
    return weights;
}

TileNetShape tileNetShape(const Weights& weights) {
    const WeightView view(weights, Binding::train());
    TileNetShape shape;
    const auto stem = view.get("stem.weight", {-1, -1, 7, 7});
    shape.width = int(stem.size(0));
    shape.channels = int(stem.size(1));
    shape.stages = (view / "stages").count();
    shape.blocks = (view / "stages" / 0).count();
    shape.embedding = int(view.get("embedding.weight", {-1, -1}).size(0));
    shape.classes = view.has("head.weight") ? int(view.get("head.weight", {-1, shape.embedding}).size(0)) : 0;
    if (shape.width % groupWidth || shape.stages < 1 || shape.stages > 6 || shape.blocks < 1)
        throw Error(ErrorCode::Shape, "These weights do not belong to a network for tiles.", "stem.weight");
    TileNet(view, shape); // every key is there, in its size
    return shape;
}

} // namespace phloxine::nn
