#pragma once
// The names of diffusers' networks in the names of CompVis (diffusers' convert_original_stable_diffusion_to_diffusers.py tells both). One
// table of block names serves both directions, so that a LoRA made for either finds its layer.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/nn/unet.h"

namespace phloxine {

using NamePairs =
    std::vector<std::pair<std::string, std::string>>; // diffusers, CompVis: whole components such as "down_blocks.0.resnets.0"

NamePairs unetBlockNames(const nn::UNetConfig& config);
NamePairs autoencoderBlockNames(int levels, int resBlocks); // resBlocks of the encoder; the decoder has one more

// A parameter's CompVis name ("input_blocks.1.0.in_layers.2.weight"), empty when no block of that name is known.
std::string compvisUNetName(const std::string& diffusersName, const NamePairs& blocks);
std::string compvisAutoencoderName(const std::string& diffusersName, const NamePairs& blocks);
// The other way round, for the layers of the U-Net.
std::string diffusersUNetName(const std::string& compvisName, const NamePairs& blocks);

} // namespace phloxine
