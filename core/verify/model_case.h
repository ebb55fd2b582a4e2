#pragma once
#include "core/model/Model.h"
#include "core/verify/operations.h"

namespace phloxine::verify {

Checkpoint openCase(const Case& c);       // the model that the case names, or the one that its formula makes
Binding fullPrecision(const Case& c);     // fp32 on the device of the case
Condition vectorCondition(const Case& c); // from the inputs patch, feat, vector, region, mag, labels
Weights decoded(const Case& c, const Checkpoint& checkpoint, const at::Tensor& latent, std::optional<bool> quantise = {}); // image, codes

} // namespace phloxine::verify
