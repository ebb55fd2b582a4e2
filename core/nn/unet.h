#pragma once
// The CompVis / OpenAI U-Net with spatial transformers (latent-diffusion, ldm.modules.diffusionmodules.openaimodel.UNetModel).
#include <vector>

#include "core/nn/layers.h"
#include "core/nn/network.h"

namespace phloxine::nn {

struct UNetConfig {
    int inChannels = 4, outChannels = 4, modelChannels = 320, resBlocks = 2;
    std::vector<int> attentionResolutions, channelMult; // downsampling factors that carry attention; width of each level
    int heads = -1, headChannels = -1;                  // one of them
    int transformerDepth = 1, contextDim = 0;
    int normGroups = 32;
    bool linearProjection = false;
};

struct ResBlock {
    GroupNorm norm1, norm2;
    Conv conv1, conv2, skip;
    Linear emb;
    bool hasSkip = false;
    ResBlock() = default;
    ResBlock(const WeightView& w, int groups, int in, int out, int time);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& siluOfTime) const;
};

struct CrossAttention {
    Linear q, k, v, out;
    int heads = 1;
    CrossAttention() = default;
    CrossAttention(const WeightView& w, int heads, int width, int context);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& context) const;
};

struct TransformerBlock {
    LayerNorm norm1, norm2, norm3;
    CrossAttention self, cross;
    Linear feedForwardIn, feedForwardOut;
    TransformerBlock(const WeightView& w, int heads, int width, int context);
    at::Tensor operator()(at::Tensor x, const at::Tensor& context) const;
};

struct SpatialTransformer {
    GroupNorm norm;
    Conv convIn, convOut;
    Linear linearIn, linearOut;
    bool linear = false;
    std::vector<TransformerBlock> blocks;
    SpatialTransformer() = default;
    SpatialTransformer(const WeightView& w, const UNetConfig& config, int heads, int width);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& context) const;
};

// One numbered block: what stands in it, in order.
struct UNetBlock {
    enum class End { None, Conv, Down, Up };
    std::vector<ResBlock> res;
    std::vector<SpatialTransformer> attention; // after the first res block
    std::vector<Conv> conv;                    // input convolution, or the one of the down- or upsampling
    End end = End::None;
};

class UNet final : public Network {
public:
    UNet(const WeightView& w, const UNetConfig& config); // Error(MissingKey | Shape | Unsupported)

    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const override;
    int inChannels() const override { return m_config.inChannels; }
    const UNetConfig& config() const { return m_config; }

private:
    at::Tensor timeEmbedding(const at::Tensor& t) const;
    at::Tensor run(const UNetBlock& block, at::Tensor x, const at::Tensor& time, const at::Tensor& context) const;

    UNetConfig m_config;
    Binding m_binding;
    Linear m_time0, m_time2;
    std::vector<UNetBlock> m_input, m_output;
    ResBlock m_middle0, m_middle2;
    SpatialTransformer m_middle1;
    GroupNorm m_outNorm;
    Conv m_outConv;
};

// [cos(t f_i), sin(t f_i)], f_i = 10000^(-i / (dim/2)): float32 [n, dim].
at::Tensor sinusoid(const at::Tensor& t, int dim);

} // namespace phloxine::nn
