#include "core/generate/windows.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace phloxine {

namespace {

std::vector<Window> weighed(const std::vector<int>& starts, int size) {
    if (starts.size() == 1) return {{0, std::vector<float>(std::size_t(size), 1)}};
    // A raised cosine of the distance from the element's middle to the end: it is never 0, so the first and the last window need no special
    // case.
    const auto raised = [size](int i) { return std::pow(std::sin(std::numbers::pi * (i + 0.5) / size), 2); };
    std::vector<double> total(std::size_t(starts.back() + size), 0);
    for (const int start : starts)
        for (int i = 0; i < size; ++i) total[std::size_t(start + i)] += raised(i);
    std::vector<Window> windows;
    for (const int start : starts) {
        windows.push_back({start, std::vector<float>(std::size_t(size))});
        for (int i = 0; i < size; ++i) windows.back().weight[std::size_t(i)] = float(raised(i) / total[std::size_t(start + i)]);
    }
    return windows;
}

} // namespace

std::vector<Window> windowsAlong(int length, int size, int overlap) {
    if (length <= size) return weighed({0}, length);
    const int span = length - size, stride = size - overlap, gaps = (span + stride - 1) / stride;
    std::vector<int> starts;
    for (int k = 0; k <= gaps; ++k) starts.push_back(int(std::int64_t(k) * span / gaps));
    return weighed(starts, size);
}

std::vector<Window> finer(const std::vector<Window>& windows, int factor) {
    std::vector<int> starts;
    for (const auto& window : windows) starts.push_back(window.start * factor);
    return weighed(starts, int(windows.front().weight.size()) * factor);
}

} // namespace phloxine
