#pragma once
// A model is a function; its weights are a dictionary. `Weights` maps checkpoint keys to master tensors and knows nothing else. A layer is
// bound from a `WeightView`, which is a prefix into the dictionary plus the way to bind: plain masters for training, or cast (and laid out)
// for inference.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/ATen.h>

namespace phloxine {

using Weights = std::map<std::string, at::Tensor>;

// Where tensors come from that a dictionary lacks: networks without a file, such as those that training starts from.
struct TensorSource {
    Weights& into;
    std::function<at::Tensor(const std::string& key, at::IntArrayRef shape)> make;
};

// How tensors are handed to layers. Train: the masters themselves, differentiable. Infer: cast to `dtype` on `device`, convolutions
// channels_last; refuses gradient mode, because packed operators silently lose gradients.
struct Binding {
    bool infer = true;
    at::ScalarType dtype = at::kFloat;
    at::Device device = at::kCPU;
    TensorSource* source = nullptr;        // where set, missing tensors are made; every shape must be known then
    std::set<std::string>* seen = nullptr; // where set, the keys that were bound are noted there

    static Binding train() { return {false, at::kFloat, at::kCPU}; }
    static Binding forInference(at::ScalarType dtype, at::Device device = at::kCPU);
};

class WeightView {
public:
    WeightView(const Weights& weights, Binding binding, std::string prefix = {})
        : m_weights(&weights), m_binding(binding), m_prefix(std::move(prefix)) {}

    WeightView operator/(std::string_view name) const; // joins with a dot
    WeightView operator/(int index) const { return *this / std::to_string(index); }
    bool has(std::string_view name) const;
    int count() const; // of numbered parts: one more than the largest i of the keys `prefix.i` and `prefix.i.*`
    const std::string& prefix() const { return m_prefix; }
    const Binding& binding() const { return m_binding; }

    // The tensor `prefix.name`. `shape` is checked where given (-1 = any). Error(MissingKey | Shape) names the key and both shapes.
    at::Tensor get(std::string_view name, at::IntArrayRef shape = {}) const;   // in the binding's precision
    at::Tensor exact(std::string_view name, at::IntArrayRef shape = {}) const; // in float32 whatever the binding says
    at::Tensor find(std::string_view name) const;                              // undefined tensor when absent

private:
    const at::Tensor& master(std::string_view name, at::IntArrayRef shape) const;
    const Weights* m_weights;
    Binding m_binding;
    std::string m_prefix;
};

// Keys that start with `prefix`, with the prefix cut off.
Weights subset(const Weights& weights, std::string_view prefix);
std::int64_t parameterCount(const Weights& weights);
// Gives the pages of a memory-mapped tensor back to the system until they are read again.
void releaseMapped(const at::Tensor& tensor);
// A tensor's name from a file of a stranger: UTF-8 without control characters, of a length that can be shown. Error(Corrupt).
std::string requireKey(std::string_view key, const std::string& file);
std::string shapeText(at::IntArrayRef shape); // "[320, 4, 3, 3]"

// Error(Nan) naming the first tensor that holds a value which is not finite.
void requireFinite(const Weights& weights, const std::string& what);

} // namespace phloxine
