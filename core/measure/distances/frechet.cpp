#include "core/measure/distances/frechet.h"

#include <cmath>

#include "core/base/Dice.h"
#include "core/base/Error.h"

namespace phloxine {

namespace {

double sumOfRoots(const at::Tensor& eigenvalues) { return eigenvalues.clamp_min(0).sqrt().sum().item<double>(); }

at::Tensor symmetric(const at::Tensor& m) { return (m + m.t()) * 0.5; }

double meanGap(const at::Tensor& a, const at::Tensor& b) { return (a - b).square().sum().item<double>(); }

// tr (S1^1/2 S2 S1^1/2)^1/2 with S1 = Q L Q^T: the eigenvalues of L^1/2 Q^T S2 Q L^1/2.
double traceOfRoot(const at::Tensor& s1, const at::Tensor& s2) {
    const auto [values, vectors] = at::linalg_eigh(s1);
    const auto factor = vectors * values.clamp_min(0).sqrt();
    return sumOfRoots(at::linalg_eigvalsh(symmetric(factor.t().matmul(s2).matmul(factor))));
}

} // namespace

at::Tensor Moments::covariance() const {
    if (n < 2) throw Error(ErrorCode::WrongUse, "A covariance needs at least two tiles.");
    return scatter / double(n - 1);
}

void Moments::add(const at::Tensor& batch) {
    const auto x = batch.to(at::kDouble);
    const auto b = x.size(0);
    if (b == 0) return;
    const auto batchMean = x.mean(0);
    const auto centred = x - batchMean;
    if (n == 0) {
        n = b, mean = batchMean, scatter = centred.t().matmul(centred);
        return;
    }
    const auto gap = batchMean - mean;
    scatter.addmm_(centred.t(), centred);
    scatter.addr_(gap, gap, 1, double(n) * double(b) / double(n + b));
    mean = mean + gap * (double(b) / double(n + b));
    n += b;
}

Moments momentsOf(const at::Tensor& features, std::int64_t batch) {
    Moments moments;
    for (const auto& part : features.split(batch)) moments.add(part);
    return moments;
}

double frechetDistance(const Moments& a, const Moments& b) {
    const auto s1 = a.covariance(), s2 = b.covariance();
    const double traces = s1.trace().item<double>() + s2.trace().item<double>();
    return std::max(0.0, meanGap(a.mean, b.mean) + traces - 2 * traceOfRoot(s1, s2));
}

double frechetDistance(const at::Tensor& a, const at::Tensor& b) {
    const auto d = a.size(1);
    if (std::min(a.size(0), b.size(0)) < 2) throw Error(ErrorCode::WrongUse, "A covariance needs at least two tiles.");
    const auto* few = a.size(0) <= b.size(0) ? &a : &b;
    const auto* many = few == &a ? &b : &a;
    if (few->size(0) >= d) return frechetDistance(momentsOf(a), momentsOf(b));
    const auto x = few->to(at::kDouble), mean = x.mean(0);
    const auto factor = (x - mean) / std::sqrt(double(x.size(0) - 1)); // S1 = factor^T factor
    double gap = 0, traces = factor.square().sum().item<double>(), root = 0;
    if (many->size(0) < d) {
        const auto y = many->to(at::kDouble), otherMean = y.mean(0);
        const auto other = (y - otherMean) / std::sqrt(double(y.size(0) - 1));
        gap = meanGap(mean, otherMean), traces += other.square().sum().item<double>();
        root = at::linalg_svdvals(factor.matmul(other.t())).sum().item<double>();
    } else {
        const auto moments = momentsOf(*many);
        const auto covariance = moments.covariance();
        gap = meanGap(mean, moments.mean), traces += covariance.trace().item<double>();
        root = sumOfRoots(at::linalg_eigvalsh(symmetric(factor.matmul(covariance).matmul(factor.t()))));
    }
    return std::max(0.0, gap + traces - 2 * root);
}

FrechetInfinity frechetInfinity(const FeatureSet& a, const FeatureSet& b, std::uint64_t seed, int sizes) {
    const auto rowsA = rowsOfGroups(a.groups), rowsB = rowsOfGroups(b.groups);
    if (std::min(rowsA.size(), rowsB.size()) < 5)
        throw Error(ErrorCode::WrongUse, "The distance for endless sets needs at least 5 groups in each set.");
    Dice dice(seed);
    FrechetInfinity result;
    double meanX = 0, meanY = 0;
    for (int i = 0; i < sizes; ++i) {
        const double share = 0.4 + 0.6 * i / (sizes - 1);
        const auto part = [&](const FeatureSet& set, const std::vector<std::vector<std::int64_t>>& rows) {
            const auto count = std::max<std::size_t>(2, std::size_t(std::lround(share * double(rows.size()))));
            return takeGroups(set, rows, dice.subset(rows.size(), count)).features;
        };
        const auto x = part(a, rowsA), y = part(b, rowsB);
        result.inverseN.push_back(1.0 / double(x.size(0)) + 1.0 / double(y.size(0)));
        result.values.push_back(frechetDistance(x, y));
        meanX += result.inverseN.back() / sizes, meanY += result.values.back() / sizes;
    }
    double xx = 0, xy = 0;
    for (std::size_t i = 0; i < result.values.size(); ++i) {
        const double x = result.inverseN[i] - meanX;
        xx += x * x, xy += x * (result.values[i] - meanY);
    }
    result.value = meanY - (xx > 0 ? xy / xx : 0) * meanX;
    return result;
}

} // namespace phloxine
