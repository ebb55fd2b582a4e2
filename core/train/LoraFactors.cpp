#include "core/train/LoraFactors.h"

#include <algorithm>
#include <cmath>

#include "core/base/Error.h"
#include "core/tensor/formula_weights.h"

namespace phloxine {

namespace {

bool isAttention(const std::string& key) { // of U-Nets, of transformers, and of text encoders
    for (const auto* part : {".attn", ".qkv.", ".self_attn."})
        if (key.find(part) != std::string::npos) return true;
    return false;
}

std::string downOf(const std::string& key) { return "lora_down." + key; }
std::string upOf(const std::string& key) { return "lora_up." + key; }

} // namespace

LoraFactors::LoraFactors(const Checkpoint& base, const std::set<std::string>& keys, const RecipeLora& recipe, std::uint64_t seed)
    : m_scale((recipe.alpha > 0 ? recipe.alpha : double(recipe.rank)) / double(recipe.rank)), m_salt(std::to_string(seed) + ":") {
    const LoraNames names(base.config);
    for (const auto& key : keys) {
        const auto& weight = base.weights.at(key);
        const auto layer = names.layerOf(key, weight);
        if (layer.empty() || key.find(".embeddings.") != std::string::npos || (recipe.layers == "attention" && !isAttention(key))) continue;
        Target target{layer, weight.sizes().vec(), std::vector<std::int64_t>(std::size_t(weight.dim()), 1)};
        // More factors than the matrix has rows or columns would say nothing more.
        const auto rank = std::min({std::int64_t(recipe.rank), weight.size(0), weight.numel() / weight.size(0)});
        target.down[0] = rank, target.up[0] = weight.size(0), target.up[1] = rank;
        m_targets.emplace(key, std::move(target));
    }
    if (m_targets.empty())
        throw Error(ErrorCode::WrongUse,
                    "The model " + base.name + " has no attention that a LoRA could adapt; set \"model.lora.layers\" to \"all\".");
}

Weights LoraFactors::begin() const {
    Weights factors;
    for (const auto& [key, target] : m_targets) {
        factors[downOf(key)] = formulaWeight(m_salt, downOf(key), target.down, std::sqrt(1.0 / 3)); // within 1 / sqrt(inputs)
        factors[upOf(key)] = at::zeros(target.up, at::kFloat);
    }
    return factors;
}

std::set<std::string> LoraFactors::keys() const {
    std::set<std::string> all;
    for (const auto& [key, target] : m_targets) all.insert(key);
    return all;
}

void LoraFactors::addTo(Weights& weights, const Weights& base, const Weights& factors, at::ScalarType precision) const {
    for (const auto& [key, target] : m_targets) {
        const auto& frozen = base.at(key);
        const auto change = at::matmul(factors.at(upOf(key)).flatten(1), factors.at(downOf(key)).flatten(1));
        weights[key] =
            at::add(frozen.to(at::kFloat), change.view(frozen.sizes()), m_scale).to(key.starts_with("model.") ? precision : at::kFloat);
    }
}

Lora LoraFactors::asLora(const Weights& factors) const {
    Lora lora;
    for (const auto& [key, target] : m_targets)
        lora.layers[target.layer] = {factors.at(downOf(key)), factors.at(upOf(key)), m_scale * double(target.down[0])};
    return lora;
}

} // namespace phloxine
