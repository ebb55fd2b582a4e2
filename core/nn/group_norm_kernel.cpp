#include "core/nn/group_norm_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace phloxine::nn {

namespace {

using Bf16 = std::uint16_t;

[[gnu::always_inline]] inline float wide(float x) { return x; }
[[gnu::always_inline]] inline float wide(Bf16 x) { return std::bit_cast<float>(std::uint32_t(x) << 16); }
[[gnu::always_inline]] inline void store(float x, float& to) { to = x; }
[[gnu::always_inline]] inline void store(float x, Bf16& to) { // to the nearest, halves to even
    const auto bits = std::bit_cast<std::uint32_t>(x);
    to = Bf16((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

// 1 / (1 + exp(-x)); exp to 2 ulp by a polynomial over half a power of two.
[[gnu::always_inline]] inline float sigmoid(float x) {
    const float t = std::min(87.0f, std::max(-87.0f, -x));
    const float k = (t * 1.44269504f + 12582912.0f) - 12582912.0f; // rounded
    const float r = (t - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float e = (p * r * r + r + 1) * std::bit_cast<float>(std::uint32_t(int(k) + 127) << 23);
    return 1 / (1 + e);
}

struct Channels { // of one sample: z = scale x + shift
    std::vector<float> scale, shift, one, two;
    explicit Channels(std::int64_t n) : scale(std::size_t(n)), shift(std::size_t(n)), one(std::size_t(n)), two(std::size_t(n)) {}
};

[[gnu::always_inline]] inline void setAffine(const NormShape& s, Channels& c, const float* weight, const float* bias, const float* mean,
                                             const float* rstd) {
    const std::int64_t each = s.channels / s.groups;
    for (std::int64_t i = 0; i < s.channels; ++i) {
        c.scale[std::size_t(i)] = rstd[i / each] * weight[i];
        c.shift[std::size_t(i)] = bias[i] - mean[i / each] * c.scale[std::size_t(i)];
    }
}

template <typename T>
[[gnu::always_inline]] inline void forward(const NormShape& s, const T* x, const float* weight, const float* bias, T* y, float* mean,
                                           float* rstd) {
    const std::int64_t each = s.channels / s.groups, n = s.channels;
    const float count = float(each * s.positions);
    Channels c(n);
    float* __restrict sums = c.one.data();
    float* __restrict centre = c.two.data();
    for (std::int64_t p = 0; p < s.positions; ++p) {
        const T* __restrict row = x + p * n;
        for (std::int64_t i = 0; i < n; ++i) sums[i] += wide(row[i]);
    }
    for (std::int64_t g = 0; g < s.groups; ++g) {
        double sum = 0;
        for (std::int64_t i = g * each; i < (g + 1) * each; ++i) sum += double(sums[i]);
        mean[g] = float(sum / double(count));
    }
    for (std::int64_t i = 0; i < n; ++i) centre[i] = mean[i / each], sums[i] = 0;
    for (std::int64_t p = 0; p < s.positions; ++p) {
        const T* __restrict row = x + p * n;
        for (std::int64_t i = 0; i < n; ++i) {
            const float d = wide(row[i]) - centre[i];
            sums[i] += d * d;
        }
    }
    for (std::int64_t g = 0; g < s.groups; ++g) {
        double sum = 0;
        for (std::int64_t i = g * each; i < (g + 1) * each; ++i) sum += double(sums[i]);
        rstd[g] = float(1 / std::sqrt(sum / double(count) + double(s.eps)));
    }
    setAffine(s, c, weight, bias, mean, rstd);
    const float* __restrict scale = c.scale.data();
    const float* __restrict shift = c.shift.data();
    for (std::int64_t p = 0; p < s.positions; ++p) {
        const T* __restrict row = x + p * n;
        T* __restrict out = y + p * n;
        if (s.silu)
            for (std::int64_t i = 0; i < n; ++i) {
                const float z = wide(row[i]) * scale[i] + shift[i];
                store(z * sigmoid(z), out[i]);
            }
        else
            for (std::int64_t i = 0; i < n; ++i) store(wide(row[i]) * scale[i] + shift[i], out[i]);
    }
}

template <typename T>
[[gnu::always_inline]] inline void backward(const NormShape& s, const T* x, const T* dy, const float* weight, const float* bias,
                                            const float* mean, const float* rstd, T* dx, float* dweight, float* dbias,
                                            std::vector<float>& scratch) {
    const std::int64_t each = s.channels / s.groups, n = s.channels;
    const double count = double(each * s.positions);
    Channels c(n);
    setAffine(s, c, weight, bias, mean, rstd);
    scratch.resize(std::max(scratch.size(), std::size_t(s.positions * n)));
    float* __restrict dz = scratch.data();
    float* __restrict scale = c.scale.data();
    float* __restrict shift = c.shift.data();
    float* __restrict one = c.one.data(); // sums of dz, and of dz x
    float* __restrict two = c.two.data();
    for (std::int64_t p = 0; p < s.positions; ++p) {
        const T* __restrict row = x + p * n;
        const T* __restrict given = dy + p * n;
        float* __restrict to = dz + p * n;
        for (std::int64_t i = 0; i < n; ++i) {
            float d = wide(given[i]);
            if (s.silu) {
                const float z = wide(row[i]) * scale[i] + shift[i], g = sigmoid(z);
                d *= g * (1 + z * (1 - g));
            }
            to[i] = d;
        }
    }
    // About the group's mean, so that large offsets cost no digits.
    float* __restrict centre = shift;
    for (std::int64_t i = 0; i < n; ++i) centre[i] = mean[i / each];
    for (std::int64_t p = 0; p < s.positions; ++p) {
        const T* __restrict row = x + p * n;
        const float* __restrict d = dz + p * n;
        for (std::int64_t i = 0; i < n; ++i) one[i] += d[i], two[i] += d[i] * (wide(row[i]) - centre[i]);
    }
    for (std::int64_t g = 0; g < s.groups; ++g) {
        double first = 0, second = 0;
        for (std::int64_t i = g * each; i < (g + 1) * each; ++i) {
            dbias[i] = one[i], dweight[i] = two[i] * rstd[g];
            first += double(weight[i]) * double(one[i]), second += double(weight[i]) * double(two[i]);
        }
        const double r = double(rstd[g]);
        for (std::int64_t i = g * each; i < (g + 1) * each; ++i)
            one[i] = float(-r * first / count), two[i] = float(-r * r * r * second / count);
    }
    for (std::int64_t p = 0; p < s.positions; ++p) {
        const T* __restrict row = x + p * n;
        const float* __restrict d = dz + p * n;
        T* __restrict out = dx + p * n;
        for (std::int64_t i = 0; i < n; ++i) store(d[i] * scale[i] + one[i] + two[i] * (wide(row[i]) - centre[i]), out[i]);
    }
}

#if defined(__x86_64__)
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
template <typename T>
[[gnu::target("avx2,fma")]] void forwardAvx2(const NormShape& s, const T* x, const float* w, const float* b, T* y, float* mean,
                                             float* rstd) {
    forward(s, x, w, b, y, mean, rstd);
}
template <typename T>
[[gnu::target("avx2,fma")]] void backwardAvx2(const NormShape& s, const T* x, const T* dy, const float* w, const float* b,
                                              const float* mean, const float* rstd, T* dx, float* dw, float* db,
                                              std::vector<float>& scratch) {
    backward(s, x, dy, w, b, mean, rstd, dx, dw, db, scratch);
}
#endif

} // namespace

template <typename T>
void groupNormForward(const NormShape& s, const T* x, const float* weight, const float* bias, T* y, float* mean, float* rstd) {
#if defined(__x86_64__)
    static const bool fast = hasAvx2();
    if (fast) return forwardAvx2(s, x, weight, bias, y, mean, rstd);
#endif
    forward(s, x, weight, bias, y, mean, rstd);
}

template <typename T>
void groupNormBackward(const NormShape& s, const T* x, const T* dy, const float* weight, const float* bias, const float* mean,
                       const float* rstd, T* dx, float* dweight, float* dbias, std::vector<float>& scratch) {
#if defined(__x86_64__)
    static const bool fast = hasAvx2();
    if (fast) return backwardAvx2(s, x, dy, weight, bias, mean, rstd, dx, dweight, dbias, scratch);
#endif
    backward(s, x, dy, weight, bias, mean, rstd, dx, dweight, dbias, scratch);
}

template void groupNormForward(const NormShape&, const float*, const float*, const float*, float*, float*, float*);
template void groupNormForward(const NormShape&, const Bf16*, const float*, const float*, Bf16*, float*, float*);
template void groupNormBackward(const NormShape&, const float*, const float*, const float*, const float*, const float*, const float*,
                                float*, float*, float*, std::vector<float>&);
template void groupNormBackward(const NormShape&, const Bf16*, const Bf16*, const float*, const float*, const float*, const float*, Bf16*,
                                float*, float*, std::vector<float>&);

} // namespace phloxine::nn
