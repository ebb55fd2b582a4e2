#pragma once
// The update of adamw_kernel.h for tensors on a device: by the kernels of the CUDA module, all tensors at once; where it has none, as
// operators of Torch over lists.
#include <vector>

#include <ATen/ATen.h>

#include "core/train/adamw_kernel.h"

namespace phloxine {

// One tensor, as in NarrowBlock.
struct DevicePart {
    at::Tensor master, gradient; // float32 or bfloat16; no gradient: zero
    at::Tensor first, second, firstScales, secondScales;
    std::vector<at::Tensor> means;
    double keep = 1;        // 1 - rate * decay
    std::uint32_t salt = 0; // of tensor and step
};

class DeviceAdamw {
public:
    DeviceAdamw(at::Device device, const std::vector<std::int64_t>& counts); // values of each tensor

    // Whether masters of bfloat16 and moments of 8 bits can be updated on the device.
    static bool takesNarrow(at::Device device);

    // Updates the tensors from `first` on, their gradients clipped to clipNorm (0: not). Returns the sum of the squares of their gradients
    // before, float64 [] on the device; where it is not finite, nothing is changed.
    at::Tensor update(const AdamwStep& step, double clipNorm, std::size_t first, const std::vector<DevicePart>& parts) const;

private:
    at::Tensor m_tensors, m_pieces;           // the tables of the kernels
    std::vector<std::int64_t> m_piecesBefore; // of each tensor
};

} // namespace phloxine
