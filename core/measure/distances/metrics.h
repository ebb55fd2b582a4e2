#pragma once
// The table of distances between real and synthetic features. A comparison iterates it.
#include <memory>

#include "core/measure/distances/intervals.h"

namespace phloxine {

struct MetricInput {
    FeatureSet real, synthetic;
    std::uint64_t seed = 0;

    MetricInput(FeatureSet real, FeatureSet synthetic, std::uint64_t seed = 0)
        : real(std::move(real)), synthetic(std::move(synthetic)), seed(seed) {}
    const PrdcEstimates& prdc() const; // computed once for the four rows that read it

private:
    mutable std::shared_ptr<const PrdcEstimates> m_prdc;
};

enum class Closer { Lower, Higher }; // which values are nearer to the real tiles

struct MetricRow {
    const char *id, *title;
    Closer closer;
    const char* sentence;                // what the number means
    Estimate (*run)(const MetricInput&); // Error(WrongUse | Shape | Nan)
};
const std::vector<MetricRow>& distanceMetrics();
const MetricRow& findDistanceMetric(const std::string& id); // Error(WrongUse) naming the known ones

} // namespace phloxine
