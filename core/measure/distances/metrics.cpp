#include "core/measure/distances/metrics.h"

#include "core/base/Error.h"

namespace phloxine {

const PrdcEstimates& MetricInput::prdc() const {
    if (!m_prdc) m_prdc = std::make_shared<const PrdcEstimates>(prdcEstimates(real, synthetic, seed));
    return *m_prdc;
}

const std::vector<MetricRow>& distanceMetrics() {
    static const std::vector<MetricRow> table{
        {"fid", "FID", "Lower is nearer to the real tiles; it falls with the number of tiles, so compare only equal numbers.",
         [](const MetricInput& in) { return frechetEstimate(in.real, in.synthetic, in.seed); }},
        {"fid_inf", "FID for endless sets",
         "Lower is nearer to the real tiles; the number of tiles is extrapolated away, so noise can take it below 0.",
         [](const MetricInput& in) { return frechetInfinityEstimate(in.real, in.synthetic, in.seed); }},
        {"kid", "KID", "Lower is nearer to the real tiles; 0 is no difference that the features show, whatever the number of tiles.",
         [](const MetricInput& in) { return kernelEstimate(in.real, in.synthetic, polynomialKernel(), in.seed); }},
        {"mmd", "MMD, Gaussian kernel", "Lower is nearer to the real tiles; squared, with the median distance as the width of the kernel.",
         [](const MetricInput& in) {
             requireComparable(in.real, in.synthetic);
             return kernelEstimate(in.real, in.synthetic, gaussianKernel(medianDistance(in.real.features, in.synthetic.features)), in.seed);
         }},
        {"precision", "Precision", "Higher: more of the synthetic tiles look like real ones.",
         [](const MetricInput& in) { return in.prdc().precision; }},
        {"recall", "Recall", "Higher: more of the real tiles look like synthetic ones.",
         [](const MetricInput& in) { return in.prdc().recall; }},
        {"density", "Density", "Higher: synthetic tiles lie where real ones are dense; about 1 when both are alike, and it may exceed 1.",
         [](const MetricInput& in) { return in.prdc().density; }},
        {"coverage", "Coverage", "Higher: more of the real tiles have a synthetic one among their near neighbours.",
         [](const MetricInput& in) { return in.prdc().coverage; }},
    };
    return table;
}

const MetricRow& findDistanceMetric(const std::string& id) {
    std::string known;
    for (const auto& row : distanceMetrics()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "The measure \"" + id + "\" is not known; use one of " + known + ".", id);
}

} // namespace phloxine
