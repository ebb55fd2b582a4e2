#pragma once
// The four families behind diffusersPlan, by how they hold x and time.
#include "core/diffusion/conventions/diffusers.h"

namespace phloxine {

// Whole times and the table of abar: DDIM, DDPM, PNDM, LCM. x = sqrt(abar) x0 + sqrt(1 - abar) n.
SamplingPlan ddimFamily(const SchedulerConfig& config, int steps, double eta);
// As k-diffusion: x = x0 + sigma n, fractional times: Euler, Euler ancestral, Heun, LMS, KDPM2.
SamplingPlan ratioFamily(const SchedulerConfig& config, int steps);
// Multistep solvers over sigmas, in variance-preserving x: DPMSolverMultistep, UniPCMultistep.
SamplingPlan solverFamily(const SchedulerConfig& config, int steps);
// x = (1 - sigma) x0 + sigma n: FlowMatchEulerDiscrete.
SamplingPlan flowFamily(const SchedulerConfig& config, int steps);

// The times and sigmas of a run of ratioFamily or solverFamily.
struct SigmaRun {
    std::vector<double> times, sigmas; // sigmas: one more, the last is that of the result
};

X0Limit limitOf(const SchedulerConfig& config, bool clips, bool thresholds); // clips: the default of clip_sample

} // namespace phloxine
