#include "core/train/adamw_kernel.h"

#include <algorithm>
#include <cmath>

namespace phloxine {

namespace {

constexpr std::int64_t piece = 2048; // floats that stay in the first cache between the update and the means

[[gnu::always_inline]] inline void updatePiece(const AdamwStep& s, const AdamwBlock& b, std::int64_t at, std::int64_t n) {
    float* __restrict master = b.master + at;
    float* __restrict first = b.first + at;
    float* __restrict second = b.second + at;
    const float* __restrict gradient = b.gradient + at;
    const float beta1 = s.beta1, beta2 = s.beta2, epsilon = s.epsilon, stepSize = s.stepSize, scale = s.secondScale,
                gradientScale = s.gradientScale, keep = b.keep;
    for (std::int64_t i = 0; i < n; ++i) {
        const float g = gradient[i] * gradientScale;
        const float m = first[i] + (1 - beta1) * (g - first[i]);
        const float v = beta2 * second[i] + (1 - beta2) * g * g;
        first[i] = m, second[i] = v;
        master[i] = keep * master[i] - stepSize * (m / (std::sqrt(v) * scale + epsilon));
    }
    for (std::size_t k = 0; k < s.means.size(); ++k) {
        float* __restrict mean = b.means[k] + at;
        const float share = s.means[k];
        for (std::int64_t i = 0; i < n; ++i) mean[i] += share * (master[i] - mean[i]);
    }
}

[[gnu::always_inline]] inline void updateBlock(const AdamwStep& s, const AdamwBlock& b) {
    for (std::int64_t at = 0; at < b.count; at += piece) updatePiece(s, b, at, std::min(piece, b.count - at));
}

void updatePlain(const AdamwStep& s, const AdamwBlock& b) { updateBlock(s, b); }
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void updateAvx2(const AdamwStep& s, const AdamwBlock& b) { updateBlock(s, b); }
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
void updateAvx2(const AdamwStep& s, const AdamwBlock& b) { updateBlock(s, b); }
bool hasAvx2() { return false; }
#endif

} // namespace

void adamwUpdate(const AdamwStep& step, const AdamwBlock& block) {
    static const auto update = hasAvx2() ? updateAvx2 : updatePlain;
    if (block.gradient) return update(step, block);
    static const std::vector<float> zeros(std::size_t(piece), 0.0f);
    for (std::int64_t at = 0; at < block.count; at += piece) { // a weight that took no part still decays
        AdamwBlock part{block.master + at, block.first + at, block.second + at, zeros.data(), {}, std::min(piece, block.count - at),
                        block.keep};
        for (auto* mean : block.means) part.means.push_back(mean + at);
        update(step, part);
    }
}

double sumOfSquares(const float* values, std::int64_t count) {
    double lanes[8] = {};
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int k = 0; k < 8; ++k) lanes[k] += double(values[i + k]) * double(values[i + k]);
    for (; i < count; ++i) lanes[0] += double(values[i]) * double(values[i]);
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

} // namespace phloxine
