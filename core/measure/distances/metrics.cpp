#include "core/measure/distances/metrics.h"

#include "core/base/Error.h"

namespace phloxine {

const PrdcEstimates& MetricInput::prdc() const {
    if (!m_prdc) m_prdc = std::make_shared<const PrdcEstimates>(prdcEstimates(real, synthetic, seed));
    return *m_prdc;
}

const std::vector<MetricRow>& distanceMetrics() {
    static const std::vector<MetricRow> table{
        {"fid", "FID", Closer::Lower,
         "Lower is nearer to the real tiles; it falls with the number of tiles, so compare only equal numbers.",
         [](const MetricInput& in) { return frechetEstimate(in.real, in.synthetic, in.seed); }},
        {"fid_inf", "FID for endless sets", Closer::Lower,
         "Lower is nearer to the real tiles; the number of tiles is extrapolated away, so noise can take it below 0.",
         [](const MetricInput& in) { return frechetInfinityEstimate(in.real, in.synthetic, in.seed); }},
        {"kid", "KID", Closer::Lower,
         "Lower is nearer to the real tiles; 0 is no difference that the features show, whatever the number of tiles; below 0 by chance, "
         "or where the sets share tiles.",
         [](const MetricInput& in) { return kernelEstimate(in.real, in.synthetic, polynomialKernel(), LeftOut::Group, in.seed); }},
        {"kid_published", "KID, as published", Closer::Lower,
         "Lower is nearer to the real tiles; the estimator of published numbers, which rises where real tiles of one group are alike.",
         [](const MetricInput& in) { return kernelEstimate(in.real, in.synthetic, polynomialKernel(), LeftOut::Tile, in.seed); }},
        {"mmd", "MMD, Gaussian kernel", Closer::Lower,
         "Lower is nearer to the real tiles; squared, with the median distance as the width of the kernel.",
         [](const MetricInput& in) {
             requireComparable(in.real, in.synthetic);
             const auto kernel = gaussianKernel(medianDistance(in.real.features, in.synthetic.features));
             return kernelEstimate(in.real, in.synthetic, kernel, LeftOut::Group, in.seed);
         }},
        {"precision", "Precision", Closer::Higher, "Higher: more of the synthetic tiles look like real ones.",
         [](const MetricInput& in) { return in.prdc().precision; }},
        {"recall", "Recall", Closer::Higher, "Higher: more of the real tiles look like synthetic ones.",
         [](const MetricInput& in) { return in.prdc().recall; }},
        {"density", "Density", Closer::Higher,
         "Higher: synthetic tiles lie where real ones are dense; about 1 when both are alike, and it may exceed 1.",
         [](const MetricInput& in) { return in.prdc().density; }},
        {"coverage", "Coverage", Closer::Higher, "Higher: more of the real tiles have a synthetic one among their near neighbours.",
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
