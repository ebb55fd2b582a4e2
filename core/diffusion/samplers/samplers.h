#pragma once
// The samplers, and the table that the window, the command line and JSON read. Each is a pure function over a denoiser that walks x down
// the levels of a plan; those that need no noise never draw.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ParamSpec.h"
#include "core/diffusion/samplers/plan.h"

namespace phloxine {

// Ho et al. 2020, eq. 7 (diffusers DDPMScheduler).
at::Tensor sampleDdpm(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Song et al. 2021, eq. 12; with eta it is the ancestral Euler step, on flow levels the Euler step of flow matching.
at::Tensor sampleDdim(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Liu et al. 2022 (CompVis PLMSSampler, diffusers PNDMScheduler).
at::Tensor samplePlms(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
std::vector<Move> plmsMoves(const SamplingPlan& plan); // one per network call: S + 1
// Karras et al. 2022, alg. 2 without and with the correction (k-diffusion sample_euler, sample_heun).
at::Tensor sampleEuler(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
at::Tensor sampleHeun(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// DPM-Solver-2 in the noise ratio (k-diffusion sample_dpm_2, sample_dpm_2_ancestral).
at::Tensor sampleDpm2(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Lu et al. 2022b, DPM-Solver++: multistep of order 1 to 3, ODE or SDE (k-diffusion sample_dpmpp_2m, _2m_sde, _3m_sde; diffusers
// DPMSolverMultistepScheduler).
at::Tensor sampleDpmpp(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Lu et al. 2022a, DPM-Solver in eps, multistep, ODE or SDE (diffusers' algorithm_type "dpmsolver", "sde-dpmsolver"). The last level keeps
// some noise.
at::Tensor sampleDpmSolver(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// DPM-Solver++ single step (k-diffusion sample_dpmpp_2s_ancestral, sample_dpmpp_sde).
at::Tensor sampleDpmpp2s(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
at::Tensor sampleDpmppSde(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Zhao et al. 2023 (diffusers UniPCMultistepScheduler).
at::Tensor sampleUniPc(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Linear multistep (k-diffusion sample_lms).
at::Tensor sampleLms(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);
// Luo et al. 2023, latent consistency (diffusers LCMScheduler).
at::Tensor sampleLcm(Denoiser&, at::Tensor x, const SamplingPlan&, NoiseSource&, const StepHook&);

struct SamplerInfo {
    const char *id, *title;
    Sampler sample;
    SamplerSettings settings; // by default
    const char* spacing;      // by default: id of a row of spacings(), "trailing" in place of "exact" below 10 steps; "" = its own
    int callsPerStep = 1;     // network calls; the last step of a second-order method takes one
    bool finiteRatio = false; // divides by alpha, so it cannot start from pure noise
    std::vector<ParamSpec> parameters = {};

    bool drawsNoise() const;
};
const std::vector<SamplerInfo>& samplers();
const SamplerInfo& findSampler(const std::string& id); // Error(WrongUse) naming the known ones

// Models of flow matching take the rows that have their own spacing, the others those of the rest.
bool fits(const SamplerInfo& row, Prediction prediction);

// What a user chooses; what is left open is the row's default.
struct SamplerChoice {
    std::string sampler = {}, spacing = {}; // ids
    int steps = 0;
    std::optional<double> eta = {}, noiseScale = {}, churn = {}, shift = {}; // parameters of the row
};
// The plan of that choice for a model. A model of flow matching takes "flow_euler" and no other, which has its own spacing. Error(WrongUse)
// in one sentence for an unknown name, a number of steps outside 1 .. T, or a parameter that the row does not have or that is out of range.
SamplingPlan planFor(const NoiseSchedule& schedule, Prediction prediction, const SamplerChoice& choice);

} // namespace phloxine
