#pragma once
// The CompVis / OpenAI U-Net (latent-diffusion, ldm.modules.diffusionmodules.openaimodel.UNetModel, with the options that Stable Diffusion
// 2 and XL added to it).
#include <variant>
#include <vector>

#include "core/nn/network.h"
#include "core/nn/unet_blocks.h"

namespace phloxine::nn {

// What Context.vector adds to the time embedding; upstream's num_classes.
enum class VectorInput {
    None,
    Labels,     // a number: an embedding, label_emb
    Continuous, // "continuous": one value a sample, a linear layer, label_emb
    Sequential  // "sequential": a vector of admChannels, two linear layers, label_emb.0.0 and label_emb.0.2
};

// Upstream's names and defaults, but for spatialTransformer, which is false upstream and true in every latent model.
struct UNetConfig {
    int inChannels = 4, outChannels = 4, modelChannels = 320, resBlocks = 2;
    std::vector<int> attentionResolutions, channelMult; // downsampling factors that carry attention; width of each level
    std::vector<int> resBlocksPerLevel;                 // in place of resBlocks
    std::vector<int> levelWidths;                       // in place of modelChannels x channelMult: diffusers' block_out_channels
    int heads = -1, headChannels = -1;                  // one of them
    int headsUpsample = -1;                             // of attention blocks on the way up; -1 = heads
    std::vector<int> headsPerLevel;                     // in place of both: diffusers' attention_head_dim
    bool legacy = true;                                 // heads share all channels where headChannels does not divide them
    bool spatialTransformer = true;                     // false: attention blocks, which read no tokens
    bool newAttentionOrder = false;                     // of attention blocks
    int transformerDepth = 1, contextDim = 0;           // contextDim 0: no context, the second attention is to itself
    std::vector<int> transformerDepthPerLevel;          // in place of transformerDepth
    int transformerDepthMiddle = -1;                    // -1: as the last level
    bool linearProjection = false;                      // use_linear_in_transformer
    bool scaleShiftNorm = false, resblockUpdown = false, convResample = true;
    VectorInput vectorInput = VectorInput::None;
    int classes = 0, admChannels = 0; // rows of the embedding; width of a sequential vector
    int normGroups = 32;
    double normEps = 1e-5; // of residual blocks, attention blocks and the output; that of transformers is 1e-6

    int levels() const { return int((levelWidths.empty() ? channelMult : levelWidths).size()); }
    int width(int level) const {
        return levelWidths.empty() ? modelChannels * channelMult[std::size_t(level)] : levelWidths[std::size_t(level)];
    }
    int blocks(int level) const { return resBlocksPerLevel.empty() ? resBlocks : resBlocksPerLevel[std::size_t(level)]; }
    int depth(int level) const {
        return transformerDepthPerLevel.empty() ? transformerDepth : transformerDepthPerLevel[std::size_t(level)];
    }
};

// One numbered block: what stands in it, in order.
using UNetPart = std::variant<Conv, ResBlock, SpatialTransformer, AttentionBlock, Downsample, Upsample>;
using UNetBlock = std::vector<UNetPart>;

// Context.tokens [n, tokens, contextDim] where there are transformers with a context; Context.vector as vectorInput says. Calling without
// them is Error(WrongUse). Sizes that do not halve evenly are brought back to those of the way down.
class UNet final : public Network {
public:
    UNet(const WeightView& w, const UNetConfig& config); // Error(MissingKey | Shape)

    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const Context& context) const override;
    int inChannels() const override { return m_config.inChannels; }
    bool recomputeBlocks() override { return m_recompute = true; }
    const UNetConfig& config() const { return m_config; }

private:
    void bindEmbeddings(const WeightView& w);
    void bindInput(const WeightView& w);
    void bindMiddle(const WeightView& w);
    void bindOutput(const WeightView& w);
    ResBlock res(const WeightView& w, int in, int out, Resample resample = Resample::None) const;
    UNetPart attention(const WeightView& w, int level, int depth, bool up) const;
    bool attends(int factor) const;
    at::Tensor embedding(const at::Tensor& t, const Context& context) const;

    UNetConfig m_config;
    Binding m_binding;
    Linear m_time0, m_time2, m_label0, m_label2;
    at::Tensor m_labels;
    std::vector<int> m_skips; // channels of each block on the way down; used up while binding
    bool m_recompute = false;
    int m_width = 0; // channels that the next block gets, while binding
    std::vector<UNetBlock> m_input, m_output;
    UNetBlock m_middle;
    GroupNorm m_outNorm;
    Conv m_outConv;
};

} // namespace phloxine::nn
