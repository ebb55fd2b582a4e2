#include "core/measure/distances/prdc.h"

#include "core/base/Error.h"
#include "core/measure/distances/neighbours.h"

namespace phloxine {

namespace {

at::Tensor squaredDistances(const at::Tensor& a, const at::Tensor& b) { // float64
    return at::addmm(b.square().sum(1), a, b.t(), 1, -2).add_(a.square().sum(1, true)).clamp_min_(0);
}

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

at::Tensor squaredRadiiOf(const at::Tensor& table, int k) {
    if (table.size(0) <= k)
        throw Error(ErrorCode::WrongUse, "There are " + std::to_string(table.size(0)) + " tiles, too few for " + std::to_string(k) +
                                             " neighbours each; take more tiles or fewer neighbours.");
    auto own = table.clone();
    own.fill_diagonal_(std::numeric_limits<double>::infinity());
    return std::get<0>(own.kthvalue(k, 1));
}

} // namespace

Prdc prdc(const at::Tensor& real, const at::Tensor& synthetic, int k) {
    const auto realRadii = squaredRadii(real, k), syntheticRadii = squaredRadii(synthetic, k);
    const auto mean = real.to(at::kDouble).mean(0); // products lose least around it
    const auto x = real.to(at::kDouble) - mean, y = synthetic.to(at::kDouble) - mean;
    constexpr std::int64_t rows = 512;
    Count count;
    for (std::int64_t i = 0; i < x.size(0); i += rows) {
        const auto n = std::min(rows, x.size(0) - i);
        count.add(squaredDistances(x.narrow(0, i, n), y), realRadii.narrow(0, i, n), syntheticRadii);
    }
    return count.result(double(x.size(0)), k);
}

DistanceTables distanceTables(const at::Tensor& real, const at::Tensor& synthetic) {
    const auto mean = real.to(at::kDouble).mean(0);
    const auto x = real.to(at::kDouble) - mean, y = synthetic.to(at::kDouble) - mean;
    return {squaredDistances(x, x), squaredDistances(y, y), squaredDistances(x, y)};
}

Prdc prdc(const DistanceTables& t, const at::Tensor& realRows, const at::Tensor& syntheticRows, int k) {
    const auto part = [](const at::Tensor& table, const at::Tensor& r, const at::Tensor& c) {
        return table.index_select(0, r).index_select(1, c);
    };
    Count count;
    count.add(part(t.across, realRows, syntheticRows), squaredRadiiOf(part(t.real, realRows, realRows), k),
              squaredRadiiOf(part(t.synthetic, syntheticRows, syntheticRows), k));
    return count.result(double(realRows.numel()), k);
}

} // namespace phloxine
