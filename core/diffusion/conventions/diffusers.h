#pragma once
// The schedulers of diffusers 0.42, from scheduler_config.json to a plan.
#include "core/diffusion/conventions/diffusers_schedule.h"
#include "core/diffusion/samplers/plan.h"

namespace phloxine {

// What set_timesteps(steps) and the steps after it do, for DDIM, DDPM, PNDM, LCM, EulerDiscrete, EulerAncestralDiscrete, HeunDiscrete,
// LMSDiscrete, KDPM2Discrete, KDPM2AncestralDiscrete, DPMSolverMultistep, UniPCMultistep and FlowMatchEulerDiscrete ("...Scheduler").
// `eta` is DDIM's, an argument of its step. Error(Unsupported) for a class or a setting that is not there, naming it; Error(WrongUse) for
// impossible steps.
SamplingPlan diffusersPlan(const SchedulerConfig& config, int steps, double eta = 0);

// What the network of such a folder predicts.
Prediction diffusersPrediction(const SchedulerConfig& config);

} // namespace phloxine
