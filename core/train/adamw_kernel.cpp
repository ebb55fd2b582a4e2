#include "core/train/adamw_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace phloxine {

namespace {

constexpr std::int64_t narrowPiece = 4 * momentBlock;
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

[[gnu::always_inline]] inline std::uint32_t mixed(std::uint32_t x) { // the finaliser of MurmurHash3
    x = (x ^ (x >> 16)) * 0x85ebca6bu;
    x = (x ^ (x >> 13)) * 0xc2b2ae35u;
    return x ^ (x >> 16);
}
[[gnu::always_inline]] inline float share(std::uint32_t bits) { return float(int(bits)) * (1.0f / 65536); } // 16 bits: 0 <= share < 1

// Floats of one piece, in the first cache.
struct Scratch {
    alignas(64) float master[narrowPiece], first[narrowPiece], second[narrowPiece], gradient[narrowPiece];
    alignas(64) std::uint32_t random[narrowPiece];
};

[[gnu::always_inline]] inline void widen(const std::uint16_t* __restrict from, float* __restrict to, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = std::bit_cast<float>(std::uint32_t(from[i]) << 16);
}

[[gnu::always_inline]] inline void narrowMaster(const Scratch& s, std::uint16_t* __restrict to, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(s.master[i]) + (s.random[i] & 0xffffu);
        to[i] = std::uint16_t(bits >> 16);
    }
}

[[gnu::always_inline]] inline void loadMoments(Scratch& s, const NarrowBlock& b, std::int64_t at, std::int64_t n) {
    for (std::int64_t start = 0; start < n; start += momentBlock) {
        const std::int64_t end = std::min(n, start + momentBlock);
        const float one = b.firstScales[(at + start) / momentBlock] * (1.0f / (127 * 127));
        const float two = b.secondScales[(at + start) / momentBlock];
        const std::int8_t* __restrict codes = b.firstCodes + at;
        const std::uint8_t* __restrict roots = b.secondCodes + at;
        for (std::int64_t i = start; i < end; ++i) {
            const float c = float(int(codes[i])), r = float(int(roots[i])) * (1.0f / 255);
            s.first[i] = one * c * std::fabs(c);
            s.second[i] = two * ((r * r) * (r * r));
        }
    }
}

[[gnu::always_inline]] inline void storeMoments(Scratch& s, const NarrowBlock& b, std::int64_t at, std::int64_t n) {
    for (std::int64_t start = 0; start < n; start += momentBlock) {
        const std::int64_t end = std::min(n, start + momentBlock);
        float lanes[16] = {}, others[16] = {};
        std::int64_t i = start;
        for (; i + 16 <= end; i += 16)
            for (int k = 0; k < 16; ++k) {
                const float m = std::fabs(s.first[i + k]), v = s.second[i + k];
                lanes[k] = lanes[k] > m ? lanes[k] : m, others[k] = others[k] > v ? others[k] : v;
            }
        for (; i < end; ++i) lanes[0] = std::max(lanes[0], std::fabs(s.first[i])), others[0] = std::max(others[0], s.second[i]);
        const float one = *std::max_element(lanes, lanes + 16), two = *std::max_element(others, others + 16);
        b.firstScales[(at + start) / momentBlock] = one, b.secondScales[(at + start) / momentBlock] = two;
        const float oneInverse = one > 0 ? 1 / one : 0, twoInverse = two > 0 ? 1 / two : 0;
        std::int8_t* __restrict codes = b.firstCodes + at;
        std::uint8_t* __restrict roots = b.secondCodes + at;
        for (i = start; i < end; ++i) {
            const auto random = mixed(s.random[i]);
            const float m = s.first[i], v = s.second[i];
            const float q = std::fabs(m) * oneInverse * (127.0f * 127.0f), below = float(int(std::min(126.0f, std::sqrt(q))));
            const int size = int(below) + (share(random & 0xffffu) * (2 * below + 1) < q - below * below); // right on average
            codes[i] = std::int8_t(m < 0 ? -size : size);
            const int root = int(std::min(255.0f, std::sqrt(std::sqrt(v * twoInverse)) * 255 + share(random >> 16)));
            roots[i] = std::uint8_t(root < 3 && v > 0 ? 3 : root);
        }
    }
}

[[gnu::always_inline]] inline void updateNarrow(const AdamwStep& step, const NarrowBlock& b) {
    Scratch s;
    for (std::int64_t at = 0; at < b.count; at += narrowPiece) {
        const std::int64_t n = std::min(narrowPiece, b.count - at);
        const std::uint32_t first = b.index + std::uint32_t(at), salt = b.salt;
        for (std::int64_t i = 0; i < n; ++i) s.random[i] = mixed((first + std::uint32_t(i)) * 0x9e3779b1u ^ salt);
        if (b.gradientBf16) widen(b.gradientBf16 + at, s.gradient, n);
        else if (!b.gradient) std::fill(s.gradient, s.gradient + n, 0.0f);
        if (b.masterBf16) widen(b.masterBf16 + at, s.master, n);
        if (b.firstCodes) loadMoments(s, b, at, n);
        AdamwBlock wide{b.masterBf16 ? s.master : b.master + at,
                        b.firstCodes ? s.first : b.first + at,
                        b.firstCodes ? s.second : b.second + at,
                        b.gradient ? b.gradient + at : s.gradient,
                        {},
                        n,
                        b.keep};
        for (auto* mean : b.means) wide.means.push_back(mean + at);
        updatePiece(step, wide, 0, n);
        if (b.masterBf16) narrowMaster(s, b.masterBf16 + at, n);
        if (b.firstCodes) storeMoments(s, b, at, n);
    }
}

void updatePlain(const AdamwStep& s, const AdamwBlock& b) { updateBlock(s, b); }
void narrowPlain(const AdamwStep& s, const NarrowBlock& b) { updateNarrow(s, b); }
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void updateAvx2(const AdamwStep& s, const AdamwBlock& b) { updateBlock(s, b); }
[[gnu::target("avx2,fma")]] void narrowAvx2(const AdamwStep& s, const NarrowBlock& b) { updateNarrow(s, b); }
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
void updateAvx2(const AdamwStep& s, const AdamwBlock& b) { updateBlock(s, b); }
void narrowAvx2(const AdamwStep& s, const NarrowBlock& b) { updateNarrow(s, b); }
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

void adamwUpdate(const AdamwStep& step, const NarrowBlock& block) {
    static const auto update = hasAvx2() ? narrowAvx2 : narrowPlain;
    update(step, block);
}

double sumOfSquares(const float* values, std::int64_t count) {
    double lanes[8] = {};
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int k = 0; k < 8; ++k) lanes[k] += double(values[i + k]) * double(values[i + k]);
    for (; i < count; ++i) lanes[0] += double(values[i]) * double(values[i]);
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

double sumOfSquares(const std::uint16_t* bf16, std::int64_t count) {
    float wide[1024];
    double sum = 0;
    for (std::int64_t at = 0; at < count; at += 1024) {
        const std::int64_t n = std::min<std::int64_t>(1024, count - at);
        widen(bf16 + at, wide, n);
        sum += sumOfSquares(wide, n);
    }
    return sum;
}

} // namespace phloxine
