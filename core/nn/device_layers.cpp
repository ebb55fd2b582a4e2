#include "core/nn/device_layers.h"

#include <torch/csrc/autograd/custom_function.h>

#include "core/tensor/device_kernels.h"

namespace phloxine::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool isForKernels(const at::Tensor& x) { return x.is_cuda() && x.numel() > 0 && hasKernelType(x) && deviceKernels(x.device()); }

at::Tensor channelsLast(const at::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }
const void* pointerOf(const at::Tensor& t) { return t.defined() ? t.const_data_ptr() : nullptr; }
float* floatsOf(const at::Tensor& t) { return t.defined() ? t.data_ptr<float>() : nullptr; }
at::TensorOptions floatsLike(const at::Tensor& t) { return t.options().dtype(at::kFloat); }

// x, weight, bias, mean, rstd: of which the kernels take the addresses. add may be undefined.
CudaGroupNorm normOf(const variable_list& t, const at::Tensor& add, std::int64_t groups, double eps, bool silu) {
    CudaGroupNorm norm;
    norm.n = t[0].size(0), norm.positions = t[0].size(2) * t[0].size(3), norm.channels = t[0].size(1), norm.groups = groups;
    norm.eps = float(eps), norm.silu = silu;
    norm.type = cudaType(t[0]), norm.parameterType = cudaType(t[1]);
    norm.x = pointerOf(t[0]), norm.weight = pointerOf(t[1]), norm.bias = pointerOf(t[2]);
    norm.mean = floatsOf(t[3]), norm.rstd = floatsOf(t[4]);
    if (add.defined()) norm.add = pointerOf(add), norm.addType = cudaType(add);
    return norm;
}

at::Tensor scratchFor(const CudaKernels& kernels, const CudaGroupNorm& norm, const at::Tensor& like) {
    return at::empty({kernels.groupNormScratch(norm.n, norm.positions, norm.channels, norm.groups)}, floatsLike(like));
}

struct DeviceNorm : torch::autograd::Function<DeviceNorm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& weight, const at::Tensor& bias,
                              const std::optional<at::Tensor>& added, std::int64_t groups, double eps, bool silu) {
        const auto add = added.value_or(at::Tensor());
        const auto& kernels = *deviceKernels(given.device());
        const auto x = channelsLast(given), y = at::empty_like(x);
        const auto mean = at::empty({x.size(0), groups}, floatsLike(x)), rstd = at::empty_like(mean);
        const auto norm = normOf({x, weight, bias, mean, rstd}, add, groups, eps, silu);
        const auto scratch = scratchFor(kernels, norm, x);
        launchOn(x.device(), [&](void* stream) { return kernels.groupNormForward(norm, y.data_ptr(), scratch.data_ptr<float>(), stream); });
        context->save_for_backward({x, weight, bias, mean, rstd, add});
        context->saved_data["groups"] = groups, context->saved_data["eps"] = eps, context->saved_data["silu"] = silu;
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &bias = saved[2], &add = saved[5];
        const auto& kernels = *deviceKernels(x.device());
        const auto norm = normOf(saved, add, context->saved_data["groups"].toInt(), context->saved_data["eps"].toDouble(),
                                 context->saved_data["silu"].toBool());
        const auto dy = channelsLast(gradients[0].to(x.scalar_type())), dx = at::empty_like(x), scratch = scratchFor(kernels, norm, x);
        const auto wanted = [&](std::size_t input, at::IntArrayRef size) {
            return context->needs_input_grad(input) ? at::empty(size, floatsLike(x)) : at::Tensor();
        };
        const auto dadd = add.defined() ? wanted(3, add.sizes()) : at::Tensor();
        const auto dweight = wanted(1, weight.sizes()), dbias = wanted(2, bias.sizes());
        launchOn(x.device(), [&](void* stream) {
            return kernels.groupNormBackward(norm, dy.const_data_ptr(), dx.data_ptr(), floatsOf(dweight), floatsOf(dbias), floatsOf(dadd),
                                             scratch.data_ptr<float>(), stream);
        });
        const auto as = [](const at::Tensor& gradient, const at::Tensor& of) {
            return gradient.defined() ? gradient.to(of.scalar_type()) : gradient;
        };
        return {dx, as(dweight, weight), as(dbias, bias), as(dadd, add), {}, {}, {}};
    }
};

struct DeviceGeglu : torch::autograd::Function<DeviceGeglu> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& given) {
        const auto x = given.contiguous();
        auto sizes = x.sizes().vec();
        sizes.back() /= 2;
        const auto y = at::empty(sizes, x.options());
        launchOn(x.device(), [&](void* stream) {
            return deviceKernels(x.device())
                ->gegluForward(cudaType(x), x.const_data_ptr(), y.data_ptr(), y.numel() / sizes.back(), sizes.back(), stream);
        });
        context->save_for_backward({x});
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto x = context->get_saved_variables()[0], dy = gradients[0].to(x.scalar_type()).contiguous(), dx = at::empty_like(x);
        const auto width = x.size(-1) / 2;
        launchOn(x.device(), [&](void* stream) {
            return deviceKernels(x.device())
                ->gegluBackward(cudaType(x), x.const_data_ptr(), dy.const_data_ptr(), dx.data_ptr(), dy.numel() / width, width, stream);
        });
        return {dx};
    }
};

} // namespace

bool hasDeviceNorm(const GroupNorm& norm, const at::Tensor& x) {
    return isForKernels(x) && x.dim() == 4 && x.size(0) < (1 << 16) && hasKernelType(norm.weight) &&
           norm.bias.scalar_type() == norm.weight.scalar_type() && norm.weight.is_contiguous() && norm.bias.is_contiguous();
}

at::Tensor deviceNorm(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& add, bool silu) {
    return DeviceNorm::apply(x, norm.weight, norm.bias, add.defined() ? std::optional(add.contiguous()) : std::nullopt,
                             std::int64_t(norm.groups), norm.eps, silu);
}

bool hasDeviceGeglu(const at::Tensor& x) { return isForKernels(x); }
at::Tensor deviceGeglu(const at::Tensor& x) { return DeviceGeglu::apply(x); }

} // namespace phloxine::nn
