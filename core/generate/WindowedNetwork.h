#pragma once
// A network that sees a canvas through windows of the size it was trained on (Bar-Tal et al. 2023, "MultiDiffusion", eq. 5, with a smooth
// weight instead of a constant one). The sampler and the guidance know nothing of it.
#include <functional>

#include "core/nn/network.h"

namespace phloxine {

class WindowedNetwork final : public nn::Network {
public:
    // `window`: side of a window in latent elements; neighbours share at least half of it. `between` is called between two batches of
    // windows, so that a long step can be stopped (throw Cancelled). The network outlives this one.
    WindowedNetwork(const nn::Network& network, int window, std::function<void()> between)
        : m_network(network), m_window(window), m_between(std::move(between)) {}

    // x [n, c, h, w] with any h, w of at least `window`; the context is the same everywhere.
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const nn::Context& context) const override;
    int inChannels() const override { return m_network.inChannels(); }

private:
    const nn::Network& m_network;
    int m_window;
    std::function<void()> m_between;
    mutable std::vector<std::int64_t> m_size;  // of the canvas that the weights below are for
    mutable std::vector<at::Tensor> m_weights; // of each window, [h, w]
};

} // namespace phloxine
