#pragma once
// Conditions that are feature vectors of an image (UNI, HIPT, iBOT, ...), which something else has computed.
#include "core/condition/encoders.h"
#include "core/nn/vit_condition.h"

namespace phloxine {

struct PatchEncoderConfig {
    bool normalise = false; // normalize_ssl: vectors are divided by their length first
    bool region = false;    // SSLEmbedder: a second token for the region around the tile
};

// Large-Image-Diffusion's PatchEmbedder (keys patch_fc) and SSLEmbedder (patch_fc, region_fc): one linear layer a vector.
class PatchEncoder final : public ConditionEncoder {
public:
    PatchEncoder(const WeightView& w, const PatchEncoderConfig& config);
    // vectors [n, d] (and region [n, d'], zeros when undefined) -> tokens [n, 1 or 2, width]. Error(WrongUse | Shape)
    nn::Context encode(const Condition& condition) const override;
    nn::Context unconditional(std::int64_t n) const override; // zero vectors, which the layer turns into its bias

private:
    nn::Context encode(const at::Tensor& vectors, const at::Tensor& region) const;
    PatchEncoderConfig m_config;
    Binding m_binding;
    nn::Linear m_patch, m_region;
};

// PixCell: the vectors are the tokens; a learned one stands for none.
class TokenEncoder final : public ConditionEncoder {
public:
    // `key` under w holds the learned tokens, [1, k, d] or [k, d]: "uncond" of null_embedding.safetensors, or
    // "caption_projection.uncond_embedding" of the network.
    explicit TokenEncoder(const WeightView& w, std::string_view key = "uncond");
    // vectors [n, k, d], a grid [n, d, h, w] with h*w = k, or [n, d] where k is 1 -> tokens [n, k, d]. Error(WrongUse | Shape)
    nn::Context encode(const Condition& condition) const override;
    nn::Context unconditional(std::int64_t n) const override; // the learned tokens

private:
    Binding m_binding;
    at::Tensor m_null;
};

// ZoomLDM: a grid of vectors and a magnification, through a vision transformer.
class VitEncoder final : public ConditionEncoder {
public:
    VitEncoder(const WeightView& w, const nn::VitConditionConfig& config) : m_vit(w, config) {}
    // vectors [n, d, h, w] or [n, d], labels: the magnification of each, or one for all (0 is the highest) -> tokens [n, 65, width].
    // Error(WrongUse | Shape)
    nn::Context encode(const Condition& condition) const override;
    nn::Context unconditional(std::int64_t n) const override; // zeros after the encoder, as upstream

private:
    nn::VitCondition m_vit;
};

} // namespace phloxine
