#pragma once
// Weights "formula/1": the values of a network follow from its key names, so that full-size networks can be compared without shipping them.
#include <string>

#include <ATen/ATen.h>

namespace phloxine {

// FNV-1a 64 of salt + name keys a splitmix64 stream; see the reference kit's definition. `name` decides the distribution (weight, bias,
// running_var, ...).
at::Tensor formulaWeight(const std::string& salt, const std::string& name, at::IntArrayRef shape, double gain = 1);
// Inputs are named "input:...": sqrt(3) * uniform(-1, 1).
at::Tensor formulaInput(const std::string& salt, const std::string& name, at::IntArrayRef shape);

} // namespace phloxine
