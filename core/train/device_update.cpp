#include "core/train/device_update.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/tensor/device_kernels.h"

namespace phloxine {

namespace {

CudaAdamwTensor rowOf(const DevicePart& part, std::size_t means) {
    CudaAdamwTensor row;
    row.master = part.master.data_ptr(), row.masterType = cudaType(part.master), row.count = part.master.numel();
    if (part.gradient.defined()) row.gradient = part.gradient.const_data_ptr(), row.gradientType = cudaType(part.gradient);
    row.first = part.first.data_ptr(), row.second = part.second.data_ptr();
    if (part.firstScales.defined())
        row.firstScales = part.firstScales.data_ptr<float>(), row.secondScales = part.secondScales.data_ptr<float>();
    for (std::size_t k = 0; k < means; ++k) row.means[k] = part.means[k].data_ptr<float>();
    row.keep = float(part.keep), row.salt = part.salt;
    return row;
}

at::Tensor bytesOn(at::Device device, const void* data, std::size_t bytes) {
    return at::from_blob(const_cast<void*>(data), {std::int64_t(bytes)}, at::kByte).to(device);
}

at::Tensor updateByTorch(const AdamwStep& step, double clipNorm, const std::vector<DevicePart>& parts) {
    std::vector<at::Tensor> masters, gradients, first, second;
    std::vector<at::Scalar> keep;
    for (const auto& part : parts) {
        masters.push_back(part.master), first.push_back(part.first), second.push_back(part.second), keep.push_back(part.keep);
        gradients.push_back(part.gradient.defined() ? part.gradient : at::zeros_like(part.master));
    }
    const auto sum = at::stack(at::_foreach_norm(gradients)).to(at::kDouble).square().sum();
    const double norm = std::sqrt(sum.item<double>());
    if (!std::isfinite(norm)) return sum;
    if (clipNorm > 0 && norm > clipNorm) at::_foreach_mul_(gradients, clipNorm / (norm + 1e-6));
    at::_foreach_lerp_(first, gradients, 1 - step.beta1);
    at::_foreach_mul_(second, step.beta2);
    at::_foreach_addcmul_(second, gradients, gradients, 1 - step.beta2);
    const auto roots = at::_foreach_sqrt(second);
    at::_foreach_mul_(roots, step.secondScale);
    at::_foreach_add_(roots, step.epsilon);
    at::_foreach_mul_(masters, keep);
    at::_foreach_addcdiv_(masters, first, roots, -step.stepSize);
    for (std::size_t k = 0; k < step.means.size(); ++k) {
        std::vector<at::Tensor> means;
        for (const auto& part : parts) means.push_back(part.means[k]);
        at::_foreach_lerp_(means, masters, step.means[k]);
    }
    return sum;
}

} // namespace

bool DeviceAdamw::takesNarrow(at::Device device) { return deviceKernels(device); }

DeviceAdamw::DeviceAdamw(at::Device device, const std::vector<std::int64_t>& counts) {
    if (!deviceKernels(device)) return;
    std::vector<CudaAdamwPiece> pieces;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        m_piecesBefore.push_back(std::int64_t(pieces.size()));
        for (std::int64_t k = 0; k * cudaAdamwPiece < counts[i]; ++k) pieces.push_back({std::int32_t(i), std::int32_t(k)});
    }
    m_piecesBefore.push_back(std::int64_t(pieces.size()));
    m_pieces = bytesOn(device, pieces.data(), pieces.size() * sizeof(CudaAdamwPiece));
    m_tensors = at::empty({std::int64_t(counts.size() * sizeof(CudaAdamwTensor))}, m_pieces.options());
}

at::Tensor DeviceAdamw::update(const AdamwStep& step, double clipNorm, std::size_t first, const std::vector<DevicePart>& parts) const {
    const auto device = parts.front().master.device();
    const auto* kernels = deviceKernels(device);
    if (!kernels || step.means.size() > cudaMeans) return updateByTorch(step, clipNorm, parts);
    std::vector<CudaAdamwTensor> rows;
    for (const auto& part : parts) rows.push_back(rowOf(part, step.means.size()));
    const auto bytes = std::int64_t(rows.size() * sizeof(CudaAdamwTensor));
    m_tensors.narrow(0, std::int64_t(first * sizeof(CudaAdamwTensor)), bytes).copy_(at::from_blob(rows.data(), {bytes}, at::kByte));
    CudaAdamwStep settings;
    settings.beta1 = step.beta1, settings.beta2 = step.beta2, settings.epsilon = step.epsilon;
    settings.stepSize = step.stepSize, settings.secondScale = step.secondScale, settings.means = std::int32_t(step.means.size());
    std::copy(step.means.begin(), step.means.end(), settings.meanShares);

    const auto begin = m_piecesBefore[first], pieces = m_piecesBefore[first + parts.size()] - begin;
    const auto numbers = m_tensors.options().dtype(at::kDouble);
    const auto partial = at::empty({pieces}, numbers), sum = at::empty({}, numbers), scale = at::empty({}, numbers.dtype(at::kFloat));
    const auto* tensors = static_cast<const CudaAdamwTensor*>(m_tensors.const_data_ptr());
    const auto* table = static_cast<const CudaAdamwPiece*>(m_pieces.const_data_ptr()) + begin;
    auto* scaleAt = scale.data_ptr<float>();
    launchOn(device, [&](void* stream) {
        return kernels->sumOfSquares(tensors, table, pieces, clipNorm, partial.data_ptr<double>(), sum.data_ptr<double>(), scaleAt, stream);
    });
    launchOn(device, [&](void* stream) { return kernels->adamw(tensors, table, pieces, settings, scaleAt, stream); });
    return sum;
}

} // namespace phloxine
