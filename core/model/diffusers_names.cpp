#include "core/model/diffusers_names.h"

#include <algorithm>

namespace phloxine {

namespace {

const NamePairs residual{{"norm1", "in_layers.0"},  {"conv1", "in_layers.2"},          {"norm2", "out_layers.0"},
                         {"conv2", "out_layers.3"}, {"time_emb_proj", "emb_layers.1"}, {"conv_shortcut", "skip_connection"}};
const NamePairs autoencoderResidual{{"conv_shortcut", "nin_shortcut"}};
const NamePairs autoencoderAttention{{"group_norm", "norm"},   {"to_q", "q"},  {"to_k", "k"}, {"to_v", "v"},
                                     {"to_out.0", "proj_out"}, {"query", "q"}, {"key", "k"},  {"value", "v"},
                                     {"proj_attn", "proj_out"}}; // the last four: before diffusers 0.15

std::string number(int n) { return std::to_string(n); }

// "prefix.rest" with the prefix exchanged; empty when the name does not start with it.
std::string exchanged(const std::string& name, const std::string& from, const std::string& to) {
    if (!name.starts_with(from) || (name.size() > from.size() && name[from.size()] != '.')) return {};
    return to + name.substr(from.size());
}

std::string within(const std::string& name, const NamePairs& pairs, bool forward) {
    for (const auto& [diffusers, compvis] : pairs)
        if (auto found = forward ? exchanged(name, diffusers, compvis) : exchanged(name, compvis, diffusers); !found.empty()) return found;
    return {};
}

// The block first, then what stands in it; names of which only one is known stay as they are.
std::string translated(const std::string& name, const NamePairs& blocks, const NamePairs& residualNames, const NamePairs& attentionNames,
                       bool forward) {
    for (const auto& [diffusers, compvis] : blocks) {
        const auto& from = forward ? diffusers : compvis;
        const auto& to = forward ? compvis : diffusers;
        if (exchanged(name, from, to).empty()) continue;
        if (name.size() == from.size()) return to;
        const auto rest = name.substr(from.size() + 1);
        const bool isResidual = diffusers.find("resnets") != std::string::npos,
                   isAttention = diffusers.find("attentions") != std::string::npos;
        const auto inner = isResidual ? within(rest, residualNames, forward) : isAttention ? within(rest, attentionNames, forward) : "";
        return to + "." + (inner.empty() ? rest : inner);
    }
    return {};
}

} // namespace

NamePairs unetBlockNames(const nn::UNetConfig& config) {
    const int levels = config.levels();
    NamePairs names{{"time_embedding.linear_1", "time_embed.0"},
                    {"time_embedding.linear_2", "time_embed.2"},
                    {"class_embedding.linear_1", "label_emb.0.0"},
                    {"class_embedding.linear_2", "label_emb.0.2"},
                    {"class_embedding", "label_emb"},
                    {"conv_in", "input_blocks.0.0"},
                    {"conv_norm_out", "out.0"},
                    {"conv_out", "out.2"},
                    {"mid_block.resnets.0", "middle_block.0"},
                    {"mid_block.attentions.0", "middle_block.1"},
                    {"mid_block.resnets.1", "middle_block.2"}};
    int in = 1, out = 0; // numbers of the next input and output block
    for (int level = 0; level < levels; ++level) {
        const auto down = "down_blocks." + number(level);
        for (int i = 0; i < config.blocks(level); ++i) {
            const auto block = "input_blocks." + number(in++);
            names.push_back({down + ".resnets." + number(i), block + ".0"});
            names.push_back({down + ".attentions." + number(i), block + ".1"});
        }
        names.push_back({down + ".downsamplers.0.conv", "input_blocks." + number(in++) + ".0.op"});
        const auto up = "up_blocks." + number(level);
        for (int i = 0; i <= config.blocks(levels - 1 - level); ++i) { // decoders count from the coarsest
            const auto block = "output_blocks." + number(out++);
            names.push_back({up + ".resnets." + number(i), block + ".0"});
            names.push_back({up + ".attentions." + number(i), block + ".1"});
        }
        const int factor = 1 << (levels - 1 - level);
        const bool attention = std::count(config.attentionResolutions.begin(), config.attentionResolutions.end(), factor) > 0;
        names.push_back({up + ".upsamplers.0.conv", "output_blocks." + number(out - 1) + (attention ? ".2.conv" : ".1.conv")});
    }
    // A convolution at ".1.conv" must be tried before the attention at ".1".
    std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
    return names;
}

NamePairs autoencoderBlockNames(int levels, int resBlocks) {
    NamePairs names{{"encoder.conv_norm_out", "encoder.norm_out"}, {"decoder.conv_norm_out", "decoder.norm_out"}};
    for (const std::string half : {"encoder", "decoder"}) {
        names.push_back({half + ".conv_in", half + ".conv_in"}), names.push_back({half + ".conv_out", half + ".conv_out"});
        names.push_back({half + ".mid_block.resnets.0", half + ".mid.block_1"});
        names.push_back({half + ".mid_block.attentions.0", half + ".mid.attn_1"});
        names.push_back({half + ".mid_block.resnets.1", half + ".mid.block_2"});
    }
    for (const std::string same : {"quant_conv", "post_quant_conv"}) names.push_back({same, same});
    for (int level = 0; level < levels; ++level) {
        const auto down = "encoder.down_blocks." + number(level), finest = "encoder.down." + number(level);
        const auto up = "decoder.up_blocks." + number(level), coarsest = "decoder.up." + number(levels - 1 - level);
        for (int i = 0; i < resBlocks; ++i) {
            names.push_back({down + ".resnets." + number(i), finest + ".block." + number(i)});
            names.push_back({down + ".attentions." + number(i), finest + ".attn." + number(i)});
        }
        for (int i = 0; i <= resBlocks; ++i) {
            names.push_back({up + ".resnets." + number(i), coarsest + ".block." + number(i)});
            names.push_back({up + ".attentions." + number(i), coarsest + ".attn." + number(i)});
        }
        names.push_back({down + ".downsamplers.0.conv", finest + ".downsample.conv"});
        names.push_back({up + ".upsamplers.0.conv", coarsest + ".upsample.conv"});
    }
    return names;
}

std::string compvisUNetName(const std::string& name, const NamePairs& blocks) { return translated(name, blocks, residual, {}, true); }
std::string diffusersUNetName(const std::string& name, const NamePairs& blocks) { return translated(name, blocks, residual, {}, false); }
std::string compvisAutoencoderName(const std::string& name, const NamePairs& blocks) {
    return translated(name, blocks, autoencoderResidual, autoencoderAttention, true);
}

} // namespace phloxine
