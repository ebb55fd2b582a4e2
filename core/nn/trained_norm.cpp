#include "core/nn/trained_norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/nn/group_norm_kernel.h"

namespace phloxine::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Calls work(pointer of the type of x) with what stands for its element.
template <typename Work>
void withType(const at::Tensor& x, Work work) {
    if (x.scalar_type() == at::kFloat) work(static_cast<float*>(nullptr));
    else work(static_cast<std::uint16_t*>(nullptr));
}

NormShape shapeOf(const at::Tensor& x, std::int64_t groups, double eps, bool silu) {
    return {x.size(2) * x.size(3), x.size(1), groups, float(eps), silu};
}

struct Norm : torch::autograd::Function<Norm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                              std::int64_t groups, double eps, bool silu) {
        const auto y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
        const auto mean = at::empty({x.size(0), groups}, at::kFloat), rstd = at::empty_like(mean);
        const auto shape = shapeOf(x, groups, eps, silu);
        const auto size = shape.positions * shape.channels;
        withType(x, [&](auto* type) {
            using T = std::remove_pointer_t<decltype(type)>;
            at::parallel_for(0, x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
                for (auto i = begin; i < end; ++i)
                    groupNormForward(shape, static_cast<const T*>(x.const_data_ptr()) + i * size, weight.const_data_ptr<float>(),
                                     bias.const_data_ptr<float>(), static_cast<T*>(y.data_ptr()) + i * size,
                                     mean.data_ptr<float>() + i * groups, rstd.data_ptr<float>() + i * groups);
            });
        });
        context->save_for_backward({x, weight, bias, mean, rstd});
        context->saved_data["groups"] = groups, context->saved_data["eps"] = eps, context->saved_data["silu"] = silu;
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &bias = saved[2], &mean = saved[3], &rstd = saved[4];
        const auto dy = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
        const auto groups = context->saved_data["groups"].toInt();
        const auto shape = shapeOf(x, groups, context->saved_data["eps"].toDouble(), context->saved_data["silu"].toBool());
        const auto size = shape.positions * shape.channels;
        const auto dx = at::empty_like(x, at::MemoryFormat::ChannelsLast);
        const auto dweight = at::empty({x.size(0), shape.channels}, at::kFloat), dbias = at::empty_like(dweight);
        withType(x, [&](auto* type) {
            using T = std::remove_pointer_t<decltype(type)>;
            at::parallel_for(0, x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
                std::vector<float> scratch;
                for (auto i = begin; i < end; ++i)
                    groupNormBackward(
                        shape, static_cast<const T*>(x.const_data_ptr()) + i * size, static_cast<const T*>(dy.const_data_ptr()) + i * size,
                        weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), mean.const_data_ptr<float>() + i * groups,
                        rstd.const_data_ptr<float>() + i * groups, static_cast<T*>(dx.data_ptr()) + i * size,
                        dweight.data_ptr<float>() + i * shape.channels, dbias.data_ptr<float>() + i * shape.channels, scratch);
            });
        });
        return {dx, dweight.sum(0), dbias.sum(0), {}, {}, {}};
    }
};

} // namespace

bool canTrainNorm(const GroupNorm& norm, const at::Tensor& x) {
    return norm.weight.requires_grad() && norm.weight.scalar_type() == at::kFloat && norm.bias.scalar_type() == at::kFloat &&
           norm.weight.is_contiguous() && norm.bias.is_contiguous() && x.is_cpu() && x.dim() == 4 && x.numel() > 0 &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor trainedNorm(const GroupNorm& norm, const at::Tensor& x, bool silu) {
    return Norm::apply(x, norm.weight, norm.bias, std::int64_t(norm.groups), norm.eps, silu);
}

} // namespace phloxine::nn
