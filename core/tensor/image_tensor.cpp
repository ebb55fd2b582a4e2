#include "core/tensor/image_tensor.h"

#include <cstring>

namespace phloxine {

Image imageFrom(const at::Tensor& chw) {
    const auto bytes = ((chw.to(at::kCPU, at::kFloat).clamp(-1, 1) + 1) * 127.5).round().to(at::kByte).permute({1, 2, 0}).contiguous();
    Image image(int(bytes.size(1)), int(bytes.size(0)));
    std::memcpy(image.rgb.data(), bytes.data_ptr(), image.rgb.size());
    return image;
}

at::Tensor tensorFrom(const Image& image) {
    auto* pixels = const_cast<std::uint8_t*>(image.rgb.data());
    return at::from_blob(pixels, {image.height, image.width, 3}, at::kByte).permute({2, 0, 1}).unsqueeze(0).to(at::kFloat) / 127.5 - 1;
}

} // namespace phloxine
