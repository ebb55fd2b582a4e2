#pragma once
// AdamW with decoupled decay (torch.optim.AdamW), clipping by the global norm, and exponential means of the weights of several lengths
// (CompVis LitEma), over masters of float32, or of bfloat16 with stochastic rounding. A weight without a gradient counts as one whose
// gradient is zero: it decays and moves by its momentum (torch.optim leaves such a weight alone). Same masters, gradients and settings:
// same bits, at any thread count.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/tensor/Weights.h"
#include "core/train/adamw_kernel.h"

namespace phloxine {

class DeviceAdamw;

struct OptimiserSettings {
    double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
    double weightDecay = 0.01;
    bool decayVectors = false;     // norms and biases too, as torch.optim does when nothing else is said
    double clipNorm = 1;           // of all gradients together; 0 = not clipped
    std::vector<double> emaDecays; // each is min(decay, (1 + n) / (10 + n)) after n steps

    bool narrowMoments = false; // 8 bits (adamw_kernel.h) of tensors of narrowFrom values and more
    // A folder for the means, in an unnamed file there; empty: in memory. On file a mean takes in the weights at each meansEvery-th step,
    // with the decays of all steps in between.
    std::filesystem::path meansFolder;
    // Each master is updated as soon as the backward pass has its gradient, which is then freed. The norm of all gradients is not known
    // then: clipNorm limits that of each tensor for itself.
    bool inBackward = false;
    std::uint64_t seed = 0; // of stochastic rounding
    static constexpr std::int64_t narrowFrom = 4096, meansEvery = 8;
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
    // Masters are float32 or bfloat16 and contiguous, all on one device; they are changed in place and must stay. Error(Internal) else,
    // Error(Unsupported) for what a GPU does not do without kernels of the CUDA module.
    Optimiser(const Weights& masters, const OptimiserSettings& settings);
    ~Optimiser();
    Optimiser(const Optimiser&) = delete;
    Optimiser& operator=(const Optimiser&) = delete;

    // Takes the gradients from the masters and clears them. Returns their norm before clipping; where it is not finite nothing is changed,
    // but with inBackward, where only the tensors with such a gradient are left.
    double step(double rate);
    void beforeBackward(double rate); // with inBackward: before each backward pass that step(rate) then completes
    std::int64_t steps() const { return m_steps; }

    void settleMeans();            // those on file take in the weights as they are now: before they are used
    Weights mean(int which) const; // of emaDecays, float32; shares memory with the optimiser
    void releaseMeans() const;     // where they lie in a file: their pages, after all of them were read
    // Moments and means as "first.KEY", "second.KEY", "mean0.KEY", and the count as "steps"; shares memory with the optimiser.
    Weights state() const;
    void restore(const Weights& state); // Error(MissingKey | Shape) where it does not fit

private:
    struct Part {
        std::string key;
        at::Tensor master, gradient, first, second, firstScales, secondScales;
        std::vector<at::Tensor> means;
        double decay = 0;
        bool done = false; // in this backward pass
    };
    struct Block {
        std::size_t part;
        std::int64_t begin, count;
    };
    struct File; // of the means
    void addPart(const std::string& key, const at::Tensor& master);
    double sumOfGradients(std::size_t firstPart, std::size_t end) const;
    void startStep(double rate);
    AdamwStep stepOf(float gradientScale) const;
    at::Tensor updateOnDevice(std::size_t firstPart, std::size_t end); // the sum of the squares of their gradients
    void update(std::size_t firstPart, std::size_t end, float gradientScale);
    void updateInBackward(std::size_t part);
    void updateMeansOnFile();

    OptimiserSettings m_settings;
    std::vector<Part> m_parts;
    std::vector<Block> m_blocks;
    std::vector<std::size_t> m_blocksOf; // where the blocks of each part begin; one more at the end
    std::unique_ptr<File> m_file;
    std::vector<float> m_shares;             // that the means take of the weights at this step
    std::unique_ptr<DeviceAdamw> m_onDevice; // nullptr: the masters are on the CPU
    double m_rate = 0, m_sum = 0;
    at::Tensor m_sumOnDevice;
    bool m_inStep = false;
    std::int64_t m_steps = 0, m_meansSteps = 0; // m_meansSteps: that means on file have taken in
};

} // namespace phloxine
