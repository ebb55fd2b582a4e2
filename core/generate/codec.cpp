#include "core/generate/codec.h"

#include "core/generate/windows.h"
#include "core/nn/norm_statistics.h"
#include "core/tensor/image_tensor.h"

namespace phloxine {

namespace {

constexpr int mostPasses = 8;
constexpr double settled = 0.1; // standard deviations of a norm
// Pixels that a GPU decodes at once: sixteen tiles of 256 px. A map of 256 channels then has 2^28 elements, and no index overflows.
constexpr std::int64_t pixelsAtOnce = 1 << 20;

int sizeOf(const Window& w) { return int(w.weight.size()); }

at::Tensor weightOf(const Window& row, const Window& column) {
    return at::outer(at::tensor(row.weight, at::kFloat), at::tensor(column.weight, at::kFloat));
}

at::Tensor cut(const at::Tensor& x, const Window& row, const Window& column) { // the last two dimensions
    return x.narrow(-2, row.start, sizeOf(row)).narrow(-1, column.start, sizeOf(column));
}

Image cut(const Image& image, int x, int y, int width, int height) {
    Image part(width, height);
    paste(part, image, -x, -y);
    return part;
}

std::optional<Image> pictureFrom(const at::Tensor& rgb) { // [3, h, w] on the CPU
    return at::isfinite(rgb).all().item<bool>() ? std::optional(imageFrom(rgb)) : std::nullopt;
}

// The windows over a map of latent elements, row by row.
struct WindowGrid {
    std::vector<Window> rows, columns;
    WindowGrid(int width, int height, const CodecWindows& w)
        : rows(windowsAlong(height, w.size, w.overlap)), columns(windowsAlong(width, w.size, w.overlap)) {}
    bool single() const { return rows.size() * columns.size() == 1; }
};

// Passes over all windows until the norms have the statistics of the whole.
void collectStatistics(nn::NormStatistics& statistics, const WindowGrid& grid, const CodecWindows& windows,
                       const std::function<void(const Window& row, const Window& column)>& run) {
    for (int pass = 0; pass < mostPasses; ++pass) {
        for (std::size_t r = 0; r < grid.rows.size(); ++r)
            for (std::size_t c = 0; c < grid.columns.size(); ++c) {
                if (windows.between) windows.between();
                const auto &row = grid.rows[r], &column = grid.columns[c];
                statistics.beginWindow([&](std::int64_t h, std::int64_t w) {
                    return weightOf(finer(grid.rows, int(h) / sizeOf(row))[r], finer(grid.columns, int(w) / sizeOf(column))[c]);
                });
                run(row, column);
            }
        if (statistics.endPass() <= settled) return;
    }
}

} // namespace

CodecWindows codecWindows(int trainedPx, int factor, std::function<void()> between) {
    const int size = std::max(trainedPx, 512) / factor;
    return {size, size / 4, std::move(between)};
}

at::Tensor encodeImage(const nn::Autoencoder& autoencoder, const Image& image, at::Device device, const CodecWindows& windows) {
    const int f = autoencoder.factor(), width = image.width / f, height = image.height / f;
    const WindowGrid grid(width, height, windows);
    if (grid.single()) return autoencoder.encode(tensorFrom(image).to(device)).to(at::kFloat);
    const auto encoded = [&](const Window& row, const Window& column) {
        return autoencoder.encode(tensorFrom(cut(image, column.start * f, row.start * f, sizeOf(column) * f, sizeOf(row) * f)).to(device));
    };
    nn::NormStatistics statistics;
    collectStatistics(statistics, grid, windows, [&](const Window& row, const Window& column) { (void)encoded(row, column); });
    auto latent = at::zeros({1, autoencoder.latentChannels(), height, width}, at::kFloat);
    for (const auto& row : grid.rows)
        for (const auto& column : grid.columns) {
            if (windows.between) windows.between();
            statistics.beginWindow();
            cut(latent, row, column).add_(encoded(row, column).to(at::kCPU, at::kFloat) * weightOf(row, column));
        }
    return latent.to(device);
}

std::optional<Image> decodeImage(const nn::Autoencoder& autoencoder, const at::Tensor& latent, const CodecWindows& windows) {
    const int f = autoencoder.factor(), width = int(latent.size(3)) * f, height = int(latent.size(2)) * f;
    const WindowGrid grid(width / f, height / f, windows);
    if (grid.single()) return pictureFrom(autoencoder.decode(latent)[0].to(at::kCPU, at::kFloat));
    nn::NormStatistics statistics;
    collectStatistics(statistics, grid, windows,
                      [&](const Window& row, const Window& column) { (void)autoencoder.decode(cut(latent, row, column).contiguous()); });
    const auto rows = finer(grid.rows, f), columns = finer(grid.columns, f);
    Image image(width, height);
    // The rows of pixels that the windows of one row reach: what the next row does not touch is finished, and leaves as bytes.
    auto strip = at::zeros({3, sizeOf(rows[0]), width}, at::kFloat);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (windows.between) windows.between();
            statistics.beginWindow();
            const auto picture = autoencoder.decode(cut(latent, grid.rows[r], grid.columns[c]).contiguous())[0].to(at::kCPU, at::kFloat);
            if (!at::isfinite(picture).all().item<bool>()) return {};
            strip.narrow(2, columns[c].start, sizeOf(columns[c])).add_(picture * weightOf(rows[r], columns[c]));
        }
        const int next = r + 1 < rows.size() ? rows[r + 1].start : height, done = next - rows[r].start;
        paste(image, imageFrom(strip.narrow(1, 0, done)), 0, rows[r].start);
        strip = at::constant_pad_nd(strip.narrow(1, done, strip.size(1) - done), {0, 0, 0, done});
    }
    return image;
}

std::vector<std::optional<Image>> decodeImages(const nn::Autoencoder& autoencoder, const at::Tensor& latents, const CodecWindows& windows) {
    const auto f = autoencoder.factor(), height = int(latents.size(2)), width = int(latents.size(3));
    const bool several = latents.is_cuda() && WindowGrid(width, height, windows).single();
    const auto atOnce = several ? std::max<std::int64_t>(1, pixelsAtOnce / (std::int64_t(width) * f * height * f)) : 1;
    std::vector<std::optional<Image>> images;
    for (std::int64_t i = 0; i < latents.size(0); i += atOnce) {
        const auto part = latents.slice(0, i, std::min(i + atOnce, latents.size(0)));
        if (!several) {
            images.push_back(decodeImage(autoencoder, part, windows));
            continue;
        }
        if (i > 0 && windows.between) windows.between();
        for (const auto& picture : autoencoder.decode(part).to(at::kCPU, at::kFloat).unbind(0)) images.push_back(pictureFrom(picture));
    }
    return images;
}

} // namespace phloxine
