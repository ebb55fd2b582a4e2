#include "core/tensor/noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace phloxine {

PhiloxBlock philox(const PhiloxBlock& counter, std::uint32_t key0, std::uint32_t key1) {
    auto a = counter.word[0], b = counter.word[1], c = counter.word[2], d = counter.word[3];
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p = 0xD2511F53ull * a, q = 0xCD9E8D57ull * c;
        const auto newA = std::uint32_t(q >> 32) ^ b ^ key0, newC = std::uint32_t(p >> 32) ^ d ^ key1;
        a = newA, b = std::uint32_t(q), c = newC, d = std::uint32_t(p);
        key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
    }
    return {{a, b, c, d}};
}

at::Tensor PhiloxNoise::draw(at::IntArrayRef shape) {
    auto noise = at::empty(shape, at::kFloat);
    auto* out = noise.data_ptr<float>();
    const auto n = noise.numel();
    const auto unit = [](std::uint32_t high, std::uint32_t low) { // (0, 1), 53 bits
        return (double((std::uint64_t(high) << 32 | low) >> 11) + 0.5) * 0x1p-53;
    };
    for (std::int64_t i = 0; i < n; i += 2) {
        const auto pair = std::uint64_t(i / 2);
        const auto block =
            philox({{std::uint32_t(pair), std::uint32_t(pair >> 32), m_draw, 0}}, std::uint32_t(m_seed), std::uint32_t(m_seed >> 32));
        const auto& w = block.word;
        const double radius = std::sqrt(-2.0 * std::log(unit(w[0], w[1]))), angle = 2.0 * std::numbers::pi * unit(w[2], w[3]);
        out[i] = float(radius * std::cos(angle));
        if (i + 1 < n) out[i + 1] = float(radius * std::sin(angle));
    }
    ++m_draw;
    return noise;
}

at::Tensor slerp(const at::Tensor& a, const at::Tensor& b, double t) {
    if (t == 0) return a;
    if (t == 1) return b;
    const auto from = a.to(at::kDouble), to = b.to(at::kDouble);
    const auto fromLength = from.norm().item<double>(), toLength = to.norm().item<double>();
    const auto cosine = (from * to).sum().item<double>() / (fromLength * toLength);
    const double angle = std::acos(std::clamp(cosine, -1.0, 1.0)), length = (1 - t) * fromLength + t * toLength;
    if (!(std::sin(angle) > 1e-6)) return (from * (1 - t) + to * t).to(a.scalar_type()); // the same direction, or none
    const auto direction =
        from * (std::sin((1 - t) * angle) / (std::sin(angle) * fromLength)) + to * (std::sin(t * angle) / (std::sin(angle) * toLength));
    return (direction * length).to(a.scalar_type());
}

} // namespace phloxine
