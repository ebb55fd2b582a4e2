#include "core/train/device_update.h"

namespace phloxine {

void adamwUpdate(const AdamwStep& step, const DeviceTensors& t) {
    if (t.masters.empty()) return;
    if (step.gradientScale != 1) at::_foreach_mul_(t.gradients, step.gradientScale);
    at::_foreach_lerp_(t.first, t.gradients, 1 - step.beta1);
    at::_foreach_mul_(t.second, step.beta2);
    at::_foreach_addcmul_(t.second, t.gradients, t.gradients, 1 - step.beta2);
    const auto roots = at::_foreach_sqrt(t.second);
    at::_foreach_mul_(roots, step.secondScale);
    at::_foreach_add_(roots, step.epsilon);
    at::_foreach_mul_(t.masters, t.keep);
    at::_foreach_addcdiv_(t.masters, t.first, roots, -step.stepSize);
    for (std::size_t k = 0; k < step.means.size(); ++k) at::_foreach_lerp_(t.means[k], t.masters, step.means[k]);
}

double sumOfSquares(const std::vector<at::Tensor>& tensors) {
    if (tensors.empty()) return 0;
    return at::stack(at::_foreach_norm(tensors)).to(at::kDouble).square().sum().item<double>();
}

} // namespace phloxine
