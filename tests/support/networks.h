#pragma once
// Small random networks: their keys and shapes written down as the checkpoints have them, and what every network must do about them.
#include <functional>
#include <string>

#include "core/tensor/formula_weights.h"
#include "core/tensor/noise.h"
#include "tests/support/errors.h"

namespace phloxine {

inline at::Tensor noise(at::IntArrayRef shape, std::uint64_t seed = 1) { return PhiloxNoise(seed).draw(shape); }
inline bool near(const at::Tensor& a, const at::Tensor& b, double limit = 1e-5) {
    return a.sizes() == b.sizes() && (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() < limit;
}
inline double relative(const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

// Adds tensors by key.
class Keys {
public:
    Weights weights;
    void add(const std::string& key, at::IntArrayRef shape) { weights[key] = formulaWeight("", key, shape); }
    void norm(const std::string& key, int n) { add(key + ".weight", {n}), add(key + ".bias", {n}); }
    void linear(const std::string& key, int out, int in, bool bias = true) {
        add(key + ".weight", {out, in});
        if (bias) add(key + ".bias", {out});
    }
    void conv(const std::string& key, int out, int in, int size) { add(key + ".weight", {out, in, size, size}), add(key + ".bias", {out}); }
    void attention(const std::string& key, int width, int context, bool bias) {
        linear(key + ".to_q", width, width, bias), linear(key + ".to_k", width, context, bias), linear(key + ".to_v", width, context, bias);
        linear(key + ".to_out.0", width, width);
    }
    void mlp(const std::string& key, int out, int in) { linear(key + ".linear_1", out, in), linear(key + ".linear_2", out, out); }
};

using Bind = std::function<void(const Weights&)>;

// "" when binding without any one tensor ends with Error(MissingKey) that names it; else what is wrong.
inline QByteArray everyKeyIsNeeded(const Weights& all, const Bind& bind) {
    for (const auto& [key, tensor] : all) {
        auto fewer = all;
        fewer.erase(key);
        std::string message;
        const auto code = errorOf([&] { bind(fewer); }, &message);
        if (code != "missing-key" || message.find("\"" + key + "\"") == std::string::npos)
            return "without " + QByteArray::fromStdString(key) + ": " + code + " " + message.c_str();
    }
    return errorOf([&] { bind(all); });
}

// "" when each tensor with one row more ends with Error(Shape) that names it. `free`: endings of keys whose rows are anybody's choice.
inline QByteArray everyWidthIsChecked(const Weights& all, const Bind& bind, const std::vector<std::string>& free = {}) {
    for (const auto& [key, tensor] : all) {
        if (std::any_of(free.begin(), free.end(), [&](const auto& end) { return key.ends_with(end); })) continue;
        auto wider = all;
        wider[key] = at::cat({tensor, tensor.slice(0, 0, 1)}, 0);
        std::string message;
        const auto code = errorOf([&] { bind(wider); }, &message);
        if (code != "shape" || message.find("\"" + key + "\"") == std::string::npos)
            return "with a wider " + QByteArray::fromStdString(key) + ": " + code + " " + message.c_str();
    }
    return {};
}

// "" when the gradient of the sum of run(weights) reaches every tensor.
inline QByteArray everyTensorLearns(const Weights& all, const std::function<at::Tensor(const Weights&)>& run,
                                    const std::vector<std::string>& still = {}) {
    const bool before = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(true);
    Weights masters;
    for (const auto& [key, tensor] : all) masters[key] = tensor.clone().requires_grad_();
    run(masters).square().sum().backward();
    c10::GradMode::set_enabled(before);
    for (const auto& [key, tensor] : masters) {
        if (std::any_of(still.begin(), still.end(), [&](const auto& part) { return key.find(part) != std::string::npos; })) continue;
        if (!tensor.grad().defined()) return QByteArray::fromStdString(key) + " has no gradient";
    }
    return {};
}

} // namespace phloxine
