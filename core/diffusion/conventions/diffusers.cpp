#include "core/diffusion/conventions/diffusers.h"

#include "core/base/Error.h"
#include "core/diffusion/conventions/diffusers_families.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

SamplingPlan diffusersPlan(const SchedulerConfig& c, int steps, double eta) {
    requireSteps(steps, c.timesteps());
    if (!(eta >= 0 && eta <= 1)) throw Error(ErrorCode::WrongUse, "The parameter eta must lie between 0 and 1.");
    if (c.is({"DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "LCMScheduler"})) return ddimFamily(c, steps, eta);
    if (c.is({"EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler", "LMSDiscreteScheduler",
              "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"}))
        return ratioFamily(c, steps);
    if (c.is({"DPMSolverMultistepScheduler", "UniPCMultistepScheduler"})) return solverFamily(c, steps);
    if (c.is({"FlowMatchEulerDiscreteScheduler"})) return flowFamily(c, steps);
    throw Error(ErrorCode::Unsupported,
                "The scheduler " + c.className +
                    " is not known; known are DDIM, DDPM, PNDM, LCM, EulerDiscrete, EulerAncestralDiscrete, "
                    "HeunDiscrete, LMSDiscrete, KDPM2Discrete, KDPM2AncestralDiscrete, DPMSolverMultistep, "
                    "UniPCMultistep and FlowMatchEulerDiscrete.",
                c.className);
}

Prediction diffusersPrediction(const SchedulerConfig& c) {
    if (c.is({"FlowMatchEulerDiscreteScheduler"})) return Prediction::Flow;
    return predictionFrom(c.word("prediction_type", "epsilon"));
}

X0Limit limitOf(const SchedulerConfig& c, bool clips, bool thresholds) {
    X0Limit limit;
    if (thresholds && c.flag("thresholding")) {
        limit.quantile = c.number("dynamic_thresholding_ratio", 0.995);
        limit.quantileMaximum = c.number("sample_max_value", 1);
    } else if (c.flag("clip_sample", clips)) limit.clip = c.number("clip_sample_range", 1);
    return limit;
}

} // namespace phloxine
