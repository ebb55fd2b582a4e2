#pragma once
// A sampler is a pure function over a denoiser: it walks x down the levels and returns x at the last one. The table below is what the
// window, the command line and JSON read.
#include <functional>
#include <string>
#include <vector>

#include "core/diffusion/denoiser.h"
#include "core/tensor/noise.h"

namespace phloxine {

struct SamplerStep {
    int index = 0, count = 0;
    const at::Tensor& x;  // state before this step
    const at::Tensor& x0; // current estimate; undefined before the first evaluation
};
// The only place for progress, previews and stopping (throw Cancelled). Called before each step and once after the last, with index ==
// count.
using StepHook = std::function<void(const SamplerStep&)>;

// x: the state at levels.front(). Deterministic samplers never draw from `noise`.
using Sampler = at::Tensor (*)(Denoiser& denoise, at::Tensor x, const std::vector<Level>& levels, NoiseSource& noise, const StepHook& hook);

at::Tensor sampleDdim(Denoiser&, at::Tensor x, const std::vector<Level>&, NoiseSource&, const StepHook&); // Song et al. 2021, eq. 12, eta 0
at::Tensor sampleEuler(Denoiser&, at::Tensor x, const std::vector<Level>&, NoiseSource&,
                       const StepHook&); // Karras et al. 2022, alg. 1 without correction
at::Tensor sampleHeun(Denoiser&, at::Tensor x, const std::vector<Level>&, NoiseSource&, const StepHook&); // Karras et al. 2022, alg. 1
at::Tensor sampleDpmpp2m(Denoiser&, at::Tensor x, const std::vector<Level>&, NoiseSource&,
                         const StepHook&); // Lu et al. 2022, DPM-Solver++(2M)

struct SamplerInfo {
    const char *id, *title;
    Sampler sample;
    std::vector<Level> (*levels)(const NoiseSchedule&, int steps);
};
const std::vector<SamplerInfo>& samplers();
const SamplerInfo& findSampler(const std::string& id); // Error(WrongUse) naming the known ones

// Error(Nan) when the state is not finite; samplers call it once at the end.
at::Tensor requireFiniteLatent(at::Tensor x);

} // namespace phloxine
