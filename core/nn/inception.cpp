#include "core/nn/inception.h"

#include "core/base/Error.h"

namespace phloxine::nn {

namespace {

using Kernel = std::pair<int, int>;
constexpr Kernel point{1, 1}, square3{3, 3}, square5{5, 5}, row3{1, 3}, column3{3, 1}, row7{1, 7}, column7{7, 1};

// One convolution of a branch: its name behind the branch's, what it gives, its kernel.
struct Part {
    const char* name;
    int out;
    Kernel kernel;
    int stride = 1;
    bool pad = true;
};

ConvChain chain(const WeightView& w, int in, std::initializer_list<Part> parts) {
    ConvChain bound;
    for (const auto& p : parts) {
        bound.emplace_back(w / p.name, in, p.out, p.kernel, p.stride, p.pad);
        in = p.out;
    }
    return bound;
}

InceptionBlock blockA(const WeightView& w, int in, int pooled) {
    return {{{chain(w, in, {{"branch1x1", 64, point}}), {}},
             {chain(w, in, {{"branch5x5_1", 48, point}, {"branch5x5_2", 64, square5}}), {}},
             {chain(w, in, {{"branch3x3dbl_1", 64, point}, {"branch3x3dbl_2", 96, square3}, {"branch3x3dbl_3", 96, square3}}), {}}},
            InceptionPool::Average,
            chain(w, in, {{"branch_pool", pooled, point}})};
}

InceptionBlock blockB(const WeightView& w, int in) {
    return {
        {{chain(w, in, {{"branch3x3", 384, square3, 2, false}}), {}},
         {chain(w, in, {{"branch3x3dbl_1", 64, point}, {"branch3x3dbl_2", 96, square3}, {"branch3x3dbl_3", 96, square3, 2, false}}), {}}},
        InceptionPool::MaximumStride2,
        {}};
}

InceptionBlock blockC(const WeightView& w, int in, int inner) {
    return {{{chain(w, in, {{"branch1x1", 192, point}}), {}},
             {chain(w, in, {{"branch7x7_1", inner, point}, {"branch7x7_2", inner, row7}, {"branch7x7_3", 192, column7}}), {}},
             {chain(w, in,
                    {{"branch7x7dbl_1", inner, point},
                     {"branch7x7dbl_2", inner, column7},
                     {"branch7x7dbl_3", inner, row7},
                     {"branch7x7dbl_4", inner, column7},
                     {"branch7x7dbl_5", 192, row7}}),
              {}}},
            InceptionPool::Average,
            chain(w, in, {{"branch_pool", 192, point}})};
}

InceptionBlock blockD(const WeightView& w, int in) {
    return {{{chain(w, in, {{"branch3x3_1", 192, point}, {"branch3x3_2", 320, square3, 2, false}}), {}},
             {chain(w, in,
                    {{"branch7x7x3_1", 192, point},
                     {"branch7x7x3_2", 192, row7},
                     {"branch7x7x3_3", 192, column7},
                     {"branch7x7x3_4", 192, square3, 2, false}}),
              {}}},
            InceptionPool::MaximumStride2,
            {}};
}

InceptionBlock blockE(const WeightView& w, int in, InceptionPool pool) {
    const auto fork = [&](const char* row, const char* column) {
        return ConvChain{ConvNormRelu(w / row, 384, 384, row3), ConvNormRelu(w / column, 384, 384, column3)};
    };
    return {
        {{chain(w, in, {{"branch1x1", 320, point}}), {}},
         {chain(w, in, {{"branch3x3_1", 384, point}}), fork("branch3x3_2a", "branch3x3_2b")},
         {chain(w, in, {{"branch3x3dbl_1", 448, point}, {"branch3x3dbl_2", 384, square3}}), fork("branch3x3dbl_3a", "branch3x3dbl_3b")}},
        pool,
        chain(w, in, {{"branch_pool", 192, point}})};
}

at::Tensor pooled(const at::Tensor& x, InceptionPool pool) {
    switch (pool) {
    case InceptionPool::Average:
        return at::avg_pool2d(x, {3, 3}, {1, 1}, {1, 1}, false, /*count_include_pad=*/false);
    case InceptionPool::Maximum:
        return at::max_pool2d(x, {3, 3}, {1, 1}, {1, 1});
    case InceptionPool::MaximumStride2:
        break;
    }
    return at::max_pool2d(x, {3, 3}, {2, 2});
}

at::Tensor through(const ConvChain& chain, at::Tensor x) {
    for (const auto& conv : chain) x = conv(x);
    return x;
}

} // namespace

ConvNormRelu::ConvNormRelu(const WeightView& w, int in, int out, Kernel kernel, int stride, bool pad)
    : stride(stride), padding(pad ? std::vector<std::int64_t>{kernel.first / 2, kernel.second / 2} : std::vector<std::int64_t>{0, 0}) {
    const auto conv = (w / "conv").exact("weight", {out, in, kernel.first, kernel.second}).to(at::kDouble);
    const auto norm = [&](const char* name) { return (w / "bn").exact(name, {out}).to(at::kDouble); };
    const auto scale = norm("weight") / (norm("running_var") + 1e-3).sqrt();
    const auto dtype = w.binding().infer ? w.binding().dtype : at::kFloat;
    bias = (norm("bias") - norm("running_mean") * scale).to(dtype);
    weight = (conv * scale.view({-1, 1, 1, 1})).to(dtype).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor ConvNormRelu::operator()(const at::Tensor& x) const { return at::conv2d(x, weight, bias, {stride, stride}, padding).relu_(); }

at::Tensor InceptionBlock::operator()(const at::Tensor& x) const {
    std::vector<at::Tensor> parts;
    for (const auto& branch : branches) {
        const auto end = through(branch.chain, x);
        if (branch.fork.empty()) parts.push_back(end);
        for (const auto& conv : branch.fork) parts.push_back(conv(end));
    }
    parts.push_back(through(afterPool, pooled(x, pool)));
    return at::cat(parts, 1);
}

Inception::Inception(const WeightView& w) : m_binding(w.binding()) {
    m_stem = chain(w, 3,
                   {{"Conv2d_1a_3x3", 32, square3, 2, false},
                    {"Conv2d_2a_3x3", 32, square3, 1, false},
                    {"Conv2d_2b_3x3", 64, square3},
                    {"Conv2d_3b_1x1", 80, point},
                    {"Conv2d_4a_3x3", 192, square3, 1, false}});
    m_blocks = {blockA(w / "Mixed_5b", 192, 32),
                blockA(w / "Mixed_5c", 256, 64),
                blockA(w / "Mixed_5d", 288, 64),
                blockB(w / "Mixed_6a", 288),
                blockC(w / "Mixed_6b", 768, 128),
                blockC(w / "Mixed_6c", 768, 160),
                blockC(w / "Mixed_6d", 768, 160),
                blockC(w / "Mixed_6e", 768, 192),
                blockD(w / "Mixed_7a", 768),
                blockE(w / "Mixed_7b", 1280, InceptionPool::Average),
                blockE(w / "Mixed_7c", 2048, InceptionPool::Maximum)};
}

at::Tensor Inception::operator()(const at::Tensor& images) const {
    if (images.dim() != 4 || images.size(1) != 3 || images.size(2) < 75 || images.size(3) < 75)
        throw Error(ErrorCode::Shape, "Inception reads colour images of at least 75 x 75 pixels, not a tensor of the shape " +
                                          shapeText(images.sizes()) + ".");
    auto x = images.to(m_binding.device, m_binding.dtype).contiguous(at::MemoryFormat::ChannelsLast);
    for (std::size_t i = 0; i < m_stem.size(); ++i) {
        x = m_stem[i](x);
        if (i == 2 || i == 4) x = pooled(x, InceptionPool::MaximumStride2);
    }
    for (const auto& block : m_blocks) x = block(x);
    return x.mean({2, 3}).to(at::kFloat);
}

} // namespace phloxine::nn
