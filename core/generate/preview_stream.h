#pragma once
// Previews of a run. From a device each is shown when its copy has arrived, at one of the next steps: sampling waits for none.
#include <functional>
#include <optional>

#include <ATen/ATen.h>
#include <c10/core/Event.h>

#include "core/generate/Generator.h"

namespace phloxine {

class PreviewStream {
public:
    explicit PreviewStream(std::function<void(const TilePreview&)> show) : m_show(std::move(show)) {}
    void put(const at::Tensor& rgb, TilePreview preview); // [3, h, w] in -1..1; left out while an earlier one is on its way

private:
    struct Coming {
        at::Tensor rgb;
        TilePreview preview;
        c10::Event arrived;
    };
    void show(const at::Tensor& rgb, TilePreview preview) const;
    std::function<void(const TilePreview&)> m_show;
    std::optional<Coming> m_coming;
};

} // namespace phloxine
