#pragma once
// What a denoising network is to the rest of Phloxine: a function of a noisy latent, a time and a context.
#include <ATen/ATen.h>

namespace phloxine::nn {

// What guides a network. Either may be undefined: a U-Net with cross-attention reads tokens, a class-conditional transformer reads labels.
struct Context {
    at::Tensor tokens;    // [n, tokens, width]
    at::Tensor vector;    // [n] int64 labels, or [n, width]
    at::Tensor mask = {}; // [n, tokens], 0 for tokens that fill up and are not attended to; undefined: all are attended to
};
// One context after another along the batch; both hold the same tensors. Those with a mask may differ in length.
Context join(const Context& a, const Context& b);
Context expand(const Context& one, std::int64_t n); // a batch of one, repeated

class Network {
public:
    virtual ~Network() = default;
    // x [n, inChannels, h, w] float32, t [n] (may be fractional) -> the raw output [n, outChannels, h, w] in float32. Where outChannels is
    // twice inChannels, the second half is a learned variance.
    virtual at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const = 0;
    virtual int inChannels() const = 0;
    // From now on gradients keep the inputs of blocks alone, and the backward pass computes the blocks again. Weights may then be of
    // another precision than the binding's: they are cast where they are used. False where a network cannot.
    virtual bool recomputeBlocks() { return false; }
};

} // namespace phloxine::nn
