#include "core/generate/inpainting.h"

#include "core/base/Error.h"

namespace phloxine {

KnownLatent knownLatent(const InitialImage& initial, const Model& model, const CodecWindows& windows) {
    const auto device = model.binding.device;
    KnownLatent known{model.scaled(encodeImage(*model.autoencoder, initial.image, device, windows)), {}};
    if (!at::isfinite(known.latent).all().item<bool>())
        throw Error(ErrorCode::Nan, "The encoder gave values that are not numbers for the initial image; use fp32 precision.");
    if (!initial.mask) return known;
    auto cells = paintedCells(*initial.mask, model.autoencoder->factor());
    known.paint = at::from_blob(cells.data(), {1, 1, known.latent.size(2), known.latent.size(3)}, at::kByte).to(at::kBool).to(device);
    return known;
}

std::vector<Level> levelsFrom(std::vector<Level> levels, double strength) {
    const auto steps = std::int64_t(levels.size()) - 1;
    const auto skipped = std::min<std::int64_t>(std::lround((1 - strength) * double(steps)), steps - 1);
    levels.erase(levels.begin(), levels.begin() + skipped);
    return levels;
}

at::Tensor startFrom(const KnownLatent& known, const at::Tensor& noise, const Level& level, double strength, double startScale) {
    const auto noisy = level.alpha * known.latent + level.sigma * noise;
    if (strength < 1) return noisy;
    const auto start = startScale * noise;
    return known.paint.defined() ? at::where(known.paint, start, noisy) : start;
}

Denoised InpaintingDenoiser::operator()(const at::Tensor& x, const Level& level) {
    const auto d = m_denoise(x, level);
    if (!m_known.paint.defined()) return d;
    return {at::where(m_known.paint, d.x0, m_known.latent),
            at::where(m_known.paint, d.eps, (x - level.alpha * m_known.latent) / level.sigma)};
}

} // namespace phloxine
