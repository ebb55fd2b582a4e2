// What a CompVis file without its YAML is, told from names and shapes. What shapes cannot tell (heads, prediction, schedule) is only
// assumed for families whose released files all agree.
#include "core/base/Error.h"
#include "core/model/compvis_config.h"

namespace phloxine {

namespace {

class Shapes {
public:
    explicit Shapes(const Weights& weights) : m_weights(weights) {}
    bool has(const std::string& key) const { return m_weights.count(key) > 0; }
    int size(const std::string& key, int dimension) const {
        const auto it = m_weights.find(key);
        return it == m_weights.end() || it->second.dim() <= dimension ? 0 : int(it->second.size(dimension));
    }
    int count(const std::string& prefix, const std::string& ending) const { // prefix0ending, prefix1ending, ...
        int n = 0;
        while (has(prefix + std::to_string(n) + ending)) ++n;
        return n;
    }

private:
    const Weights& m_weights;
};

// Walks the input blocks: a residual block widens or keeps, a downsampling ends a level.
nn::UNetConfig unetFrom(const Shapes& shapes) {
    const std::string unet = "model.diffusion_model.";
    nn::UNetConfig c;
    c.modelChannels = shapes.size(unet + "input_blocks.0.0.weight", 0);
    c.inChannels = shapes.size(unet + "input_blocks.0.0.weight", 1);
    c.outChannels = shapes.size(unet + "out.2.weight", 0);
    c.contextDim = shapes.size(unet + "middle_block.1.transformer_blocks.0.attn2.to_k.weight", 1);
    c.transformerDepth = shapes.count(unet + "middle_block.1.transformer_blocks.", ".norm1.weight");
    const auto projection = unet + "middle_block.1.proj_in.weight";
    c.linearProjection = shapes.has(projection) && shapes.size(projection, 3) == 0;
    int factor = 1, blocks = 0;
    c.channelMult = {0};
    for (int i = 1; i < 256; ++i) {
        const auto block = unet + "input_blocks." + std::to_string(i);
        if (const int width = shapes.size(block + ".0.out_layers.3.weight", 0)) {
            c.channelMult.back() = c.modelChannels ? width / c.modelChannels : 0;
            if (factor == 1) ++blocks;
            const bool attention = shapes.has(block + ".1.norm.weight");
            if (attention && (c.attentionResolutions.empty() || c.attentionResolutions.back() != factor))
                c.attentionResolutions.push_back(factor);
        } else if (shapes.has(block + ".0.op.weight")) factor *= 2, c.channelMult.push_back(0);
        else break;
    }
    c.resBlocks = blocks;
    return c;
}

nn::KlConfig autoencoderFrom(const Shapes& shapes) {
    const std::string stage = "first_stage_model.";
    nn::KlConfig c;
    c.channels = shapes.size(stage + "encoder.conv_in.weight", 0);
    c.zChannels = shapes.size(stage + "decoder.conv_in.weight", 1);
    c.embedDim = shapes.size(stage + "post_quant_conv.weight", 1);
    c.resBlocks = shapes.count(stage + "encoder.down.0.block.", ".norm1.weight");
    c.attentionResolutions.clear();
    c.channelMult.clear();
    const int levels = shapes.count(stage + "encoder.down.", ".block.0.norm1.weight");
    for (int level = 0; level < levels; ++level)
        c.channelMult.push_back(shapes.size(stage + "encoder.down." + std::to_string(level) + ".block.0.conv2.weight", 0) /
                                std::max(c.channels, 1));
    return c;
}

} // namespace

ModelConfig configFromWeights(const Weights& weights, const std::string& name) {
    const Shapes shapes(weights);
    if (!shapes.has("model.diffusion_model.input_blocks.0.0.weight"))
        throw Error(ErrorCode::NotAModel,
                    "The file " + name + " holds no diffusion model under the names of CompVis, and no config.yaml lies beside it.");
    ModelConfig c;
    auto unet = unetFrom(shapes);
    const auto kl = autoencoderFrom(shapes);
    TextEncoderConfig text;
    const bool sized = unet.modelChannels == 320 && unet.channelMult == std::vector{1, 2, 4, 4};
    if (sized && unet.contextDim == 768) unet.heads = 8; // Stable Diffusion 1
    else if (sized && unet.contextDim == 1024)
        throw Error(ErrorCode::NotFound,
                    "The file " + name +
                        " has the shapes of Stable Diffusion 2. Its models of 512 px predict noise and those of 768 px "
                        "v, which only the YAML tells; put it beside the file.");
    else
        throw Error(ErrorCode::NotFound,
                    "No configuration (config.yaml) lies beside " + name +
                        ", and its shapes are of no family whose settings are known; put the YAML of the model beside it.");
    c.linearStart = 0.00085, c.linearEnd = 0.012, c.scaleFactor = 0.18215, c.latentSize = 64;
    c.useEma = true;
    c.notes.push_back("No YAML lies beside it: the settings are those of the family that its shapes belong to");
    c.network = unet, c.firstStage = kl, c.condition = text;
    return c;
}

} // namespace phloxine
