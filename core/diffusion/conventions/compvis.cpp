#include "core/diffusion/conventions/compvis.h"

#include "core/base/Error.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

SamplingPlan compvisPlan(const NoiseSchedule& schedule, const std::string& sampler, const std::string& spacing, int steps, double eta) {
    SamplingPlan plan;
    if (sampler == "ddim") plan.sampler = sampleDdim;
    else if (sampler == "plms") plan.sampler = samplePlms;
    else throw Error(ErrorCode::Unsupported, "CompVis has no sampler \"" + sampler + "\"; it has ddim and plms.", sampler);
    if (plan.sampler == samplePlms && eta != 0) throw Error(ErrorCode::WrongUse, "PLMS draws no noise; its eta must be 0.");
    if (!(eta >= 0 && eta <= 1)) throw Error(ErrorCode::WrongUse, "The parameter eta must lie between 0 and 1.");
    plan.levels = ddimLevels(schedule, steps, spacing);
    plan.settings.eta = eta;
    return plan;
}

} // namespace phloxine
