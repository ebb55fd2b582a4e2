#include "core/train/structure_loss.h"

namespace phloxine {

at::Tensor gradientLoss(const at::Tensor& made, const at::Tensor& real) {
    const auto error = made - real;
    return ((error.slice(2, 1) - error.slice(2, 0, -1)).abs().mean() + (error.slice(3, 1) - error.slice(3, 0, -1)).abs().mean()) * 0.5;
}

at::Tensor structureLoss(const at::Tensor& made, const at::Tensor& real) {
    constexpr double c2 = 0.03 * 2 * 0.03 * 2; // (0.03 L)^2 with values in a range of 2
    constexpr int window = 7, scales = 3;
    auto a = made, b = real;
    at::Tensor sum;
    for (int i = 0; i < scales; ++i) {
        if (i > 0) a = at::avg_pool2d(a, 2), b = at::avg_pool2d(b, 2);
        const auto local = [](const at::Tensor& x) { return at::avg_pool2d(x, window, 1); };
        const auto meanA = local(a), meanB = local(b);
        const auto varianceA = local(a * a) - meanA * meanA, varianceB = local(b * b) - meanB * meanB,
                   common = local(a * b) - meanA * meanB;
        const auto loss = 1 - ((2 * common + c2) / (varianceA + varianceB + c2)).mean();
        sum = sum.defined() ? sum + loss : loss;
        if (a.size(2) < 2 * window || a.size(3) < 2 * window) return sum / (i + 1.0);
    }
    return sum / double(scales);
}

at::Tensor textureLoss(const at::Tensor& made, const at::Tensor& real) {
    constexpr double c2 = 1e-4; // of a texture of one hundredth of the range: weaker ones are noise of the picture file
    constexpr int window = 7;
    const auto deviation = [](const at::Tensor& x) {
        const auto fine = x - at::avg_pool2d(x, 3, 1, 1, false, false);
        return (at::avg_pool2d(fine * fine, window, 1) + 1e-8).sqrt();
    };
    const auto a = deviation(made), b = deviation(real);
    return 1 - ((2 * a * b + c2) / (a * a + b * b + c2)).mean();
}

} // namespace phloxine
