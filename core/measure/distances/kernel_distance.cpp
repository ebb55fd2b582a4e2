#include "core/measure/distances/kernel_distance.h"

#include <cmath>
#include <limits>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/measure/distances/neighbours.h"

namespace phloxine {

namespace {

constexpr std::int64_t kernelRows = 1024; // of a kernel matrix at a time

// A set ordered by block: which block each tile is in, as a table that adds tiles up, and the sums within groups.
struct Ordered {
    at::Tensor x, member; // [n, d]; [n, B], 1 where the tile is in the block
    at::Tensor count, square, self, group;
    int groups = 0;
};

Ordered ordered(const FeatureSet& set, const Kernel& kernel, int mostBlocks, std::uint64_t seed) {
    const auto list = rowsOfGroups(set.groups);
    const auto blocks = std::min<std::size_t>(list.size(), std::size_t(mostBlocks));
    const auto wide = at::TensorOptions(at::kDouble);
    const auto n = set.features.size(0), b = std::int64_t(blocks);
    Ordered out{set.features.to(at::kDouble), at::zeros({n, b}, wide), at::zeros(b, wide), at::zeros(b, wide),
                at::zeros(b, wide),           at::zeros(b, wide),      int(list.size())};
    // Groups are dealt to the blocks in random order, so that no block is a run of neighbours.
    std::vector<std::size_t> order(list.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    if (list.size() > blocks) Dice(seed).shuffle(order);
    auto member = out.member.accessor<double, 2>();
    auto square = out.square.accessor<double, 1>(), count = out.count.accessor<double, 1>();
    auto self = out.self.accessor<double, 1>(), group = out.group.accessor<double, 1>();
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& tiles = list[order[i]];
        const auto block = std::int64_t(i % blocks);
        for (const auto t : tiles) member[t][block] = 1;
        const auto x = out.x.index_select(0, at::tensor(tiles, at::kLong));
        const auto k = kernel(x, x);
        count[block] += double(tiles.size()), square[block] += double(tiles.size()) * double(tiles.size());
        self[block] += k.diagonal().sum().item<double>(), group[block] += k.sum().item<double>();
    }
    return out;
}

at::Tensor blockSums(const Ordered& a, const Ordered& b, const Kernel& kernel) {
    auto sums = at::zeros({a.member.size(1), b.member.size(1)}, at::kDouble);
    for (std::int64_t i = 0; i < a.x.size(0); i += kernelRows) {
        const auto count = std::min(kernelRows, a.x.size(0) - i);
        sums.addmm_(a.member.narrow(0, i, count).t(), kernel(a.x.narrow(0, i, count), b.x).matmul(b.member));
    }
    return sums;
}

double sumOver(const at::Tensor& a, const at::Tensor& b) { return a.dot(b).item<double>(); }
double between(const at::Tensor& sums, const at::Tensor& a, const at::Tensor& b) { return sumOver(a, sums.mv(b)); }

struct Side {
    const at::Tensor &sums, &self, &group, &count, &square;
};
double meanWithin(const Side& s, const at::Tensor& chosen, LeftOut leftOut) {
    const double n = sumOver(chosen, s.count);
    const double out = leftOut == LeftOut::Tile ? n : sumOver(chosen, s.square);
    const double pairs = n * n - out;
    if (pairs <= 0) return std::numeric_limits<double>::quiet_NaN();
    return (between(s.sums, chosen, chosen) - sumOver(chosen, leftOut == LeftOut::Tile ? s.self : s.group)) / pairs;
}

// The same means with each block left out, for all blocks at once.
at::Tensor meansWithout(const Side& s) {
    const auto n = s.count.sum() - s.count;
    const auto pairs = n * n - (s.square.sum() - s.square);
    const auto sums = s.sums.sum() - s.sums.sum(0) - s.sums.sum(1) + s.sums.diagonal() - (s.group.sum() - s.group);
    return sums / pairs; // 0 / 0 where nothing is left
}

} // namespace

Kernel polynomialKernel() {
    return [](const at::Tensor& a, const at::Tensor& b) {
        const auto base = a.matmul(b.t()).div_(double(a.size(1))).add_(1);
        return base * base * base;
    };
}

Kernel gaussianKernel(double bandwidth) {
    return [bandwidth](const at::Tensor& a, const at::Tensor& b) {
        return squaredDistances(a, b).mul_(-0.5 / (bandwidth * bandwidth)).exp_();
    };
}

double medianDistance(const at::Tensor& a, const at::Tensor& b) {
    const auto some = [](const at::Tensor& t) {
        const auto step = (t.size(0) + 999) / 1000;
        return t.slice(0, 0, t.size(0), step).to(at::kDouble);
    };
    const auto all = at::cat({some(a), some(b)});
    const auto n = all.size(0);
    const auto pairs = at::triu_indices(n, n, 1);
    const auto squares = squaredDistances(all, all).index({pairs[0], pairs[1]});
    const double median = squares.numel() ? std::sqrt(squares.median().item<double>()) : 0;
    return median > 0 ? median : 1;
}

KernelBlocks kernelBlocks(const FeatureSet& x, const FeatureSet& y, const Kernel& kernel, int mostBlocks) {
    const auto a = ordered(x, kernel, mostBlocks, 1), b = ordered(y, kernel, mostBlocks, 2);
    return {blockSums(a, a, kernel),
            blockSums(b, b, kernel),
            blockSums(a, b, kernel),
            a.self,
            b.self,
            a.group,
            b.group,
            a.count,
            b.count,
            a.square,
            b.square,
            a.groups,
            b.groups};
}

double discrepancy(const KernelBlocks& k, const at::Tensor& x, const at::Tensor& y, LeftOut leftOut) {
    const double across = between(k.xy, x, y) / (sumOver(x, k.countX) * sumOver(y, k.countY));
    return meanWithin({k.xx, k.selfX, k.groupX, k.countX, k.squareX}, x, leftOut) +
           meanWithin({k.yy, k.selfY, k.groupY, k.countY, k.squareY}, y, leftOut) - 2 * across;
}

double discrepancy(const KernelBlocks& k, LeftOut leftOut) {
    return discrepancy(k, at::ones_like(k.countX), at::ones_like(k.countY), leftOut);
}

double discrepancyWithin(const KernelBlocks& k, const at::Tensor& first, const at::Tensor& second, LeftOut leftOut) {
    const Side side{k.xx, k.selfX, k.groupX, k.countX, k.squareX};
    const double across = between(k.xx, first, second) / (sumOver(first, k.countX) * sumOver(second, k.countX));
    return meanWithin(side, first, leftOut) + meanWithin(side, second, leftOut) - 2 * across;
}

LeaveOneOut leaveOneOut(const KernelBlocks& k) {
    const Side x{k.xx, k.selfX, k.groupX, k.countX, k.squareX}, y{k.yy, k.selfY, k.groupY, k.countY, k.squareY};
    const auto ones = [](const at::Tensor& t) { return at::ones_like(t); };
    const double wholeX = meanWithin(x, ones(x.count), LeftOut::Group), wholeY = meanWithin(y, ones(y.count), LeftOut::Group);
    const auto across = [&](const at::Tensor& own, const Side& side, const at::Tensor& other) {
        return (k.xy.sum() - own) / ((side.count.sum() - side.count) * other.sum());
    };
    const auto values = [](const at::Tensor& t) {
        const auto plain = t.contiguous();
        return std::vector<double>(plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel());
    };
    return {values(meansWithout(x) + wholeY - 2 * across(k.xy.sum(1), x, y.count)),
            values(meansWithout(y) + wholeX - 2 * across(k.xy.sum(0), y, x.count))};
}

double discrepancy(const at::Tensor& x, const at::Tensor& y, const Kernel& kernel) {
    if (std::min(x.size(0), y.size(0)) < 2) throw Error(ErrorCode::WrongUse, "A kernel distance needs at least two tiles in each set.");
    const auto one = [](const at::Tensor& t) { return FeatureSet{t, std::vector<int>(std::size_t(t.size(0)))}; };
    return discrepancy(kernelBlocks(one(x), one(y), kernel), LeftOut::Tile);
}

} // namespace phloxine
