#include "core/measure/distances/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/Parallel.h>

#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr std::int64_t queryRows = 1024, baseRows = 8192; // of the table of products: 32 MiB
constexpr int spare = 8;                                  // candidates beyond k

struct Candidate {
    double distance = std::numeric_limits<double>::infinity();
    std::int64_t index = -1;
    bool operator<(const Candidate& o) const { return distance != o.distance ? distance < o.distance : index < o.index; }
};

// The smallest few of a row, in ascending order.
class Smallest {
public:
    explicit Smallest(int count) : m_best(std::size_t(count)) {}
    double worst() const { return m_best.back().distance; }
    void add(double distance, std::int64_t index) {
        auto at = m_best.size() - 1;
        if (!(Candidate{distance, index} < m_best[at])) return;
        for (; at > 0 && Candidate{distance, index} < m_best[at - 1]; --at) m_best[at] = m_best[at - 1];
        m_best[at] = {distance, index};
    }
    const std::vector<Candidate>& best() const { return m_best; }

private:
    std::vector<Candidate> m_best;
};

double squaredDistance(const float* a, const float* b, std::int64_t d) {
    double sum = 0;
    for (std::int64_t i = 0; i < d; ++i) {
        const double gap = double(a[i]) - double(b[i]);
        sum += gap * gap;
    }
    return sum;
}

struct Search {
    at::Tensor queries, base;               // float32, contiguous
    at::Tensor centredQueries, centredBase; // moved by the mean of the base, where products lose least
    at::Tensor squares, queryNorms;         // of the centred
    double largestNorm = 0;
    int k = 0;
    bool excludeSelf = false;
};

// Adds |b|^2 - 2 q.b, which orders as the distance does, of a table of products [rows, columns].
void scan(const at::Tensor& products, const float* squares, std::int64_t firstQuery, std::int64_t firstBase, bool excludeSelf,
          std::vector<Smallest>& found) {
    const auto columns = products.size(1);
    const auto* all = products.const_data_ptr<float>();
    at::parallel_for(0, products.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
        for (auto row = begin; row < end; ++row) {
            auto& smallest = found[std::size_t(row)];
            auto worst = float(smallest.worst());
            const auto* product = all + row * columns;
            const auto self = excludeSelf ? firstQuery + row - firstBase : -1;
            for (std::int64_t j = 0; j < columns; ++j) {
                const float distance = squares[j] - 2 * product[j];
                if (distance < worst && j != self) smallest.add(distance, firstBase + j), worst = float(smallest.worst());
            }
        }
    });
}

// Exact distances of the candidates; false where one that was not kept could be nearer.
bool refine(const Search& s, std::int64_t query, const Smallest& found, Smallest& exact) {
    const auto d = s.base.size(1);
    const auto* q = s.queries.const_data_ptr<float>() + query * d;
    const auto* b = s.base.const_data_ptr<float>();
    for (const auto& c : found.best())
        if (c.index >= 0) exact.add(squaredDistance(q, b + c.index * d, d), c.index);
    if (!std::isfinite(found.worst())) return true; // all of the base was kept
    const double norm = s.queryNorms.const_data_ptr<double>()[query];
    // |computed - true| of a sum of d products is below d u |q||b| (Higham 2002, 3.5); centring and |b|^2 add a few roundings.
    const double u = 0x1p-24, slack = 2 * (double(d) + 8) * u * (norm + s.largestNorm) * (norm + s.largestNorm);
    return found.worst() + norm * norm - slack > exact.worst();
}

void searchAll(const Search& s, std::int64_t query, Smallest& exact) {
    const auto d = s.base.size(1);
    const auto* q = s.queries.const_data_ptr<float>() + query * d;
    const auto* b = s.base.const_data_ptr<float>();
    for (std::int64_t j = 0; j < s.base.size(0); ++j) {
        if (s.excludeSelf && j == query) continue;
        const double distance = squaredDistance(q, b + j * d, d);
        if (distance < exact.worst()) exact.add(distance, j);
    }
}

void requireUsable(const at::Tensor& queries, const at::Tensor& base, int k, bool excludeSelf) {
    if (queries.dim() != 2 || base.dim() != 2 || queries.size(1) != base.size(1) || (excludeSelf && queries.size(0) != base.size(0)))
        throw Error(ErrorCode::Shape, "Neighbours are looked for among vectors of another width; use one extractor for both sets.");
    if (k < 1 || k > base.size(0) - int(excludeSelf))
        throw Error(ErrorCode::WrongUse, "There are " + std::to_string(base.size(0)) + " tiles, too few for " + std::to_string(k) +
                                             " neighbours each; take more tiles or fewer neighbours.");
    if (!queries.isfinite().all().item<bool>() || !base.isfinite().all().item<bool>())
        throw Error(ErrorCode::Nan, "Features hold values that are not numbers; compute them again.");
}

} // namespace

at::Tensor squaredDistances(const at::Tensor& a, const at::Tensor& b) {
    return at::addmm(b.square().sum(1), a, b.t(), 1, -2).add_(a.square().sum(1, true)).clamp_min_(0);
}

Neighbours nearestNeighbours(const at::Tensor& queries, const at::Tensor& base, int k, bool excludeSelf) {
    requireUsable(queries, base, k, excludeSelf);
    Search s;
    s.queries = queries.to(at::kFloat).contiguous(), s.base = base.to(at::kFloat).contiguous();
    const auto mean = s.base.mean(0);
    s.centredQueries = s.queries - mean, s.centredBase = s.base - mean;
    s.squares = s.centredBase.square().sum(1);
    s.queryNorms = s.centredQueries.norm(2, {1}).to(at::kDouble).contiguous();
    s.largestNorm = std::sqrt(double(s.squares.max().item<float>())) * (1 + 1e-6);
    s.k = k, s.excludeSelf = excludeSelf;
    const auto q = queries.size(0), n = base.size(0);
    Neighbours out{at::empty({q, k}, at::kLong), at::empty({q, k}, at::kDouble)};
    auto index = out.index.accessor<std::int64_t, 2>();
    auto distance = out.distance.accessor<double, 2>();
    for (std::int64_t first = 0; first < q; first += queryRows) {
        const auto rows = std::min(queryRows, q - first);
        std::vector<Smallest> found(std::size_t(rows), Smallest(k + spare));
        for (std::int64_t at = 0; at < n; at += baseRows) {
            const auto columns = std::min(baseRows, n - at);
            const auto products = s.centredQueries.narrow(0, first, rows).matmul(s.centredBase.narrow(0, at, columns).t());
            scan(products, s.squares.const_data_ptr<float>() + at, first, at, excludeSelf, found);
        }
        at::parallel_for(0, rows, 16, [&](std::int64_t begin, std::int64_t end) {
            for (auto row = begin; row < end; ++row) {
                Smallest exact(k);
                if (!refine(s, first + row, found[std::size_t(row)], exact)) searchAll(s, first + row, exact = Smallest(k));
                for (int i = 0; i < k; ++i) {
                    index[first + row][i] = exact.best()[std::size_t(i)].index;
                    distance[first + row][i] = std::sqrt(exact.best()[std::size_t(i)].distance);
                }
            }
        });
    }
    return out;
}

} // namespace phloxine
