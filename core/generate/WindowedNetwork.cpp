#include "core/generate/WindowedNetwork.h"

#include <span>

#include "core/generate/windows.h"

namespace phloxine {

namespace {

constexpr std::size_t windowsAtOnce = 4; // fixed: the size of a batch changes the last bits

struct Place {
    const Window &rows, &columns;
};

at::Tensor weightOf(const Window& window, at::Device device) { return at::tensor(window.weight, at::kFloat).to(device); }

at::Tensor repeated(const at::Tensor& t, std::int64_t times) {
    if (!t.defined()) return t;
    std::vector<std::int64_t> repeats(std::size_t(t.dim()), 1);
    repeats[0] = times;
    return t.repeat(repeats);
}

at::Tensor cut(const at::Tensor& x, const Place& p) {
    return x.narrow(2, p.rows.start, std::int64_t(p.rows.weight.size())).narrow(3, p.columns.start, std::int64_t(p.columns.weight.size()));
}

} // namespace

at::Tensor WindowedNetwork::operator()(const at::Tensor& x, const at::Tensor& t, const nn::Context& context) const {
    const auto rows = windowsAlong(int(x.size(2)), m_window, (m_window + 1) / 2);
    const auto columns = windowsAlong(int(x.size(3)), m_window, (m_window + 1) / 2);
    std::vector<Place> places;
    for (const auto& row : rows)
        for (const auto& column : columns) places.push_back({row, column});

    if (m_size != x.sizes().vec()) { // else as in the step before
        m_size = x.sizes().vec();
        m_weights.clear();
        for (const auto& place : places)
            m_weights.push_back(at::outer(weightOf(place.rows, x.device()), weightOf(place.columns, x.device())));
    }

    at::Tensor sum;
    for (std::size_t first = 0; first < places.size(); first += windowsAtOnce) {
        if (first > 0 && m_between) m_between();
        const auto batch = std::span(places).subspan(first, std::min(windowsAtOnce, places.size() - first));
        const auto times = std::int64_t(batch.size());
        std::vector<at::Tensor> inputs;
        for (const auto& place : batch) inputs.push_back(cut(x, place));
        const auto out = m_network(at::cat(inputs, 0), repeated(t, times),
                                   {repeated(context.tokens, times), repeated(context.vector, times), repeated(context.mask, times)});
        if (!sum.defined()) sum = at::zeros({x.size(0), out.size(1), x.size(2), x.size(3)}, out.options());
        for (std::int64_t i = 0; i < times; ++i) {
            const auto& place = batch[std::size_t(i)];
            cut(sum, place).add_(out.narrow(0, i * x.size(0), x.size(0)) * m_weights[first + std::size_t(i)]);
        }
    }
    return sum;
}

} // namespace phloxine
