#pragma once
// A linear picture of latents, one thread for each position.
#include "core/cuda/kernels/portable.cuh"

namespace phloxine::kernels {

template <typename T>
__global__ void __launch_bounds__(256)
    previewKernel(const T* latents, const float* weight, const float* bias, std::uint8_t* rgb, std::int64_t channels,
                  std::int64_t positions, std::int64_t channelStride, std::int64_t positionStride) {
    const std::int64_t position = std::int64_t(blockIdx.x) * 256 + threadIdx.x, sample = blockIdx.y;
    if (position >= positions) return;
    const T* from = latents + sample * channels * positions + position * positionStride;
    float value[3] = {bias[0], bias[1], bias[2]};
    for (std::int64_t c = 0; c < channels; ++c) {
        const float latent = wide(from[c * channelStride]);
        for (int k = 0; k < 3; ++k) value[k] += weight[k * channels + c] * latent;
    }
    for (int k = 0; k < 3; ++k) // what is not a number is black
        rgb[(sample * positions + position) * 3 + k] = std::uint8_t(rintf((fminf(fmaxf(value[k], -1), 1) + 1) * 127.5f));
}

inline int previewLatents(CudaType type, const void* latents, const float* weight, const float* bias, std::uint8_t* rgb, std::int64_t n,
                          std::int64_t channels, std::int64_t positions, std::int64_t channelStride, std::int64_t positionStride,
                          void* stream) {
    if (n < 1 || n > 65535 || channels < 1 || positions < 1 || positions > std::int64_t(1) << 32) return invalid;
    const dim3 grid(unsigned(ceilDiv(positions, 256)), unsigned(n));
    const auto start = [&](auto* kernel, auto* from) {
        return launch(kernel, grid, dim3(256), stream, from, weight, bias, rgb, channels, positions, channelStride, positionStride);
    };
    return type == CudaType::Float32 ? start(previewKernel<float>, static_cast<const float*>(latents))
                                     : start(previewKernel<Bf16>, static_cast<const Bf16*>(latents));
}

} // namespace phloxine::kernels
