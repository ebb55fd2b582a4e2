#include "core/generate/preview_stream.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "core/tensor/image_tensor.h"

namespace phloxine {

void PreviewStream::show(const at::Tensor& rgb, TilePreview preview) const {
    const auto scale = preview.image.scale;
    preview.image = imageFrom(rgb);
    preview.image.scale = scale;
    m_show(preview);
}

void PreviewStream::put(const at::Tensor& rgb, TilePreview preview) {
    if (!rgb.is_cuda()) return show(rgb, std::move(preview));
    if (m_coming) {
        if (!m_coming->arrived.query()) return;
        show(m_coming->rgb, std::move(m_coming->preview));
    }
    m_coming.emplace(Coming{rgb.to(at::kCPU, at::kFloat, true), std::move(preview), c10::Event(at::kCUDA)});
    m_coming->arrived.record(c10::impl::VirtualGuardImpl(at::kCUDA).getStream(rgb.device()));
}

} // namespace phloxine
