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
    m_next = 0;
}

double NormStatistics::endPass() {
    const auto before = std::move(m_used);
    m_used.clear();
    for (const auto& sums : m_sums) m_used.push_back({sums.x / sums.positions, sums.squares / sums.positions});
    m_sums.clear();
    if (before.empty()) return std::numeric_limits<double>::infinity();
    const auto deviation = [](const Used& used) { return (used.variance - used.mean * used.mean).clamp_min(0).sqrt(); };
    double moved = 0;
    for (std::size_t i = 0; i < m_used.size(); ++i) {
        const auto now = deviation(m_used[i]);
        const auto change = at::maximum((m_used[i].mean - before[i].mean).abs(), (now - deviation(before[i])).abs());
        moved = std::max(moved, (change.max() / now.square().mean().sqrt().clamp_min(1e-12)).item<double>());
    }
    return moved;
}

at::Tensor NormStatistics::normalise(const GroupNorm& norm, const at::Tensor& x) {
    const auto index = m_next++;
    const auto values = x.to(at::kFloat);
    if (m_weightAt) {
        if (index == m_sums.size()) m_sums.push_back({at::zeros({x.size(1)}, at::kDouble), at::zeros({x.size(1)}, at::kDouble), 0});
        const auto weight = m_weightAt(x.size(2), x.size(3)).to(x.device());
        auto& sums = m_sums[index];
        sums.x += (values * weight).sum({0, 2, 3}, false, at::kDouble).cpu();
        sums.squares += (values * values * weight).sum({0, 2, 3}, false, at::kDouble).cpu();
        sums.positions += weight.sum(at::kDouble).item<double>();
    }
    if (m_used.empty()) return at::group_norm(x, norm.groups, norm.weight, norm.bias, norm.eps);
    const auto byGroup = [&](const at::Tensor& t) {
        return t.view({norm.groups, -1}).mean(1, true).expand({norm.groups, x.size(1) / norm.groups}).reshape({-1});
    };
    const auto mean = byGroup(m_used[index].mean), variance = byGroup(m_used[index].variance) - mean * mean;
    const auto scale = (variance + norm.eps).rsqrt().to(x.device()) * norm.weight;
    const auto shift = norm.bias - mean.to(x.device()) * scale;
    const auto perChannel = [](const at::Tensor& t) { return t.to(at::kFloat).view({1, -1, 1, 1}); };
    return at::addcmul(perChannel(shift), values, perChannel(scale)).to(x.scalar_type());
}

} // namespace phloxine::nn
