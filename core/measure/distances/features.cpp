#include "core/measure/distances/features.h"

#include <map>

#include "core/base/Error.h"

namespace phloxine {

void requireComparable(const FeatureSet& real, const FeatureSet& synthetic, int fewest) {
    for (const auto* set : {&real, &synthetic}) {
        const std::string name = set == &real ? "real" : "synthetic";
        const auto& x = set->features;
        if (!x.defined() || x.dim() != 2 || x.size(1) < 1)
            throw Error(ErrorCode::Shape, "The features of the " + name + " tiles are no table of tiles by features.");
        if (x.size(0) < fewest)
            throw Error(ErrorCode::WrongUse, "There are " + std::to_string(x.size(0)) + " " + name +
                                                 " tiles; this measure needs at least " + std::to_string(fewest) + ".");
        if (std::int64_t(set->groups.size()) != x.size(0))
            throw Error(ErrorCode::Shape, "There are " + std::to_string(set->groups.size()) + " groups for " + std::to_string(x.size(0)) +
                                              " " + name + " tiles; give one for each.");
        if (!x.isfinite().all().item<bool>())
            throw Error(ErrorCode::Nan, "The features of the " + name + " tiles hold values that are not numbers; compute them again.");
    }
    if (real.features.size(1) != synthetic.features.size(1))
        throw Error(ErrorCode::Shape, "The real tiles have " + std::to_string(real.features.size(1)) + " features and the synthetic ones " +
                                          std::to_string(synthetic.features.size(1)) + "; use one extractor for both.");
}

std::vector<std::vector<std::int64_t>> rowsOfGroups(const std::vector<int>& groups) {
    std::map<int, std::vector<std::int64_t>> byNumber;
    for (std::size_t i = 0; i < groups.size(); ++i) byNumber[groups[i]].push_back(std::int64_t(i));
    std::vector<std::vector<std::int64_t>> rows;
    for (auto& [number, list] : byNumber) rows.push_back(std::move(list));
    return rows;
}

FeatureSet takeGroups(const FeatureSet& set, const std::vector<std::vector<std::int64_t>>& rows, const std::vector<std::size_t>& chosen) {
    std::vector<std::int64_t> index;
    FeatureSet part;
    for (const auto g : chosen)
        for (const auto row : rows[g]) {
            index.push_back(row);
            part.groups.push_back(set.groups[std::size_t(row)]);
        }
    part.features = set.features.index_select(0, at::tensor(index, at::kLong));
    return part;
}

} // namespace phloxine
