#include "tests/support/stand_in_kernels.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>

#include "core/train/adamw_kernel.h"

namespace phloxine::stand_in {

namespace {

void* (*hostOf)(const void*) = nullptr;
void (*begin)() = nullptr;

struct Call { // plain operators of the CPU, whatever the caller is doing
    Call() { begin(); }
    at::AutoDispatchBelowADInplaceOrView below;
    c10::AutoGradMode off{false};
};

at::ScalarType torchType(CudaType type) { return type == CudaType::Bfloat16 ? at::kBFloat16 : at::kFloat; }

template <typename T>
T* onHost(T* device) {
    return static_cast<T*>(hostOf(device));
}

at::Tensor tensor(const void* device, at::IntArrayRef sizes, CudaType type) {
    return at::from_blob(hostOf(device), sizes, torchType(type));
}
at::Tensor floats(const void* device, at::IntArrayRef sizes, CudaType type) { return tensor(device, sizes, type).to(at::kFloat); }

struct Norm {
    at::Tensor u, weight, bias, mean, rstd; // [n, positions, groups, size], [groups, size] twice, [n, 1, groups, 1] twice
    explicit Norm(const CudaGroupNorm& c) {
        const auto size = c.channels / c.groups;
        u = floats(c.x, {c.n, c.positions, c.groups, size}, c.type);
        if (c.add) u = u + floats(c.add, {c.n, 1, c.groups, size}, c.addType);
        weight = floats(c.weight, {c.groups, size}, c.parameterType), bias = floats(c.bias, {c.groups, size}, c.parameterType);
        mean = tensor(c.mean, {c.n, 1, c.groups, 1}, CudaType::Float32), rstd = tensor(c.rstd, mean.sizes(), CudaType::Float32);
    }
    at::Tensor normal() const { return (u - mean) * rstd; }
};

bool isShape(const CudaGroupNorm& c) { return c.n > 0 && c.n < 65536 && c.positions > 0 && c.groups > 0 && c.channels % c.groups == 0; }

std::int64_t groupNormScratch(std::int64_t n, std::int64_t, std::int64_t channels, std::int64_t) { return n * channels; }

// The scratch is the caller's: written, so that one too small is found.
void fill(float* scratch, const CudaGroupNorm& c) {
    std::fill_n(onHost(scratch), groupNormScratch(c.n, c.positions, c.channels, c.groups), std::numeric_limits<float>::quiet_NaN());
}

int groupNormForward(const CudaGroupNorm& c, void* y, float* scratch, void*) {
    const Call call;
    if (!isShape(c)) return 1;
    fill(scratch, c);
    Norm norm(c);
    norm.mean.copy_(norm.u.mean({1, 3}, true));
    norm.rstd.copy_(((norm.u - norm.mean).square().mean({1, 3}, true) + c.eps).rsqrt());
    const auto z = norm.normal() * norm.weight + norm.bias;
    tensor(y, z.sizes(), c.type).copy_(c.silu ? at::silu(z) : z);
    return 0;
}

int groupNormBackward(const CudaGroupNorm& c, const void* dy, void* dx, float* dweight, float* dbias, float* dadd, float* scratch, void*) {
    const Call call;
    if (!isShape(c)) return 1;
    fill(scratch, c);
    const Norm norm(c);
    const auto h = norm.normal(), z = h * norm.weight + norm.bias;
    auto dz = floats(dy, z.sizes(), c.type);
    if (c.silu) dz = dz * (at::sigmoid(z) * (1 + z * (1 - at::sigmoid(z))));
    const auto da = dz * norm.weight;
    const auto du = norm.rstd * (da - da.mean({1, 3}, true) - h * (da * h).mean({1, 3}, true));
    tensor(dx, du.sizes(), c.type).copy_(du);
    const auto put = [](float* to, const at::Tensor& t) {
        if (to) tensor(to, t.sizes(), CudaType::Float32).copy_(t);
    };
    put(dweight, (dz * h).sum(at::IntArrayRef{0, 1})), put(dbias, dz.sum(at::IntArrayRef{0, 1})), put(dadd, du.sum(1));
    return 0;
}

int gegluForward(CudaType type, const void* x, void* y, std::int64_t rows, std::int64_t width, void*) {
    const Call call;
    if (rows < 1 || width < 1) return 1;
    const auto halves = floats(x, {rows, 2 * width}, type).chunk(2, 1);
    tensor(y, {rows, width}, type).copy_(halves[0] * at::gelu(halves[1]));
    return 0;
}

int gegluBackward(CudaType type, const void* x, const void* dy, void* dx, std::int64_t rows, std::int64_t width, void*) {
    const Call call;
    if (rows < 1 || width < 1) return 1;
    const auto halves = floats(x, {rows, 2 * width}, type).chunk(2, 1);
    const auto given = floats(dy, {rows, width}, type);
    tensor(dx, {rows, 2 * width}, type).copy_(at::cat({given * at::gelu(halves[1]), at::gelu_backward(given * halves[0], halves[1])}, 1));
    return 0;
}

int sumOfSquares(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, std::int64_t pieces, double clipNorm, double* partial,
                 double* sum, float* scale, void*) {
    const Call call;
    if (pieces < 1) return 1;
    double all = 0;
    for (std::int64_t i = 0; i < pieces; ++i) {
        const auto piece = onHost(table)[i];
        const auto& t = onHost(tensors)[piece.tensor];
        const auto from = piece.index * cudaAdamwPiece, count = std::min(cudaAdamwPiece, t.count - from);
        auto& part = onHost(partial)[i] = 0;
        if (t.gradient)
            part = t.gradientType == CudaType::Float32
                       ? phloxine::sumOfSquares(static_cast<const float*>(hostOf(t.gradient)) + from, count)
                       : phloxine::sumOfSquares(static_cast<const std::uint16_t*>(hostOf(t.gradient)) + from, count);
        all += part;
    }
    *onHost(sum) = all;
    const double norm = std::sqrt(all), left = clipNorm / (norm + 1e-6);
    if (scale)
        *onHost(scale) = !std::isfinite(norm) ? std::numeric_limits<float>::quiet_NaN() : clipNorm > 0 && left < 1 ? float(left) : 1.0f;
    return 0;
}

int adamw(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, std::int64_t pieces, const CudaAdamwStep& step, const float* scale,
          void*) {
    const Call call;
    if (pieces < 1 || step.means < 0 || step.means > cudaMeans) return 1;
    AdamwStep settings{step.beta1, step.beta2, step.epsilon, step.stepSize, step.secondScale, scale ? *onHost(scale) : 1, {}};
    settings.means.assign(step.meanShares, step.meanShares + step.means);
    if (!std::isfinite(settings.gradientScale)) return 0;
    for (std::int64_t i = 0; i < pieces; ++i) {
        const auto piece = onHost(table)[i];
        const auto& t = onHost(tensors)[piece.tensor];
        const auto from = piece.index * cudaAdamwPiece;
        const auto words = [from](const void* device) { return static_cast<std::uint16_t*>(hostOf(device)) + from; };
        const auto values = [from](const void* device) { return static_cast<float*>(hostOf(device)) + from; };
        NarrowBlock block;
        block.count = std::min(cudaAdamwPiece, t.count - from), block.index = std::uint32_t(from);
        block.keep = t.keep, block.salt = t.salt;
        if (t.masterType == CudaType::Float32) block.master = values(t.master);
        else block.masterBf16 = words(t.master);
        if (t.gradient && t.gradientType == CudaType::Float32) block.gradient = values(t.gradient);
        else if (t.gradient) block.gradientBf16 = words(t.gradient);
        if (t.firstScales) {
            block.firstCodes = static_cast<std::int8_t*>(hostOf(t.first)) + from;
            block.secondCodes = static_cast<std::uint8_t*>(hostOf(t.second)) + from;
            block.firstScales = onHost(t.firstScales) + from / momentBlock,
            block.secondScales = onHost(t.secondScales) + from / momentBlock;
        } else block.first = values(t.first), block.second = values(t.second);
        for (int k = 0; k < step.means; ++k) block.means.push_back(values(t.means[k]));
        adamwUpdate(settings, block);
    }
    return 0;
}

} // namespace

const CudaKernels& kernels(void* (*host)(const void*), void (*atEachCall)()) {
    hostOf = host, begin = atEachCall;
    static const CudaKernels all = [] {
        CudaKernels k;
        k.errorText = [](int) { return "invalid argument"; };
        k.groupNormScratch = groupNormScratch, k.groupNormForward = groupNormForward, k.groupNormBackward = groupNormBackward;
        k.gegluForward = gegluForward, k.gegluBackward = gegluBackward;
        k.sumOfSquares = sumOfSquares, k.adamw = adamw;
        return k;
    }();
    return all;
}

} // namespace phloxine::stand_in
