// The part of a comparison that measures distances between feature sets, for all classes together and for each.
#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/Error.h"
#include "core/measure/distances/metrics.h"
#include "core/measure/measured_set.h"

namespace phloxine {

namespace {

constexpr int fewestPerClass = 30; // tiles of each set, below which a class has no numbers of its own

FeatureSet chosen(const MeasuredSet& measured, const at::Tensor& features, const std::string* className) {
    if (!className) return {features, measured.groups};
    std::vector<std::int64_t> rows;
    FeatureSet result;
    for (std::size_t i = 0; i < measured.set.tiles.size(); ++i)
        if (measured.set.tiles[i].className == *className) rows.push_back(std::int64_t(i)), result.groups.push_back(measured.groups[i]);
    result.features = features.index_select(0, at::tensor(rows, at::kLong));
    return result;
}

// What the number says beside what real tiles say of each other.
Finding findingOf(const MetricRow& row, const Estimate& e) {
    if (!std::isfinite(e.value)) return {e.method, Judgement::Look};
    if (!std::isfinite(e.realLow) || !std::isfinite(e.realHigh)) return {row.sentence, Judgement::Plain};
    const bool asReal = row.closer == Closer::Lower ? e.value <= e.realHigh : e.value >= e.realLow;
    return {asReal ? "Within what real tiles show against other real tiles."
                   : std::string(row.sentence) + " Real against real shows less difference.",
            asReal ? Judgement::Good : Judgement::Look};
}

} // namespace

void compareDistances(const MeasuredSet& real, const MeasuredSet& synthetic, const std::vector<FeatureNet>& extractors, std::uint64_t seed,
                      SyntheticReport& report, const ProgressHook& progress) {
    std::set<std::string> classes;
    for (const auto& [name, tiles] : synthetic.summary.classes)
        for (const auto& [realName, realTiles] : real.summary.classes)
            if (name == realName && tiles >= fewestPerClass && realTiles >= fewestPerClass) classes.insert(name);
    std::vector<const std::string*> parts = {nullptr};
    if (classes.size() > 1)
        for (const auto& name : classes) parts.push_back(&name);
    double done = 0;
    for (std::size_t i = 0; i < extractors.size(); ++i)
        for (const auto* part : parts) {
            MetricInput input{chosen(real, real.features[i], part), chosen(synthetic, synthetic.features[i], part), seed};
            for (const auto& row : distanceMetrics()) {
                progress({std::string(row.title) + (part ? ", " + *part : ""), done / double(extractors.size() * parts.size())});
                MetricResult result{row.id, row.title, extractors[i].title, part ? *part : std::string(), {}, {}};
                try {
                    result.estimate = row.run(input);
                } catch (const Error& e) { result.estimate.method = e.what(); }
                result.finding = findingOf(row, result.estimate);
                report.metrics.push_back(std::move(result));
            }
            ++done;
        }
}

} // namespace phloxine
