#include "core/tensor/formula_weights.h"

#include <ATen/Parallel.h>

namespace phloxine {

namespace {

std::uint64_t fnv1a(const std::string& text) {
    std::uint64_t h = 0xcbf29ce484222325ull;
    for (const unsigned char c : text) h = (h ^ c) * 0x100000001b3ull;
    return h;
}

// base + scale * v_i in double without fused multiply-add, rounded once to float.
at::Tensor fill(std::uint64_t h, at::IntArrayRef shape, double base, double scale) {
    auto tensor = at::empty(shape, at::kFloat);
    auto* out = tensor.data_ptr<float>();
    at::parallel_for(0, tensor.numel(), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            auto z = h + std::uint64_t(i + 1) * 0x9e3779b97f4a7c15ull;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
            z = (z ^ z >> 27) * 0x94d049bb133111ebull;
            z ^= z >> 31;
            const volatile double product = scale * (2 * (double(z >> 11) * 0x1p-53) - 1);
            out[i] = float(base + product);
        }
    });
    return tensor;
}

} // namespace

at::Tensor formulaWeight(const std::string& salt, const std::string& name, at::IntArrayRef shape, double gain) {
    const auto h = fnv1a(salt + name);
    if (shape.size() >= 2) {
        double fanIn = 1;
        for (std::size_t i = 1; i < shape.size(); ++i) fanIn *= double(shape[i]);
        return fill(h, shape, 0, std::sqrt(3.0 / fanIn) * gain);
    }
    if (name.ends_with("running_var")) return fill(h, shape, 1, 0.1);
    if (name.ends_with("running_mean")) return fill(h, shape, 0, 0.1);
    if (name.ends_with("weight")) return fill(h, shape, 1, 0.1);
    return fill(h, shape, 0, 0.02);
}

at::Tensor formulaInput(const std::string& salt, const std::string& name, at::IntArrayRef shape) {
    return fill(fnv1a(salt + name), shape, 0, std::sqrt(3.0));
}

} // namespace phloxine
