#include "core/nn/recompute.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace phloxine::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Recompute : torch::autograd::Function<Recompute> {
    static at::Tensor forward(AutogradContext* context, at::TensorList inputs, const std::shared_ptr<Block>& block) {
        context->save_for_backward(inputs.vec());
        context->saved_data["block"] = c10::IValue::make_capsule(c10::make_intrusive<Held>(block));
        return (*block)(inputs.vec());
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        auto inputs = context->get_saved_variables();
        for (auto& input : inputs) input = input.detach().requires_grad_(input.requires_grad());
        const auto held = c10::static_intrusive_pointer_cast<Held>(context->saved_data["block"].toCapsule());
        {
            const c10::AutoGradMode on(true);
            torch::autograd::backward({(*held->block)(inputs)}, {gradients[0]});
        }
        variable_list result;
        for (const auto& input : inputs) result.push_back(input.grad());
        result.emplace_back(); // of the block itself
        return result;
    }

    struct Held : torch::CustomClassHolder {
        explicit Held(std::shared_ptr<Block> b) : block(std::move(b)) {}
        std::shared_ptr<Block> block;
    };
};

} // namespace

at::Tensor recomputed(Block block, const std::vector<at::Tensor>& inputs) {
    return Recompute::apply(at::TensorList(inputs), std::make_shared<Block>(std::move(block)));
}

} // namespace phloxine::nn
