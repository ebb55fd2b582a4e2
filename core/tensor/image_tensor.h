#pragma once
#include <ATen/ATen.h>

#include "core/image/Image.h"

namespace phloxine {

Image imageFrom(const at::Tensor& chw);    // [3, h, w], -1..1, clamped and rounded to 8 bits
at::Tensor tensorFrom(const Image& image); // [1, 3, h, w], -1..1, float32

} // namespace phloxine
