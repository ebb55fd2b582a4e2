#include "core/measure/learning/augment_tiles.h"

#include <array>
#include <cmath>

namespace phloxine {

namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

constexpr double haematoxylin[3] = {0.65, 0.70, 0.29}, eosin[3] = {0.07, 0.99, 0.11};

// Rows: unit densities of haematoxylin, eosin, and what is at right angles to both.
const Matrix& stains() {
    static const Matrix rows = [] {
        Matrix m;
        const auto unit = [](std::array<double, 3> v) {
            const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
            for (auto& x : v) x /= length;
            return v;
        };
        m[0] = unit({haematoxylin[0], haematoxylin[1], haematoxylin[2]});
        m[1] = unit({eosin[0], eosin[1], eosin[2]});
        m[2] = unit({m[0][1] * m[1][2] - m[0][2] * m[1][1], m[0][2] * m[1][0] - m[0][0] * m[1][2], m[0][0] * m[1][1] - m[0][1] * m[1][0]});
        return m;
    }();
    return rows;
}

at::Tensor tensorOf(const Matrix& m) {
    auto t = at::empty({3, 3}, at::kDouble);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) t.data_ptr<double>()[i * 3 + j] = m[std::size_t(i)][std::size_t(j)];
    return t;
}

const at::Tensor& unmixing() { // density = amounts x stains, so amounts = density x unmixing
    static const at::Tensor inverse = at::linalg_inv(tensorOf(stains()));
    return inverse;
}

at::Tensor densityOf(const at::Tensor& rgb) { return -at::log((rgb * 255 + 1) / 256); }
at::Tensor lightOf(const at::Tensor& density) { return ((at::exp(-density) * 256 - 1) / 255).clamp(0, 1); }

// One affine resampling for turn, flip, zoom and place: [n, 2, 3] maps output to input coordinates, both -1..1.
at::Tensor placed(const at::Tensor& x, int sizePx, const Augmentation& how, Dice& dice) {
    const auto n = x.size(0);
    auto theta = at::empty({n, 2, 3}, at::kFloat);
    auto* t = theta.data_ptr<float>();
    for (std::int64_t i = 0; i < n; ++i, t += 6) {
        const int orientation = how.orientations ? dice.below(8) : 0;
        double angle = (orientation & 3) * 90;
        if (how.turnDegrees > 0 && dice.chance(0.5)) angle += dice.uniform(-how.turnDegrees, how.turnDegrees);
        angle *= std::acos(-1.0) / 180;
        const double share = how.zoom < 1 ? dice.uniform(how.zoom, 1) : 1, free = 1 - share;
        const double flip = orientation & 4 ? -1 : 1, x0 = dice.uniform(-free, free), y0 = dice.uniform(-free, free);
        const double row[6] = {share * flip * std::cos(angle), -share * flip * std::sin(angle), x0,
                               share * std::sin(angle),        share * std::cos(angle),         y0};
        for (int k = 0; k < 6; ++k) t[k] = float(row[k]);
    }
    const auto grid = at::affine_grid_generator(theta, {n, 3, sizePx, sizePx}, false);
    return at::grid_sampler(x, grid, 0 /* bilinear */, 2 /* reflection */, false);
}

// Which tiles of a batch, each with this probability.
at::Tensor chosen(std::int64_t n, double probability, Dice& dice) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < n; ++i)
        if (dice.chance(probability)) rows.push_back(i);
    return at::tensor(rows, at::kLong);
}

void blur(at::Tensor& x, double share, Dice& dice) {
    const auto rows = chosen(x.size(0), share, dice);
    if (rows.numel() == 0) return;
    const auto line = at::tensor({0.25f, 0.5f, 0.25f});
    const auto kernel = at::outer(line, line).expand({3, 1, 3, 3}).contiguous();
    auto part = x.index_select(0, rows);
    for (int times = 1 + dice.below(2); times > 0; --times)
        part =
            at::conv2d(at::reflection_pad2d(part, {1, 1, 1, 1}), kernel, {}, at::IntArrayRef(1), at::IntArrayRef(0), at::IntArrayRef(1), 3);
    x.index_copy_(0, rows, part);
}

