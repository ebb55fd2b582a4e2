#include "core/train/structure_loss.h"

namespace phloxine {

namespace {

// Along rows, along columns, and both: a middle band of frequencies, which lines two pixels apart do not reach.
std::vector<at::Tensor> textureBands(const at::Tensor& x) {
    const auto low = at::tensor({0.25f, 0.5f, 0.25f}), middle = at::tensor({0.5f, 0.0f, -0.5f});
    const auto kernels = at::stack({at::outer(low, middle), at::outer(middle, low), at::outer(middle, middle)}).unsqueeze(1).to(x.device());
    const auto maps = at::conv2d(x.reshape({-1, 1, x.size(2), x.size(3)}), kernels);
    return maps.view({-1, x.size(1), maps.size(1), maps.size(2), maps.size(3)}).unbind(2);
}

} // namespace

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
    constexpr double c2 = 1e-5; // weaker textures are noise of the picture file
    constexpr int window = 7, scales = 3;
    const auto deviation = [](const at::Tensor& band) { return (at::avg_pool2d(band * band, window, 2) + 1e-8).sqrt(); };
    auto a = made, b = real;
    at::Tensor sum;
    int count = 0;
    for (int i = 0; i < scales && a.size(2) > window + 2 && a.size(3) > window + 2; ++i) {
        const auto ofA = textureBands(a), ofB = textureBands(b);
        for (std::size_t band = 0; band < ofA.size(); ++band, ++count) {
            const auto s = deviation(ofA[band]), t = deviation(ofB[band]);
            const auto loss = 1 - ((2 * s * t + c2) / (s * s + t * t + c2)).mean();
            sum = sum.defined() ? sum + loss : loss;
        }
        a = at::avg_pool2d(a, 2), b = at::avg_pool2d(b, 2);
    }
    return count ? sum / double(count) : at::zeros({}, made.options());
}

double lineEnergy(const at::Tensor& picture) {
    const auto taps = at::tensor({0.0625f, -0.25f, 0.375f, -0.25f, 0.0625f}), smooth = at::tensor({0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f});
    const auto kernels = at::stack({at::outer(taps, smooth), at::outer(smooth, taps)}).unsqueeze(1).to(picture.device());
    return at::conv2d(picture.mean(1, true), kernels).square().mean().item<double>();
}

} // namespace phloxine
