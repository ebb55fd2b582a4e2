#pragma once
// Low-rank adaptation (Hu et al. 2021): W' = W + strength * (alpha / rank) * up down. Files in the form of diffusers / PEFT
// ("unet.down_blocks...to_q.lora_A.weight") and of kohya ("lora_unet_down_blocks_..._to_q.lora_down.weight", with alpha).
#include <filesystem>
#include <optional>

#include "core/model/Checkpoint.h"

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

// In kohya's form, which this reader, diffusers and the usual programs take. Error(Exists | DiskFull | ...).
void writeLora(const std::filesystem::path& file, const Lora& lora);

// "unet ..." or "text ..." of a checkpoint's key, with diffusers' name of the layer where it has one; empty where a LoRA cannot change it:
// it is no matrix or convolution of the denoiser or of the text encoder.
class LoraNames {
public:
    explicit LoraNames(const ModelConfig& config);
    std::string layerOf(const std::string& key, const at::Tensor& weight) const;

private:
    std::vector<std::pair<std::string, std::string>> m_blocks; // diffusers, CompVis
};

// The merged layers replace their masters in `checkpoint`; the file stays mapped and untouched. Several may follow one another.
// Error(MissingKey) for a layer that the model does not have, Error(Shape) for one of another width.
void mergeLora(Checkpoint& checkpoint, const Lora& lora, double strength);

} // namespace phloxine
