#pragma once
// A run of a sampler as a value: which levels it visits, with which settings, from how much noise. Made by one function per convention
// (conventions/), carried out by run() below.
#include <functional>
#include <vector>

#include "core/diffusion/guidance.h"
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

struct SamplingPlan;
// x: the state at levels.front(), float32. Returns the state at levels.back(). Error(Nan) naming the step where x stops being finite.
using Sampler = at::Tensor (*)(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook);

struct SamplerSettings {
    double eta = 0;        // fresh noise: 0 none, 1 as much as the ancestral process
    double noiseScale = 1; // factor on each draw (s_noise)
    double churn = 0, churnFrom = 0, churnTo = std::numeric_limits<double>::infinity(); // Karras et al. 2022, alg. 2, in noise ratios
    int order = 2;                                                                      // of multistep methods
    bool heun = false;                                  // DPM++: the second-order term of "heun" instead of "midpoint"
    bool lowerOrderFinal = false, eulerAtFinal = false; // the last steps fall to order 2 and 1
    bool sdeThirdOrderAsDiffusers = false;              // diffusers' third-order SDE update has 1/2 with the other sign
    // UniPC
    bool bh1 = false, fromX0 = true;
    std::vector<int> uncorrected; // steps whose result is not corrected
    // PLMS
    bool rungeKuttaStart = false, combineV = false; // combineV: the history holds v, as diffusers' PNDM does for v models
    // DDPM
    bool largeVariance = false; // beta_t instead of the posterior's
    // LCM
    double timeScaling = 10; // boundary condition of Luo et al. 2023; infinite = x0 itself
};

// Where upstream visits another level than it lands on: the network is asked at `at`, then x goes from `from` to `to`.
struct Move {
    Level at, from, to;
};

struct SamplingPlan {
    Sampler sampler = nullptr;
    std::vector<Level> levels; // visited, noisiest first; the last one is that of the result
    std::vector<Move> moves;   // DDIM, DDPM, LCM: one per step; PLMS: one per network call. Empty: from each level to the next one
    SamplerSettings settings;
    double startScale = 1; // x = startScale * standard normal noise
    X0Limit limit;
    std::function<double(double ratio)> timeOf; // for levels between the visited ones; not set: t = 0

    int steps() const { return int(levels.size()) - 1; }
    Move move(int step) const;
    Level between(double ratio, const Level& like) const; // the level of a ratio, in the scale of `like`
};

// From standard normal noise [n, c, h, w] to the latent. A plan without steps is Error(WrongUse).
at::Tensor run(const SamplingPlan& plan, Denoiser& denoise, const at::Tensor& noise, NoiseSource& draws, const StepHook& hook = {});

// The levels at which the network will be asked, in order.
std::vector<Level> networkCalls(const SamplingPlan& plan);

} // namespace phloxine
