#pragma once
// AdamW with decoupled decay (torch.optim.AdamW), clipping by the global norm, and exponential means of the weights of several lengths
// (CompVis LitEma), over float32 masters. Same masters, gradients and settings: same bits, at any thread count.
#include <cstdint>
#include <vector>

#include "core/tensor/Weights.h"

namespace phloxine {

struct OptimiserSettings {
    double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
    double weightDecay = 0.01;
    bool decayVectors = false;     // norms and biases too, as torch.optim does when nothing else is said
    double clipNorm = 1;           // of all gradients together; 0 = not clipped
    std::vector<double> emaDecays; // each is min(decay, (1 + n) / (10 + n)) after n steps
};

// Linear from startFactor x rate to rate during the warm-up (CompVis LambdaLinearScheduler), then constant, then a cosine to zero.
struct RateSettings {
    double rate = 1e-3, startFactor = 0.01;
    std::int64_t warmUpSteps = 100, steps = 0; // steps 0: constant for ever
    double constantShare = 0.5;                // of the steps, until the cosine begins
};
double rateAt(const RateSettings& settings, std::int64_t step); // step counts from 0

class Optimiser {
public:
    // Masters are float32, contiguous and on the CPU; they are changed in place and must stay. Error(Internal) else.
    Optimiser(const Weights& masters, const OptimiserSettings& settings);

    // Takes the gradients from the masters and clears them. Returns their norm before clipping; where it is not finite nothing is changed.
    double step(double rate);
    std::int64_t steps() const { return m_steps; }

    Weights mean(int which) const; // of emaDecays; shares memory with the optimiser
    // Moments and means as "first.KEY", "second.KEY", "mean0.KEY", and the count as "steps"; shares memory with the optimiser.
    Weights state() const;
    void restore(const Weights& state); // Error(MissingKey | Shape) where it does not fit

private:
    struct Part {
        std::string key;
        at::Tensor master, gradient, first, second;
        std::vector<at::Tensor> means;
        double decay = 0;
    };
    struct Block {
        std::size_t part;
        std::int64_t begin, count;
    };
    double takeGradients();

    OptimiserSettings m_settings;
    std::vector<Part> m_parts;
    std::vector<Block> m_blocks;
    std::int64_t m_steps = 0;
};

} // namespace phloxine
