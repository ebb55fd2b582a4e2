#pragma once
// a gelu(g) of the two halves of a row, and its gradient. A block of 32 x 8 threads has 32 packs of 8 rows, and goes on to further rows
// where the grid is too small for all.
#include "core/cuda/kernels/portable.cuh"

namespace phloxine::kernels {

__device__ inline float normalBelow(float x) { return 0.5f * (1 + erff(x * 0.70710678f)); } // the share of N(0, 1) below x

template <typename T, int V>
__global__ void __launch_bounds__(256) gegluForwardKernel(const T* x, T* y, std::int64_t rows, std::int64_t width) {
    const std::int64_t column = (std::int64_t(blockIdx.x) * 32 + threadIdx.x) * V;
    if (column >= width) return;
    for (std::int64_t row = std::int64_t(blockIdx.y) * 8 + threadIdx.y; row < rows; row += std::int64_t(gridDim.y) * 8) {
        auto pack = loadPack<V>(x + row * 2 * width + column);
        const auto gate = loadPack<V>(x + row * 2 * width + width + column);
        for (int v = 0; v < V; ++v) {
            const float g = wide(gate.value[v]);
            store(wide(pack.value[v]) * (g * normalBelow(g)), pack.value[v]);
        }
        storePack(pack, y + row * width + column);
    }
}

template <typename T, int V>
__global__ void __launch_bounds__(256) gegluBackwardKernel(const T* x, const T* dy, T* dx, std::int64_t rows, std::int64_t width) {
    const std::int64_t column = (std::int64_t(blockIdx.x) * 32 + threadIdx.x) * V;
    if (column >= width) return;
    for (std::int64_t row = std::int64_t(blockIdx.y) * 8 + threadIdx.y; row < rows; row += std::int64_t(gridDim.y) * 8) {
        auto pack = loadPack<V>(x + row * 2 * width + column), gate = loadPack<V>(x + row * 2 * width + width + column);
        const auto given = loadPack<V>(dy + row * width + column);
        for (int v = 0; v < V; ++v) {
            const float a = wide(pack.value[v]), g = wide(gate.value[v]), d = wide(given.value[v]);
            const float below = normalBelow(g), density = 0.39894228f * expf(-0.5f * g * g);
            store(d * (g * below), pack.value[v]);
            store(d * a * (below + g * density), gate.value[v]);
        }
        storePack(pack, dx + row * 2 * width + column);
        storePack(gate, dx + row * 2 * width + width + column);
    }
}

inline bool canGate(std::int64_t rows, std::int64_t width) {
    return rows > 0 && width > 0 && width <= std::int64_t(1) << 32 && rows <= std::int64_t(1) << 40;
}
template <int V>
dim3 gegluGrid(std::int64_t rows, std::int64_t width) {
    const std::int64_t most = 65535, wanted = ceilDiv(rows, 8);
    return dim3(unsigned(ceilDiv(width, 32 * V)), unsigned(wanted < most ? wanted : most));
}

template <typename T, int V>
int gegluForwardOf(const void* x, void* y, std::int64_t rows, std::int64_t width, void* stream) {
    return launch(gegluForwardKernel<T, V>, gegluGrid<V>(rows, width), dim3(32, 8), stream, static_cast<const T*>(x), static_cast<T*>(y),
                  rows, width);
}
template <typename T, int V>
int gegluBackwardOf(const void* x, const void* dy, void* dx, std::int64_t rows, std::int64_t width, void* stream) {
    return launch(gegluBackwardKernel<T, V>, gegluGrid<V>(rows, width), dim3(32, 8), stream, static_cast<const T*>(x),
                  static_cast<const T*>(dy), static_cast<T*>(dx), rows, width);
}

template <typename T>
int gegluForwardOfType(const void* x, void* y, std::int64_t rows, std::int64_t width, void* stream) {
    return canPack<T>(width, x, y) ? gegluForwardOf<T, packSize<T>>(x, y, rows, width, stream)
                                   : gegluForwardOf<T, 1>(x, y, rows, width, stream);
}
inline int gegluForward(CudaType type, const void* x, void* y, std::int64_t rows, std::int64_t width, void* stream) {
    if (!canGate(rows, width)) return invalid;
    return type == CudaType::Float32 ? gegluForwardOfType<float>(x, y, rows, width, stream)
                                     : gegluForwardOfType<Bf16>(x, y, rows, width, stream);
}

template <typename T>
int gegluBackwardOfType(const void* x, const void* dy, void* dx, std::int64_t rows, std::int64_t width, void* stream) {
    return canPack<T>(width, x, dy, dx) ? gegluBackwardOf<T, packSize<T>>(x, dy, dx, rows, width, stream)
                                        : gegluBackwardOf<T, 1>(x, dy, dx, rows, width, stream);
}
inline int gegluBackward(CudaType type, const void* x, const void* dy, void* dx, std::int64_t rows, std::int64_t width, void* stream) {
    if (!canGate(rows, width)) return invalid;
    return type == CudaType::Float32 ? gegluBackwardOfType<float>(x, dy, dx, rows, width, stream)
                                     : gegluBackwardOfType<Bf16>(x, dy, dx, rows, width, stream);
}

} // namespace phloxine::kernels
