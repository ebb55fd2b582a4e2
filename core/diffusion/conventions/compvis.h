#pragma once
// The samplers of CompVis latent-diffusion (ldm.models.diffusion.ddim, .plms): x begins as standard noise, times are whole.
#include "core/diffusion/samplers/plan.h"

namespace phloxine {

// sampler "ddim" or "plms"; spacing "uniform", "quad" or "exact" (compvisTimes). Error(Unsupported) for another name, Error(WrongUse) for
// steps outside the schedule and for PLMS with eta.
SamplingPlan compvisPlan(const NoiseSchedule& schedule, const std::string& sampler, const std::string& spacing, int steps, double eta = 0);

} // namespace phloxine
