#pragma once
// Gradient checkpointing (Chen et al. 2016): the forward pass of a block keeps its inputs alone, and the backward pass computes the block
// again. Deterministic operators give the same gradients to the bit.
#include <functional>
#include <vector>

#include <ATen/ATen.h>

namespace phloxine::nn {

using Block = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// block(inputs), differentiable by the inputs and by every leaf that `block` holds. Leaves get their gradients as soon as the block's
// backward pass has run. `block` outlives the network that it was made by, so it must own what it needs.
at::Tensor recomputed(Block block, const std::vector<at::Tensor>& inputs);

} // namespace phloxine::nn
