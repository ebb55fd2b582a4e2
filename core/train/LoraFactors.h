#pragma once
// Low-rank factors in training (Hu et al. 2021): W + alpha / rank * up down. Up begins at zero, so that the model begins as it was. The
// sum is made inside the graph of a step: the network stays a function of a dictionary and knows nothing of it.
#include <set>

#include "core/model/lora.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

class LoraFactors {
public:
    LoraFactors() = default; // adapts nothing
    // Of those `keys` that the recipe's choice of layers takes. Error(WrongUse) where there is none.
    LoraFactors(const Checkpoint& base, const std::set<std::string>& keys, const RecipeLora& recipe, std::uint64_t seed);

    bool empty() const { return m_targets.empty(); }
    std::set<std::string> keys() const; // of the weights that are adapted
    bool adapts(const std::string& key) const { return m_targets.count(key) > 0; }
    Weights begin() const; // the factors before the first step, float32

    // The adapted weights, in `precision` where they are the denoiser's and else in float32; differentiable in the factors.
    // `base` holds the weights that are adapted, on the device of the factors.
    void addTo(Weights& weights, const Weights& base, const Weights& factors, at::ScalarType precision) const;
    Lora asLora(const Weights& factors) const; // by diffusers' names

private:
    struct Target {
        std::string layer; // as in a file of factors
        std::vector<std::int64_t> down, up;
    };
    std::map<std::string, Target> m_targets; // by key
    double m_scale = 1;
    std::string m_salt;
};

} // namespace phloxine
