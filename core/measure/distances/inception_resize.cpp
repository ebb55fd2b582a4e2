#include "core/measure/distances/inception_resize.h"

#include <cmath>

#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr std::int64_t size = 299;

at::Tensor bilinear(const at::Tensor& bytes) { return at::upsample_bilinear2d(bytes.to(at::kFloat), {size, size}, false); }

struct Between {
    at::Tensor low, high, share; // int64, int64, float32 [299]
};
Between topLeftGrid(std::int64_t in) {
    const auto at0 = at::arange(size, at::kFloat) * (float(in) / float(size));
    const auto low = at0.floor();
    const auto index = low.to(at::kLong);
    return {index, at::clamp_max(index + 1, in - 1), at0 - low};
}

at::Tensor tensorflow1(const at::Tensor& bytes) {
    const auto x = bytes.to(at::kFloat);
    const auto rows = topLeftGrid(x.size(2)), columns = topLeftGrid(x.size(3));
    const auto along = [](const at::Tensor& t, std::int64_t dim, const Between& b, const at::Tensor& share) {
        const auto low = t.index_select(dim, b.low);
        return low + (t.index_select(dim, b.high) - low) * share;
    };
    return along(along(x, 3, columns, columns.share), 2, rows, rows.share.view({-1, 1}));
}

// Keys' cubic with a = -1/2.
double cubic(double x) {
    x = std::abs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

// Pillow's weights (precompute_coeffs): the filter is widened when the image shrinks, and cut at the border. float64 [299, in].
at::Tensor bicubicWeights(std::int64_t in) {
    const double scale = double(in) / size, widening = std::max(scale, 1.0), support = 2 * widening;
    auto weights = at::zeros({size, in}, at::kDouble);
    auto w = weights.accessor<double, 2>();
    for (std::int64_t i = 0; i < size; ++i) {
        const double centre = (double(i) + 0.5) * scale;
        const auto first = std::max<std::int64_t>(0, std::int64_t(centre - support + 0.5));
        const auto end = std::min(in, std::int64_t(centre + support + 0.5));
        double sum = 0;
        for (auto j = first; j < end; ++j) sum += w[i][j] = cubic((double(j) - centre + 0.5) / widening);
        for (auto j = first; j < end; ++j) w[i][j] /= sum;
    }
    return weights;
}

at::Tensor pillowBicubic(const at::Tensor& bytes) {
    const auto across = at::matmul(bytes.to(at::kDouble), bicubicWeights(bytes.size(3)).t()).to(at::kFloat); // Pillow keeps floats between
    return at::matmul(bicubicWeights(bytes.size(2)), across.to(at::kDouble)).to(at::kFloat).clamp_(0, 255);
}

} // namespace

const std::vector<InceptionResize>& inceptionResizes() {
    static const std::vector<InceptionResize> table{
        {"pytorch-fid", "bilinear of PyTorch, as pytorch-fid", bilinear, 127.5, 127.5},
        {"tf1", "bilinear of TensorFlow 1, as torch-fidelity and the first FIDs", tensorflow1, 128, 128},
        {"cleanfid", "bicubic with antialias, as clean-fid", pillowBicubic, 128, 128},
    };
    return table;
}

const InceptionResize& findInceptionResize(const std::string& id) {
    std::string known;
    for (const auto& row : inceptionResizes()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "The resize \"" + id + "\" is not known; use one of " + known + ".", id);
}

at::Tensor inceptionInput(const at::Tensor& bytes, const InceptionResize& resize) {
    if (bytes.dim() != 4 || bytes.size(1) != 3 || bytes.size(2) < 1 || bytes.size(3) < 1)
        throw Error(ErrorCode::Shape, "Only batches of colour images can be resized for Inception.");
    return (resize.resize(bytes) - resize.shift) / resize.scale;
}

} // namespace phloxine
