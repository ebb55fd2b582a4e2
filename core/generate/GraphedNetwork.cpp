#include "core/generate/GraphedNetwork.h"

#include <cstdlib>
#include <string_view>

#include <c10/core/DeviceGuard.h>

#include "core/base/Log.h"
#include "core/tensor/cuda_module.h"

namespace phloxine {

namespace {

using Inputs = std::array<at::Tensor, 5>; // x, t, tokens, vector, mask
using Record = void*(int device, void (*work)(void*), void* context);
using OfGraph = void(void* graph);

constexpr std::size_t mostRecordings = 8;

bool canRecord(at::Device device) {
    const char* word = std::getenv("PHLOXINE_CUDA_GRAPHS");
    return device.is_cuda() && !(word && std::string_view(word) == "off") && cudaFunction<Record>("phloxineCudaGraphRecord");
}

at::Tensor run(const nn::Network& network, const Inputs& in) { return network(in[0], in[1], {in[2], in[3], in[4]}); }

} // namespace

struct GraphedNetwork::Recording {
    const nn::Network& network;
    Inputs inputs, given; // what the graph reads, and whose values it holds
    at::Tensor output;
    void* graph = nullptr;

    Recording(const nn::Network& network, const Inputs& in) : network(network) {
        for (std::size_t i = 0; i < in.size(); ++i) inputs[i] = in[i].defined() ? in[i].clone() : at::Tensor();
        const auto work = [](void* self) {
            auto& r = *static_cast<Recording*>(self);
            r.output = run(r.network, r.inputs);
        };
        graph = cudaFunction<Record>("phloxineCudaGraphRecord")(int(in[0].device().index()), work, this);
    }
    ~Recording() {
        if (graph) cudaFunction<OfGraph>("phloxineCudaGraphRelease")(graph);
    }
    Recording(const Recording&) = delete;

    at::Tensor play(const Inputs& in) {
        for (std::size_t i = 0; i < in.size(); ++i)
            if (in[i].defined() && !in[i].is_same(given[i])) inputs[i].copy_(in[i]); // texts stay from step to step
        given = in;
        cudaFunction<OfGraph>("phloxineCudaGraphPlay")(graph);
        return output.clone(); // the next call writes there
    }
};

GraphedNetwork::GraphedNetwork(const nn::Network& network) : m_network(network) {}
GraphedNetwork::~GraphedNetwork() = default;

at::Tensor GraphedNetwork::operator()(const at::Tensor& x, const at::Tensor& t, const nn::Context& context) const {
    const Inputs in{x, t, context.tokens, context.vector, context.mask};
    if (m_failed || !canRecord(x.device())) return run(m_network, in);
    Shapes shapes;
    for (const auto* each : {&x, &context.tokens, &context.vector, &context.mask})
        shapes.push_back(each->defined() ? each->sizes().vec() : std::vector<std::int64_t>{-1});
    const auto found = m_recordings.find(shapes);
    if (found == m_recordings.end()) {
        if (m_recordings.size() < mostRecordings) m_recordings[shapes] = nullptr;
        return run(m_network, in); // what libraries set up at the first call cannot be recorded
    }
    const c10::DeviceGuard guard(x.device());
    if (!found->second) {
        try {
            found->second = std::make_unique<Recording>(m_network, in);
        } catch (const c10::Error& e) { // memory for a second set of maps, or a kernel that cannot be recorded
            logInfo(std::string("The work of the network is not recorded: ") + e.what_without_backtrace());
            m_failed = true;
            return run(m_network, in);
        }
    }
    return found->second->play(in);
}

} // namespace phloxine
