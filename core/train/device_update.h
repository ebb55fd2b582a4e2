#pragma once
// The update of adamw_kernel.h over whole tensors on a device, as operators of Torch over lists: few kernels for any number of tensors.
#include <vector>

#include <ATen/ATen.h>

#include "core/train/adamw_kernel.h"

namespace phloxine {

// Of each tensor one entry; all float32 and on one device. means: a list per mean of the step. Gradients are changed.
struct DeviceTensors {
    std::vector<at::Tensor> masters, gradients, first, second;
    std::vector<std::vector<at::Tensor>> means;
    std::vector<at::Scalar> keep; // 1 - rate * decay
};

void adamwUpdate(const AdamwStep& step, const DeviceTensors& tensors);
double sumOfSquares(const std::vector<at::Tensor>& tensors); // waits for the device

} // namespace phloxine
