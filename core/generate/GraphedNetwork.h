#pragma once
// A network on a GPU whose work is recorded once for each shape of its input, as a CUDA graph, and played from then on: the host no longer
// starts hundreds of kernels in each step. The kernels are the same, and so are the bits.
#include <map>
#include <memory>

#include "core/nn/network.h"

namespace phloxine {

class GraphedNetwork final : public nn::Network {
public:
    explicit GraphedNetwork(const nn::Network& network); // which outlives this one
    ~GraphedNetwork() override;

    // The first call of a shape runs as it is, the second is recorded. Where nothing can be recorded (on a CPU, or when recording failed,
    // or with PHLOXINE_CUDA_GRAPHS=off, to compare) all calls run as they are.
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const nn::Context& context) const override;
    int inChannels() const override { return m_network.inChannels(); }

private:
    struct Recording;
    using Shapes = std::vector<std::vector<std::int64_t>>; // of x, tokens, vector, mask
    const nn::Network& m_network;
    mutable std::map<Shapes, std::unique_ptr<Recording>> m_recordings; // nullptr: called once
    mutable bool m_failed = false;
};

} // namespace phloxine
