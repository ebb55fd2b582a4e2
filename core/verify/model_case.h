#pragma once
#include "core/model/Model.h"
#include "core/verify/operations.h"

namespace phloxine::verify {

Checkpoint openCase(const Case& c); // the model file with the configuration that the case names; NotYet for what is not there
Binding fullPrecision();

} // namespace phloxine::verify
