#pragma once
// Low-rank adaptation (Hu et al. 2021): W' = W + strength * (alpha / rank) * up down. Files in the form of diffusers / PEFT
// ("unet.down_blocks...to_q.lora_A.weight") and of kohya ("lora_unet_down_blocks_..._to_q.lora_down.weight", with alpha).
#include <filesystem>
#include <optional>

#include "core/model/Model.h"

namespace phloxine {

struct LoraLayer {
    at::Tensor down, up; // [rank, in, ...], [out, rank, ...]
    std::optional<double> alpha;
};
struct Lora {
    std::string name;                        // of the file, for messages
    std::map<std::string, LoraLayer> layers; // by layer: "unet" or "text", a space, the layer's name with underscores for dots
};

// Error(NotFound | Corrupt | MissingKey when a half is not there | Unsupported for LoHa, LoKr and DoRA | NotAModel).
Lora readLora(const std::filesystem::path& file);

// The merged layers replace their masters in `checkpoint`; the file stays mapped and untouched. Several may follow one another.
// Error(MissingKey) for a layer that the model does not have, Error(Shape) for one of another width.
void mergeLora(Checkpoint& checkpoint, const Lora& lora, double strength);

} // namespace phloxine