// Amounts of the stains and densities of the channels, each times a random factor; the background's white a little darker.
void restain(at::Tensor& x, double spread, Dice& dice) {
    const auto n = x.size(0), pixels = x.size(2) * x.size(3);
    auto factors = at::empty({n, 2, 3}, at::kDouble);
    auto veil = at::empty({n, 3, 1}, at::kFloat);
    for (std::int64_t i = 0; i < n; ++i)
        for (int c = 0; c < 3; ++c) {
            factors.data_ptr<double>()[i * 6 + c] = std::exp(dice.uniform(-spread, spread));
            factors.data_ptr<double>()[i * 6 + 3 + c] = std::exp(dice.uniform(-spread, spread) / 2);
            veil.data_ptr<float>()[i * 3 + c] = float(dice.uniform(0, spread) * 0.15);
        }
    // One 3 x 3 matrix per tile takes densities to densities: unmix, change the amounts, mix, change the channels.
    const auto mix = at::matmul(at::matmul(unmixing(), at::diag_embed(factors.select(1, 0))), tensorOf(stains())) * factors.narrow(1, 1, 1);
    const auto density = at::bmm(mix.transpose(1, 2).to(at::kFloat), densityOf(x).view({n, 3, pixels})) + veil;
    x = lightOf(density.clamp_min(0)).view(x.sizes());
}

void loseColour(at::Tensor& x, double share, Dice& dice) {
    const auto rows = chosen(x.size(0), share, dice);
    if (rows.numel() == 0) return;
    const auto weights = at::tensor({0.299f, 0.587f, 0.114f}).view({1, 3, 1, 1});
    x.index_copy_(0, rows, (x.index_select(0, rows) * weights).sum({1}, true).expand({-1, 3, -1, -1}).contiguous());
}

const at::Tensor& cosines() { // [64, 1, 8, 8]: the orthonormal discrete cosine transform of a block, as a convolution of stride 8
    static const at::Tensor kernels = [] {
        auto k = at::empty({64, 1, 8, 8}, at::kFloat);
        const auto wave = [](int f, int i) { return (f ? 0.5 : std::sqrt(0.125)) * std::cos((2 * i + 1) * f * std::acos(-1.0) / 16); };
        for (int f = 0; f < 64; ++f)
            for (int i = 0; i < 64; ++i) k.data_ptr<float>()[f * 64 + i] = float(wave(f / 8, i / 8) * wave(f % 8, i % 8));
        return k;
    }();
    return kernels;
}

// Rounds each frequency of a block to steps that grow with it, as JPEG does. Sides that 8 does not divide are left alone.
void quantise(at::Tensor& x, double share, Dice& dice) {
    const auto rows = chosen(x.size(0), share, dice);
    if (rows.numel() == 0 || x.size(2) % 8 || x.size(3) % 8) return;
    auto steps = at::empty({rows.numel(), 1, 64, 1, 1}, at::kFloat);
    for (std::int64_t i = 0; i < rows.numel(); ++i) {
        const double coarse = dice.logUniform(1, 8) / 255;
        for (int f = 0; f < 64; ++f) steps.data_ptr<float>()[i * 64 + f] = float(coarse * (2 + f / 8 + f % 8));
    }
    const auto part = x.index_select(0, rows);
    const auto waves =
        at::conv2d(part.view({-1, 1, x.size(2), x.size(3)}), cosines(), {}, 8).view({rows.numel(), 3, 64, x.size(2) / 8, x.size(3) / 8});
    const auto rounded = (waves / steps).round() * steps;
    const auto back = at::conv_transpose2d(rounded.flatten(0, 1), cosines(), {}, 8).view(part.sizes());
    x.index_copy_(0, rows, back.clamp(0, 1));
}

} // namespace

Augmentation noAugmentation() { return {}; }
Augmentation classicalAugmentation() { return {true, 0, 0.8, 0.15, 0, 0.1, 0}; }
Augmentation strongAugmentation() { return {true, 20, 0.6, 0.35, 0.08, 0.2, 0.3}; }

at::Tensor augmentTiles(const at::Tensor& pixels, int sizePx, const Augmentation& how, Dice& dice) {
    auto x = pixels.to(at::kFloat) / 255;
    if (how.orientations || how.turnDegrees > 0 || how.zoom < 1) x = placed(x, sizePx, how, dice);
    else if (x.size(2) != sizePx || x.size(3) != sizePx) x = at::adaptive_avg_pool2d(x, {sizePx, sizePx});
    if (how.blur > 0) blur(x, how.blur, dice);
    if (how.stain > 0) restain(x, how.stain, dice);
    if (how.grey > 0) loseColour(x, how.grey, dice);
    if (how.jpeg > 0) quantise(x, how.jpeg, dice);
    return x;
}

at::Tensor haematoxylinOf(const at::Tensor& rgb) {
    const auto column = unmixing().select(1, 0).to(at::kFloat).view({1, 3, 1, 1});
    return (densityOf(rgb) * column).sum({1}, true);
}

} // namespace phloxine
