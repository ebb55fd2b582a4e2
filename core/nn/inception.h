#pragma once
// Inception-v3 as the Frechet inception distance uses it (Szegedy et al. 2015; the TensorFlow graph of 2015-12-05 as pytorch-fid carries
// it): average pooling leaves the padding out, and the last block pools by maximum. Keys as in the weight file of pytorch-fid.
#include <vector>

#include "core/tensor/Weights.h"

namespace phloxine::nn {

// A convolution without bias, its batch norm (eps 1e-3, folded in when bound) and a ReLU. The kernel may be oblong.
struct ConvNormRelu {
    at::Tensor weight, bias;
    int stride = 1;
    std::vector<std::int64_t> padding;
    ConvNormRelu() = default;
    // kernel {h, w}; `pad`: half the kernel on each side, else none
    ConvNormRelu(const WeightView& w, int in, int out, std::pair<int, int> kernel, int stride = 1, bool pad = true);
    at::Tensor operator()(const at::Tensor& x) const;
};
using ConvChain = std::vector<ConvNormRelu>;

enum class InceptionPool { Average, Maximum, MaximumStride2 };

// Branches beside each other, joined along the channels. The parts of `fork`, where there are any, all read the end of the branch.
struct InceptionBranch {
    ConvChain chain, fork;
};
struct InceptionBlock {
    std::vector<InceptionBranch> branches;
    InceptionPool pool = InceptionPool::Average;
    ConvChain afterPool;
    at::Tensor operator()(const at::Tensor& x) const;
};

class Inception {
public:
    static constexpr int size = 299, width = 2048;
    explicit Inception(const WeightView& w);               // Error(MissingKey | Shape)
    at::Tensor operator()(const at::Tensor& images) const; // [n, 3, h, w] in -1..1, 299 x 299 as published -> pool3 [n, 2048] in float32

private:
    Binding m_binding;
    ConvChain m_stem;
    std::vector<InceptionBlock> m_blocks;
};

} // namespace phloxine::nn
