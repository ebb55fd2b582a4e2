#include "core/nn/norm_statistics.h"

#include <algorithm>
#include <limits>

#include "core/nn/layers.h"

namespace phloxine::nn {

namespace {
thread_local NormStatistics* currentStatistics = nullptr;
}

NormStatistics::NormStatistics() { currentStatistics = this; }
NormStatistics::~NormStatistics() { currentStatistics = nullptr; }
NormStatistics* NormStatistics::current() { return currentStatistics; }

void NormStatistics::beginWindow(std::function<at::Tensor(std::int64_t, std::int64_t)> weightAt) {
    m_weightAt = std::move(weightAt);
    m_weights.clear();
    m_next = 0;
}

double NormStatistics::endPass() {
    if (m_sums.empty()) return 0; // a network without norms
    const auto before = std::move(m_used);
    m_used.clear();
    for (const auto& sums : m_sums) m_used.push_back({sums.x / sums.positions, sums.squares / sums.positions});
    m_sums.clear();
    if (before.empty()) return std::numeric_limits<double>::infinity();
    const auto deviation = [](const Used& used) { return (used.variance - used.mean * used.mean).clamp_min(0).sqrt(); };
    std::vector<at::Tensor> moved; // read together: one wait for a device
    for (std::size_t i = 0; i < m_used.size(); ++i) {
        const auto now = deviation(m_used[i]);
        const auto change = at::maximum((m_used[i].mean - before[i].mean).abs(), (now - deviation(before[i])).abs());
        moved.push_back(change.max() / now.square().mean().sqrt().clamp_min(1e-12));
    }
    return at::stack(moved).max().item<double>();
}

const NormStatistics::Weight& NormStatistics::weightOf(const at::Tensor& x) {
    auto& weight = m_weights[{x.size(2), x.size(3)}];
    if (!weight.map.defined()) {
        const auto here = m_weightAt(x.size(2), x.size(3));
        weight = {here.to(x.device()), here.sum(at::kDouble).item<double>()};
    }
    return weight;
}

at::Tensor NormStatistics::normalise(const GroupNorm& norm, const at::Tensor& x) {
    const auto index = m_next++;
    const auto values = x.to(at::kFloat);
    if (m_weightAt) {
        const auto none = [&] { return at::zeros({x.size(1)}, x.options().dtype(at::kDouble)); };
        if (index == m_sums.size()) m_sums.push_back({none(), none(), 0});
        const auto& weight = weightOf(x);
        auto& sums = m_sums[index];
        sums.x += (values * weight.map).sum({0, 2, 3}, false, at::kDouble);
        sums.squares += (values * values * weight.map).sum({0, 2, 3}, false, at::kDouble);
        sums.positions += weight.sum;
    }
    if (m_used.empty()) return at::group_norm(x, norm.groups, norm.weight, norm.bias, norm.eps); // in inference weights have the type of x
    const auto byGroup = [&](const at::Tensor& t) {
        return t.view({norm.groups, -1}).mean(1, true).expand({norm.groups, x.size(1) / norm.groups}).reshape({-1});
    };
    const auto mean = byGroup(m_used[index].mean), variance = byGroup(m_used[index].variance) - mean * mean;
    const auto scale = (variance + norm.eps).rsqrt() * norm.weight;
    const auto shift = norm.bias - mean * scale;
    const auto perChannel = [](const at::Tensor& t) { return t.to(at::kFloat).view({1, -1, 1, 1}); };
    return at::addcmul(perChannel(shift), values, perChannel(scale)).to(x.scalar_type());
}

} // namespace phloxine::nn
