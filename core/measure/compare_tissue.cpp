// The parts of a comparison that look at stain, nuclei and texture, and at trivial cues.
#include <cmath>
#include <cstdio>

#include "core/base/Error.h"
#include "core/base/number_text.h"
#include "core/measure/measured_set.h"
#include "core/measure/statistics/distributions.h"

namespace phloxine {

namespace {

constexpr double surprising = 0.05;

GroupedValues valuesOf(const MeasuredSet& measured, std::size_t measure) {
    GroupedValues sample{{}, measured.groups};
    for (const auto& row : measured.measures) sample.values.push_back(row[measure]);
    return sample;
}

std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

Finding findingOf(const Distribution& d) {
    if (!std::isfinite(d.difference.value)) return {"Nothing to measure on these tiles.", Judgement::Look};
    const auto& e = d.difference;
    const bool asReal = std::isfinite(e.realLow) && e.value >= e.realLow && e.value <= e.realHigh;
    if (asReal && !(d.pValue < surprising)) return {"Within the spread between groups of real tiles.", Judgement::Good};
    if (asReal) return {"The medians agree, the shapes differ.", Judgement::Look};
    return {std::string(e.value > 0 ? "Higher" : "Lower") + " than in the real tiles.", Judgement::Look};
}

Distribution distributionOf(const TileMeasureRow& row, std::size_t index, const MeasuredSet& real, const MeasuredSet& synthetic,
                            bool physical, std::uint64_t seed) {
    Distribution d;
    d.id = row.id, d.title = row.title;
    d.unit = physical && row.physicalUnit ? row.physicalUnit : row.unit;
    const auto a = valuesOf(real, index), b = valuesOf(synthetic, index);
    d.x = commonAxis(a, b);
    d.realDensity = densityCurve(a, d.x), d.syntheticDensity = densityCurve(b, d.x);
    d.realMedian = weightedMedian(a), d.syntheticMedian = weightedMedian(b);
    d.wasserstein = wassersteinDistance(a, b), d.pValue = permutationP(a, b, seed);
    d.difference = medianDifference(a, b, seed);
    d.realValues = floats(a.values), d.syntheticValues = floats(b.values);
    d.finding = findingOf(d);
    return d;
}

CueRow rowOf(const char* id, const char* title, bool format, const Auc& auc) {
    return {id, title, format, auc.value, auc.low, auc.high, auc.p};
}

} // namespace

void compareTissue(const MeasuredSet& real, const MeasuredSet& synthetic, std::uint64_t seed, SyntheticReport& report,
                   const ProgressHook& progress) {
    const auto& rows = tileMeasureRows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        progress({std::string(rows[i].title) + " of " + synthetic.set.name, double(i) / double(rows.size())});
        report.distributions.push_back(distributionOf(rows[i], i, real, synthetic, real.physical && synthetic.physical, seed));
    }
}

void compareCues(const MeasuredSet& real, const MeasuredSet& synthetic, std::uint64_t seed, SyntheticReport& report) {
    try {
        const auto aucs = checkCues({real.cues, real.groups}, {synthetic.cues, synthetic.groups}, seed);
        report.cues.rows.push_back(rowOf("together", "All together", false, aucs.together));
        std::string strongest;
        double furthest = 0;
        for (std::size_t k = 0; k < cueCount; ++k) {
            const auto& title = cueTitles()[k];
            report.cues.rows.push_back(rowOf(title.id, title.title, title.format, aucs.alone[k]));
            if (const double apart = std::abs(aucs.alone[k].value - 0.5); apart > furthest && aucs.alone[k].p < surprising)
                furthest = apart, strongest = title.title;
        }
        const auto& all = aucs.together;
        const bool tells = all.value > all.high;
        std::string text = "Thirteen trivial features tell the sets apart with an AUC of " + twoDigits(all.value) +
                           " (chance: " + twoDigits(all.low) + " to " + twoDigits(all.high) + ")";
        text += tells && !strongest.empty() ? "; the strongest is: " + strongest + "." : tells ? "." : ", no better than chance.";
        report.cues.findings.push_back({text, tells ? Judgement::Look : Judgement::Good});
        report.cues.blocksStudy = aucs.formatTells;
        if (aucs.formatTells)
            report.cues.findings.emplace_back(
                "How the files are stored tells real from synthetic: store both alike before readers judge them.", Judgement::Bad);
    } catch (const Error& e) { report.cues.findings.push_back({e.what(), Judgement::Look}); }
}

} // namespace phloxine
