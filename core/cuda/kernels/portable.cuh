#pragma once
// What the kernels need of CUDA under names that a test can give too: tests/support/cuda_emulation.h, included before, has the same for a
// C++ compiler. Beside this header kernels use nothing of CUDA but threadIdx, blockIdx, blockDim, gridDim, __syncthreads, shuffles, dim3,
// __uint_as_float, __float_as_uint and plain mathematics.
#include <cstdint>

#include "core/cuda/kernels.h"

#if defined(__CUDACC__)
#define PHLOXINE_SHARED(type, name, count) __shared__ type name[count] // an array of one block
namespace phloxine::kernels {
template <typename... Parameters, typename... Arguments>
int launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, void* stream, Arguments... arguments) {
    kernel<<<grid, block, 0, static_cast<cudaStream_t>(stream)>>>(arguments...);
    return int(cudaGetLastError());
}
inline const char* errorText(int error) { return cudaGetErrorString(cudaError_t(error)); }
} // namespace phloxine::kernels
#endif

namespace phloxine::kernels {

constexpr int invalid = 1; // cudaErrorInvalidValue
constexpr unsigned wholeWarp = 0xffffffffu;

struct Bf16 {
    std::uint16_t bits;
};

__device__ inline float wide(float x) { return x; }
__device__ inline float wide(Bf16 x) { return __uint_as_float(std::uint32_t(x.bits) << 16); }
__device__ inline void store(float x, float& to) { to = x; }
__device__ inline void store(float x, Bf16& to) { // to the nearest, halves to even; what is not a number stays so
    const std::uint32_t bits = __float_as_uint(x);
    to.bits = x != x ? std::uint16_t(0x7fc0) : std::uint16_t((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}
__device__ inline float loadAs(CudaType type, const void* from, std::int64_t i) {
    return type == CudaType::Float32 ? static_cast<const float*>(from)[i] : wide(static_cast<const Bf16*>(from)[i]);
}

// V values that lie side by side, moved at once; of 16 bytes where the memory is aligned, else V is 1.
template <typename T, int V>
struct alignas(sizeof(T) * V) Pack {
    T value[V];
};
template <int V, typename T>
__device__ Pack<T, V> loadPack(const T* from) {
    return *reinterpret_cast<const Pack<T, V>*>(from);
}
template <int V, typename T>
__device__ void storePack(const Pack<T, V>& pack, T* to) {
    if constexpr (sizeof(pack) == sizeof(uint4)) { // of an assignment nvcc makes many small stores
        uint4 words;
        memcpy(&words, &pack, sizeof(words));
        __stwb(reinterpret_cast<uint4*>(to), words);
    } else *reinterpret_cast<Pack<T, V>*>(to) = pack;
}
template <typename T>
constexpr int packSize = 16 / int(sizeof(T));
// Whether rows of `width` values can be moved in packs.
template <typename T, typename... Pointers>
bool canPack(std::int64_t width, Pointers... pointers) {
    return width % packSize<T> == 0 && ((reinterpret_cast<std::uintptr_t>(pointers) % 16 == 0) && ...);
}

// Sums that every thread gets, always added in the same order.
template <typename T>
__device__ T warpSum(T value) {
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(wholeWarp, value, distance);
    return value;
}
template <typename T>
__device__ T blockSum(T value) { // blocks of one dimension and of whole warps
    PHLOXINE_SHARED(T, ofWarp, 32);
    value = warpSum(value);
    __syncthreads(); // an earlier sum may still be read
    if (threadIdx.x % 32 == 0) ofWarp[threadIdx.x / 32] = value;
    __syncthreads();
    T sum = 0;
    for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) sum += ofWarp[warp];
    return sum;
}

inline std::int64_t ceilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

} // namespace phloxine::kernels
