#include "core/train/patch_transform.h"

#include <cmath>

#include "core/base/Error.h"
#include "core/tensor/formula_weights.h"

namespace phloxine {

PatchStatistics::PatchStatistics(int patch)
    : m_patch(patch), m_sum(at::zeros({3 * patch * patch}, at::kDouble)),
      m_products(at::zeros({3 * patch * patch, 3 * patch * patch}, at::kDouble)) {}

void PatchStatistics::add(const at::Tensor& tiles) {
    const auto values = m_sum.size(0);
    const auto rows = at::pixel_unshuffle(tiles.to(at::kFloat), m_patch).permute({0, 2, 3, 1}).reshape({-1, values});
    m_products += at::matmul(rows.t(), rows).to(at::kDouble); // of one call in float: a few thousand patches
    m_sum += rows.to(at::kDouble).sum(0);
    m_count += rows.size(0);
}

Weights PatchStatistics::transform(int components, double whitening) const {
    const auto values = m_sum.size(0);
    if (m_count < values)
        throw Error(ErrorCode::WrongUse, "The tiles have " + std::to_string(m_count) + " patches, too few for a transform of " +
                                             std::to_string(values) + " values a patch; give more tiles.");
    const auto mean = m_sum / double(m_count);
    const auto covariance = m_products / double(m_count) - at::outer(mean, mean);
    const auto [variances, vectors] = at::linalg_eigh(covariance);                // ascending
    const auto top = vectors.flip({1}).narrow(1, 0, components).t().contiguous(); // [components, values]
    const auto signs = top.gather(1, top.abs().argmax(1, true)).sign(); // the sign of a component is free: its largest value is positive
    const auto deviations = variances.flip({0}).narrow(0, 0, components).clamp_min(1e-12).sqrt();
    const auto powers = deviations.pow(whitening);
    const double factor = 1 / std::sqrt((deviations / powers).square().mean().item<double>());
    const auto basis = top * signs;
    return {
        {"encoder.weight", (basis / powers.unsqueeze(1) * factor).to(at::kFloat).view({components, values, 1, 1}).contiguous()},
        {"decoder.linear.weight", (basis * powers.unsqueeze(1) / factor).t().to(at::kFloat).contiguous().view({values, components, 1, 1})},
        {"mean", mean.to(at::kFloat)}};
}

Weights newPatchDecoder(int zChannels, const std::vector<int>& widths, std::uint64_t seed) {
    Weights weights;
    const auto salt = std::to_string(seed) + ":";
    int index = 0;
    const auto conv = [&](const std::string& key, int in, int out, bool zero = false) {
        const auto full = "decoder.net." + key;
        weights[full + ".weight"] = zero ? at::zeros({out, in, 3, 3}, at::kFloat) : formulaWeight(salt, full, {out, in, 3, 3}, 1);
        weights[full + ".bias"] = at::zeros({out}, at::kFloat);
    };
    const auto norm = [&](const std::string& key, int width) {
        weights["decoder.net." + key + ".weight"] = at::ones({width}, at::kFloat);
        weights["decoder.net." + key + ".bias"] = at::zeros({width}, at::kFloat);
    };
    const auto residual = [&](int width) {
        const auto key = std::to_string(index++);
        norm(key + ".n1", width), conv(key + ".c1", width, width), norm(key + ".n2", width), conv(key + ".c2", width, width, true);
    };
    const auto doublings = widths.size();
    conv(std::to_string(index++), zChannels, widths[0]);
    for (std::size_t i = 0; i + 2 < doublings; ++i) {
        residual(widths[i]), residual(widths[i]);
        conv(std::to_string(index), widths[i], 4 * widths[i + 1]);
        index += 2; // each shuffle and activation has a number too
    }
    residual(widths[doublings - 2]), residual(widths[doublings - 2]);
    norm(std::to_string(index), widths[doublings - 2]);
    index += 2;
    conv(std::to_string(index), widths[doublings - 2], 4 * widths[doublings - 1]);
    index += 3;
    conv(std::to_string(index), widths[doublings - 1], widths[doublings - 1]);
    index += 2;
    conv(std::to_string(index), widths[doublings - 1], 12, true);
    return weights;
}

} // namespace phloxine
