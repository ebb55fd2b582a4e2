#include "core/train/ReconstructionMeter.h"

#include <algorithm>
#include <cmath>

#include <c10/core/GradMode.h>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/image/quality.h"
#include "core/measure/tissue/tile_measures.h"
#include "core/nn/vq_autoencoder.h"
#include "core/tensor/image_tensor.h"
#include "core/train/structure_loss.h"

namespace phloxine {

namespace {

double highFrequencyEnergy(const at::Tensor& picture) { // [1, 3, h, w]
    const auto grey = picture.mean(1, true);
    return (grey - at::avg_pool2d(grey, 3, 1, 1, false, false)).square().mean().item<double>();
}

// What a pathologist would miss first when it changes.
constexpr const char* tissueMeasures[] = {"haematoxylin", "eosin", "nuclei", "nuclear_area", "nuclear_eccentricity"};
constexpr std::size_t worstTiles = 5;

void addMeasures(const Image& real, const Image& made, std::vector<ReconstructionReport::Measure>& measures) {
    const auto settings = nucleusSettings(Scale{});
    const auto a = measureTile(real, settings, false), b = measureTile(made, settings, false);
    measures.resize(std::size(tissueMeasures));
    for (std::size_t k = 0; k < measures.size(); ++k)
        for (std::size_t row = 0; row < a.size(); ++row) {
            if (std::string_view(tileMeasureRows()[row].id) != tissueMeasures[k]) continue;
            auto& m = measures[k];
            m.id = tissueMeasures[k];
            if (!std::isfinite(a[row]) || !std::isfinite(b[row])) continue;
            ++m.tiles, m.real += a[row], m.made += b[row], m.difference += std::abs(a[row] - b[row]);
        }
}

} // namespace

Json toJson(const ReconstructionReport& report) {
    const auto figures = [](const ReconstructionReport::Figures& f) {
        return Json{{"psnr_db", f.psnr}, {"ssim", f.ssim}, {"high_frequency_energy", f.highFrequencies}, {"line_energy", f.lines}};
    };
    Json measures = Json::object(), worst = Json::array();
    for (const auto& m : report.measures)
        measures[m.id] = {{"real", m.real}, {"made", m.made}, {"mean_absolute_difference", m.difference}, {"tiles", m.tiles}};
    for (const auto& t : report.worst) worst.push_back({{"tile", plainText(t.name)}, {"psnr_db", t.psnr}, {"ssim", t.ssim}});
    return {{"format", "phloxine-reconstruction/1"},
            {"tiles", report.tiles},
            {"held_out", report.heldOut},
            {"trained", figures(report.trained)},
            {"before", report.before ? figures(*report.before) : Json()},
            {"codes", report.codes ? Json{{"used", report.codesUsed}, {"of", report.codes}} : Json()},
            {"measures", measures},
            {"worst", worst}};
}

ReconstructionMeter::ReconstructionMeter(const nn::Autoencoder& trained, std::unique_ptr<nn::Autoencoder> before, at::Device device)
    : m_trained(trained), m_before(std::move(before)), m_device(device) {}

void ReconstructionMeter::Sum::add(const Image& tile, const Image& made) {
    figures.psnr += peakSignalToNoise(tile, made), figures.ssim += structuralSimilarity(tile, made);
    const auto picture = tensorFrom(made);
    figures.highFrequencies += highFrequencyEnergy(picture), figures.lines += lineEnergy(picture);
}

void ReconstructionMeter::add(const std::string& name, const Image& tile) {
    const c10::AutoGradMode off(false);
    const auto x = tensorFrom(tile).to(m_device), latent = m_trained.encode(x);
    const auto made = imageFrom(m_trained.decode(latent)[0]);
    ++m_report.tiles, m_energy += highFrequencyEnergy(x), m_lines += lineEnergy(x);
    m_trainedSum.add(tile, made);
    if (m_before) m_beforeSum.add(tile, imageFrom(m_before->decode(m_before->encode(x))[0]));
    m_report.worst.push_back({name, peakSignalToNoise(tile, made), structuralSimilarity(tile, made)});
    addMeasures(tile, made, m_report.measures);
    const auto* vq = dynamic_cast<const nn::VqAutoencoder*>(&m_trained);
    if (!vq) return;
    const auto codes = vq->quantise(latent).codes.flatten().cpu();
    m_codes.insert(codes.data_ptr<std::int64_t>(), codes.data_ptr<std::int64_t>() + codes.numel());
    m_report.codes = vq->codes();
}

void ReconstructionMeter::writeTo(ReconstructionReport& report) const {
    const bool heldOut = report.heldOut;
    report = m_report;
    report.heldOut = heldOut, report.codesUsed = int(m_codes.size());
    const double n = std::max(1, report.tiles);
    const auto mean = [&](const Sum& sum) {
        auto f = sum.figures;
        f.psnr /= n, f.ssim /= n, f.highFrequencies /= std::max(m_energy, 1e-12), f.lines /= std::max(m_lines, 1e-12);
        return f;
    };
    report.trained = mean(m_trainedSum);
    if (m_before) report.before = mean(m_beforeSum);
    std::stable_sort(report.worst.begin(), report.worst.end(), [](const auto& a, const auto& b) { return a.ssim < b.ssim; });
    if (report.worst.size() > worstTiles) report.worst.resize(worstTiles);
    for (auto& m : report.measures)
        for (auto* value : {&m.real, &m.made, &m.difference}) *value /= std::max(1, m.tiles);
}

} // namespace phloxine
