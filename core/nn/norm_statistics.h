#pragma once
// One mean and variance for the group norms of a network that sees a picture window by window: with its own, each window would have its own
// contrast. What the statistics of the whole picture are is found by running all windows once or more; with every such pass one more norm
// from the input on has exact statistics, and the rest comes closer.
#include <cstddef>
#include <functional>
#include <map>
#include <vector>

#include <ATen/ATen.h>

namespace phloxine::nn {

struct GroupNorm;

// While an object lives, the group norms on its thread go through it. One network at a time, batches of one.
class NormStatistics {
public:
    NormStatistics();
    ~NormStatistics();
    NormStatistics(const NormStatistics&) = delete;
    NormStatistics& operator=(const NormStatistics&) = delete;
    static NormStatistics* current(); // nullptr when there is none

    // Before each window: the next norm is the network's first one. weightAt(h, w): how much each position of an [h, w] map of this window
    // counts, [h, w] on the CPU; the weights of all windows sum to 1 at each position. Without it nothing is collected.
    void beginWindow(std::function<at::Tensor(std::int64_t h, std::int64_t w)> weightAt = {});
    // What was collected is used from now on. How far the means and deviations of any norm moved since the last pass, in standard
    // deviations of that norm; infinite after the first; 0 where the network has no norm.
    double endPass();

    at::Tensor normalise(const GroupNorm& norm, const at::Tensor& x); // [1, c, h, w]

private:
    struct Sums {
        at::Tensor x, squares; // [c] float64, on the device
        double positions = 0;
    };
    struct Used {
        at::Tensor mean, variance; // [c] float64, on the device; the variance is about zero
    };
    struct Weight {
        at::Tensor map; // on the device
        double sum = 0;
    };
    const Weight& weightOf(const at::Tensor& x);
    std::function<at::Tensor(std::int64_t, std::int64_t)> m_weightAt;
    std::map<std::pair<std::int64_t, std::int64_t>, Weight> m_weights; // of this window, by the size of the map
    std::size_t m_next = 0;
    std::vector<Sums> m_sums; // one per norm
    std::vector<Used> m_used; // empty in the first pass: each window uses its own
};

} // namespace phloxine::nn
