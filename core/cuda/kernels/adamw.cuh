#pragma once
// The update of AdamW with the means of the weights, over many tensors at once: core/train/adamw_kernel.h has what it computes, and each
// expression here is the one of core/train/adamw_kernel.cpp in the same order. Compiled with -fmad=false the bits are those of a CPU that
// fuses no product with a sum.
#include "core/cuda/kernels/portable.cuh"

namespace phloxine::kernels {

constexpr int momentBlock = 256; // values that share one scale: one warp has them, each lane every 32nd
constexpr int ofLane = momentBlock / 32;
constexpr int adamwThreads = 256;

__device__ inline std::uint32_t mixed(std::uint32_t x) { // the finaliser of MurmurHash3
    x = (x ^ (x >> 16)) * 0x85ebca6bu;
    x = (x ^ (x >> 13)) * 0xc2b2ae35u;
    return x ^ (x >> 16);
}
__device__ inline float share(std::uint32_t bits) { return float(int(bits)) * (1.0f / 65536); } // 16 bits: 0 <= share < 1
__device__ inline float warpGreatest(float value) {
    for (int distance = 16; distance > 0; distance /= 2) {
        const float other = __shfl_xor_sync(wholeWarp, value, distance);
        value = value > other ? value : other;
    }
    return value;
}

// Values and moments of one lane: element begin + lane + 32 k.
struct Moments {
    float first[ofLane], second[ofLane];
    std::uint32_t random[ofLane];
};

__device__ inline std::int8_t firstCode(float moment, float inverse, std::uint32_t random) {
    const float q = fabsf(moment) * inverse * (127.0f * 127.0f), root = sqrtf(q), below = float(int(root < 126.0f ? root : 126.0f));
    const int size = int(below) + (share(random & 0xffffu) * (2 * below + 1) < q - below * below); // right on average
    return std::int8_t(moment < 0 ? -size : size);
}
__device__ inline std::uint8_t secondCode(float moment, float inverse, std::uint32_t random) {
    const float code = sqrtf(sqrtf(moment * inverse)) * 255 + share(random >> 16);
    const int root = int(code < 255.0f ? code : 255.0f);
    return std::uint8_t(root < 3 && moment > 0 ? 3 : root);
}

__device__ inline void loadMoments(const CudaAdamwTensor& t, std::int64_t begin, int lane, int count, Moments& m) {
    const auto* codes = static_cast<const std::int8_t*>(t.first) + begin;
    const auto* roots = static_cast<const std::uint8_t*>(t.second) + begin;
    const float one = t.firstScales[begin / momentBlock] * (1.0f / (127 * 127)), two = t.secondScales[begin / momentBlock];
    for (int k = 0; k < ofLane; ++k) {
        const int i = lane + 32 * k;
        if (i >= count) continue;
        const float c = float(int(codes[i])), r = float(int(roots[i])) * (1.0f / 255);
        m.first[k] = one * c * fabsf(c);
        m.second[k] = two * ((r * r) * (r * r));
    }
}

__device__ inline void storeMoments(const CudaAdamwTensor& t, std::int64_t begin, int lane, int count, const Moments& m) {
    float one = 0, two = 0;
    for (int k = 0; k < ofLane; ++k) { // beyond the count they are zero
        const float size = fabsf(m.first[k]);
        one = one > size ? one : size, two = two > m.second[k] ? two : m.second[k];
    }
    one = warpGreatest(one), two = warpGreatest(two);
    if (lane == 0) t.firstScales[begin / momentBlock] = one, t.secondScales[begin / momentBlock] = two;
    const float oneInverse = one > 0 ? 1 / one : 0, twoInverse = two > 0 ? 1 / two : 0;
    auto* codes = static_cast<std::int8_t*>(t.first) + begin;
    auto* roots = static_cast<std::uint8_t*>(t.second) + begin;
    for (int k = 0; k < ofLane; ++k) {
        const int i = lane + 32 * k;
        if (i >= count) continue;
        const std::uint32_t random = mixed(m.random[k]);
        codes[i] = firstCode(m.first[k], oneInverse, random), roots[i] = secondCode(m.second[k], twoInverse, random);
    }
}

// The values begin .. begin + count - 1, at most momentBlock of them, by one warp.
__device__ inline void updateMomentBlock(const CudaAdamwTensor& t, std::int64_t begin, int count, int lane, const CudaAdamwStep& s,
                                         float gradientScale) {
    const bool narrow = t.firstScales != nullptr;
    auto* first = static_cast<float*>(t.first) + begin; // where they are not codes
    auto* second = static_cast<float*>(t.second) + begin;
    Moments moments{};
    if (narrow) loadMoments(t, begin, lane, count, moments);
    for (int k = 0; k < ofLane; ++k) {
        const int i = lane + 32 * k;
        if (i >= count) continue;
        if (!narrow) moments.first[k] = first[i], moments.second[k] = second[i];
        const float g = (t.gradient ? loadAs(t.gradientType, t.gradient, begin + i) : 0) * gradientScale;
        const float m = moments.first[k] + (1 - s.beta1) * (g - moments.first[k]);
        const float v = s.beta2 * moments.second[k] + (1 - s.beta2) * g * g;
        moments.first[k] = m, moments.second[k] = v;
        if (!narrow) first[i] = m, second[i] = v;
        const float before = loadAs(t.masterType, t.master, begin + i);
        const float master = t.keep * before - s.stepSize * (m / (sqrtf(v) * s.secondScale + s.epsilon));
        moments.random[k] = mixed((std::uint32_t(begin) + std::uint32_t(i)) * 0x9e3779b1u ^ t.salt);
        if (t.masterType == CudaType::Float32) static_cast<float*>(t.master)[begin + i] = master;
        else static_cast<Bf16*>(t.master)[begin + i].bits = std::uint16_t((__float_as_uint(master) + (moments.random[k] & 0xffffu)) >> 16);
        for (int which = 0; which < s.means; ++which) {
            float& mean = t.means[which][begin + i];
            mean += s.meanShares[which] * (master - mean);
        }
    }
    if (narrow) storeMoments(t, begin, lane, count, moments);
}

// Grid: pieces.
__global__ static void __launch_bounds__(adamwThreads)
    adamwKernel(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, CudaAdamwStep step, const float* scale) {
    const float gradientScale = scale ? *scale : 1;
    if (!(gradientScale - gradientScale == 0)) return; // not finite
    const CudaAdamwPiece piece = table[blockIdx.x];
    const CudaAdamwTensor& t = tensors[piece.tensor];
    const std::int64_t begin = piece.index * cudaAdamwPiece, end = begin + cudaAdamwPiece < t.count ? begin + cudaAdamwPiece : t.count;
    const int lane = int(threadIdx.x) % 32, warp = int(threadIdx.x) / 32;
    for (std::int64_t at = begin + warp * momentBlock; at < end; at += adamwThreads / 32 * momentBlock)
        updateMomentBlock(t, at, int(at + momentBlock < end ? momentBlock : end - at), lane, step, gradientScale);
}

// Of each piece. Grid: pieces.
__global__ static void __launch_bounds__(adamwThreads)
    pieceSquares(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, double* partial) {
    const CudaAdamwPiece piece = table[blockIdx.x];
    const CudaAdamwTensor& t = tensors[piece.tensor];
    const std::int64_t begin = piece.index * cudaAdamwPiece, end = begin + cudaAdamwPiece < t.count ? begin + cudaAdamwPiece : t.count;
    double sum = 0;
    if (t.gradient)
        for (std::int64_t i = begin + threadIdx.x; i < end; i += adamwThreads) {
            const double g = double(loadAs(t.gradientType, t.gradient, i));
            sum += g * g;
        }
    sum = blockSum(sum);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// One block.
__global__ static void __launch_bounds__(1024)
    totalSquares(const double* partial, std::int64_t pieces, double clipNorm, double* total, float* scale) {
    double sum = 0;
    for (std::int64_t i = threadIdx.x; i < pieces; i += blockDim.x) sum += partial[i];
    sum = blockSum(sum);
    if (threadIdx.x != 0) return;
    *total = sum;
    if (!scale) return;
    const double norm = sqrt(sum), left = clipNorm / (norm + 1e-6);
    if (!(norm - norm == 0)) *scale = __uint_as_float(0x7fc00000u); // not finite: the update changes nothing
    else *scale = clipNorm > 0 && left < 1 ? float(left) : 1.0f;
}

inline bool canUpdate(std::int64_t pieces) { return pieces > 0 && pieces <= 0x7fffffff; }

inline int sumOfSquares(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, std::int64_t pieces, double clipNorm, double* partial,
                        double* sum, float* scale, void* stream) {
    if (!canUpdate(pieces)) return invalid;
    if (const int error = launch(pieceSquares, dim3(unsigned(pieces)), dim3(adamwThreads), stream, tensors, table, partial)) return error;
    return launch(totalSquares, dim3(1), dim3(1024), stream, partial, pieces, clipNorm, sum, scale);
}

inline int adamw(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, std::int64_t pieces, const CudaAdamwStep& step,
                 const float* scale, void* stream) {
    if (!canUpdate(pieces) || step.means < 0 || step.means > cudaMeans) return invalid;
    return launch(adamwKernel, dim3(unsigned(pieces)), dim3(adamwThreads), stream, tensors, table, step, scale);
}

} // namespace phloxine::kernels
