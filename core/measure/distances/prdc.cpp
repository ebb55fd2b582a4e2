#include "core/measure/distances/prdc.h"

#include <algorithm>
#include <limits>
#include <map>

#include "core/base/Error.h"
#include "core/measure/distances/neighbours.h"

namespace phloxine {

namespace {

// What the balls hold, added up over parts of the real set.
struct Count {
    at::Tensor inRealBalls; // [m]: real balls around each synthetic tile
    double recalled = 0, covered = 0;

    // across [r, m] squared; radii squared
    void add(const at::Tensor& across, const at::Tensor& realRadii, const at::Tensor& syntheticRadii) {
        const auto inside = (across < realRadii.unsqueeze(1)).sum(0);
        inRealBalls = inRealBalls.defined() ? inRealBalls + inside : inside;
        recalled += (across < syntheticRadii).any(1).sum().item<double>();
        covered += (across.amin(1) < realRadii).sum().item<double>();
    }
    Prdc result(double n, int k) const {
        const double m = double(inRealBalls.numel());
        return {(inRealBalls > 0).sum().item<double>() / m, recalled / n, inRealBalls.sum().item<double>() / (k * m), covered / n};
    }
};

at::Tensor squaredRadii(const at::Tensor& x, int k) { return nearestNeighbours(x, x, k, true).distance.select(1, k - 1).square(); }

// To the k-th nearest in each row. A row without as many has an infinite ball.
at::Tensor kthOf(const at::Tensor& squares, int k) {
    if (squares.size(1) <= k)
        throw Error(ErrorCode::WrongUse, "There are " + std::to_string(squares.size(1)) + " tiles, too few for " + std::to_string(k) +
                                             " neighbours each; take more tiles or fewer neighbours.");
    return std::get<0>(squares.kthvalue(k, 1));
}

constexpr std::int64_t tableRows = 512; // of a table at a time

// Infinite between tiles of one group; rows from `begin` on.
at::Tensor acrossGroups(const at::Tensor& x, const at::Tensor& groups, std::int64_t begin, std::int64_t count) {
    return squaredDistances(x.narrow(0, begin, count), x)
        .masked_fill_(groups.narrow(0, begin, count).unsqueeze(1) == groups.unsqueeze(0), std::numeric_limits<double>::infinity());
}

at::Tensor groupNumbers(const FeatureSet& set) { return at::tensor(std::vector<std::int64_t>(set.groups.begin(), set.groups.end())); }

at::Tensor squaredRadii(const FeatureSet& set, const at::Tensor& x, int k) {
    if (rowsOfGroups(set.groups).size() == set.groups.size()) return squaredRadii(set.features, k);
    const auto groups = groupNumbers(set);
    std::vector<at::Tensor> parts;
    for (std::int64_t i = 0; i < x.size(0); i += tableRows) parts.push_back(kthOf(acrossGroups(x, groups, i, std::min(tableRows, x.size(0) - i)), k));
    return at::cat(parts);
}

// Both sets around one point: products lose least there.
std::pair<at::Tensor, at::Tensor> centred(const at::Tensor& real, const at::Tensor& synthetic) {
    const auto mean = real.to(at::kDouble).mean(0);
    return {real.to(at::kDouble) - mean, synthetic.to(at::kDouble) - mean};
}

Prdc counted(const at::Tensor& x, const at::Tensor& y, const at::Tensor& realRadii, const at::Tensor& syntheticRadii, int k) {
    Count count;
    for (std::int64_t i = 0; i < x.size(0); i += tableRows) {
        const auto n = std::min(tableRows, x.size(0) - i);
        count.add(squaredDistances(x.narrow(0, i, n), y), realRadii.narrow(0, i, n), syntheticRadii);
    }
    return count.result(double(x.size(0)), k);
}

} // namespace

Prdc prdc(const at::Tensor& real, const at::Tensor& synthetic, int k) {
    const auto realRadii = squaredRadii(real, k), syntheticRadii = squaredRadii(synthetic, k);
    const auto [x, y] = centred(real, synthetic);
    return counted(x, y, realRadii, syntheticRadii, k);
}

bool hasOtherGroups(const std::vector<int>& groups, int k) {
    std::map<int, std::size_t> sizes;
    std::size_t largest = 0;
    for (const int group : groups) largest = std::max(largest, ++sizes[group]);
    return groups.size() >= largest + std::size_t(k);
}

Prdc prdc(const FeatureSet& real, const FeatureSet& synthetic, int k) {
    if (!hasOtherGroups(real.groups, k) || !hasOtherGroups(synthetic.groups, k)) return prdc(real.features, synthetic.features, k);
    const auto [x, y] = centred(real.features, synthetic.features);
    return counted(x, y, squaredRadii(real, x, k), squaredRadii(synthetic, y, k), k);
}

DistanceTables distanceTables(const FeatureSet& real, const FeatureSet& synthetic) {
    const auto [x, y] = centred(real.features, synthetic.features);
    return {acrossGroups(x, groupNumbers(real), 0, x.size(0)), acrossGroups(y, groupNumbers(synthetic), 0, y.size(0)),
            squaredDistances(x, y)};
}

Prdc prdc(const DistanceTables& t, const at::Tensor& realRows, const at::Tensor& syntheticRows, int k) {
    const auto part = [](const at::Tensor& table, const at::Tensor& r, const at::Tensor& c) {
        return table.index_select(0, r).index_select(1, c);
    };
    Count count;
    count.add(part(t.across, realRows, syntheticRows), kthOf(part(t.real, realRows, realRows), k),
              kthOf(part(t.synthetic, syntheticRows, syntheticRows), k));
    return count.result(double(realRows.numel()), k);
}

} // namespace phloxine
