#include "core/diffusion/samplers/samplers.h"

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/diffusion/spacings.h"

namespace phloxine {

namespace {

ParamSpec etaOf(double byDefault) { return {"eta", "Fresh noise", byDefault, 0, 1, 0.05}; }
constexpr ParamSpec noiseScaleSpec{"noise_scale", "Noise scale", 1, 0.9, 1.1, 0.005}, churnSpec{"churn", "Churn", 0, 0, 100, 1},
    shiftSpec{"shift", "Shift towards noise", 1, 0.1, 12, 0.1};

SamplerSettings with(double eta, int order = 2, bool heun = false) {
    SamplerSettings s;
    s.eta = eta, s.order = order, s.heun = heun;
    return s;
}

} // namespace

bool SamplerInfo::drawsNoise() const { return settings.eta > 0 || sample == sampleDdpm || sample == sampleLcm; }

const std::vector<SamplerInfo>& samplers() {
    static const std::vector<SamplerInfo> table{
        {"dpmpp_2m", "DPM++ 2M", sampleDpmpp, with(0), "karras"},
        {"ddim", "DDIM", sampleDdim, with(0), "exact", 1, false, {etaOf(0), noiseScaleSpec}},
        {"euler", "Euler", sampleEuler, with(0), "karras", 1, true, {churnSpec, noiseScaleSpec}},
        {"heun", "Heun", sampleHeun, with(0), "karras", 2, true, {churnSpec, noiseScaleSpec}},
        {"unipc", "UniPC", sampleUniPc, with(0), "karras", 1, true},
        {"dpmpp_2m_sde", "DPM++ 2M SDE", sampleDpmpp, with(1), "karras", 1, false, {etaOf(1), noiseScaleSpec}},
        {"dpmpp_3m_sde", "DPM++ 3M SDE", sampleDpmpp, with(1, 3, true), "exponential", 1, false, {etaOf(1), noiseScaleSpec}},
        {"dpmpp_2s_ancestral", "DPM++ 2S ancestral", sampleDpmpp2s, with(1), "karras", 2, true, {etaOf(1), noiseScaleSpec}},
        {"dpmpp_sde", "DPM++ SDE", sampleDpmppSde, with(1), "karras", 2, true, {etaOf(1), noiseScaleSpec}},
        {"euler_ancestral", "Euler ancestral", sampleDdim, with(1), "karras", 1, false, {etaOf(1), noiseScaleSpec}},
        {"dpm_2", "DPM-2", sampleDpm2, with(0), "karras", 2, true, {churnSpec, noiseScaleSpec}},
        {"dpm_2_ancestral", "DPM-2 ancestral", sampleDpm2, with(1), "karras", 2, true, {etaOf(1), noiseScaleSpec}},
        {"lms", "LMS", sampleLms, with(0, 4), "karras", 1, true},
        {"plms", "PLMS", samplePlms, with(0), "exact", 1, true},
        {"ddpm", "DDPM", sampleDdpm, with(0), "trailing", 1, false, {noiseScaleSpec}},
        {"lcm", "LCM", sampleLcm, with(0), "trailing", 1, false, {noiseScaleSpec}},
        {"flow_euler", "Flow matching Euler", sampleDdim, with(0), "", 1, false, {shiftSpec}},
    };
    return table;
}

const SamplerInfo& findSampler(const std::string& id) {
    std::string known;
    for (const auto& row : samplers()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "The sampler \"" + id + "\" is not known; use one of " + known + ".", id);
}

bool fits(const SamplerInfo& row, Prediction prediction) { return (prediction == Prediction::Flow) == !*row.spacing; }

namespace {

void take(const SamplerInfo& row, const std::optional<double>& value, std::string_view id, double& into) {
    if (!value) return;
    for (const auto& spec : row.parameters) {
        if (spec.id != id) continue;
        if (!(*value >= spec.minimum && *value <= spec.maximum))
            throw Error(ErrorCode::WrongUse, "The parameter " + std::string(id) + " of the sampler " + row.id + " must lie between " +
                                                 Json(spec.minimum).dump() + " and " + Json(spec.maximum).dump() + ".");
        into = *value;
        return;
    }
    throw Error(ErrorCode::WrongUse, "The sampler " + std::string(row.id) + " has no parameter " + std::string(id) + ".");
}

} // namespace

SamplingPlan planFor(const NoiseSchedule& schedule, Prediction prediction, const SamplerChoice& choice) {
    const auto& row = findSampler(choice.sampler);
    const bool flow = prediction == Prediction::Flow;
    if (!fits(row, prediction))
        throw Error(ErrorCode::WrongUse, flow ? "This model was trained by flow matching; use the sampler flow_euler."
                                              : "The sampler " + std::string(row.id) + " is for models trained by flow matching.");
    SamplingPlan plan;
    plan.sampler = row.sample;
    plan.settings = row.settings;
    take(row, choice.eta, "eta", plan.settings.eta);
    take(row, choice.noiseScale, "noise_scale", plan.settings.noiseScale);
    take(row, choice.churn, "churn", plan.settings.churn);
    double shifted = 1;
    take(row, choice.shift, "shift", shifted);
    if (flow) {
        if (!choice.spacing.empty()) throw Error(ErrorCode::WrongUse, "The sampler flow_euler has its own step spacing; leave it out.");
        requireSteps(choice.steps, 1000);
        plan.levels = flowLevels(choice.steps, shifted);
        return plan;
    }
    // Of few steps CompVis' stride begins far from noise: of one at t = 1, of two in the middle.
    const std::string own = row.spacing == std::string_view("exact") && choice.steps < 10 ? "trailing" : row.spacing;
    plan.levels = findSpacing(choice.spacing.empty() ? own : choice.spacing).levels(schedule, choice.steps);
    plan.timeOf = [schedule](double ratio) { return schedule.timeOf(ratio); };
    // Pure noise has no finite ratio; as diffusers does, such a method begins where abar is 2^-24.
    if (row.finiteRatio && plan.levels.front().alpha < 0x1p-12) plan.levels.front() = preservingLevel(0x1p12, plan.levels.front().t);
    return plan;
}

} // namespace phloxine
