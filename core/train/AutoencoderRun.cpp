#include "core/train/AutoencoderRun.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/image/quality.h"
#include "core/measure/tissue/tile_measures.h"
#include "core/nn/patch_autoencoder.h"
#include "core/tensor/devices.h"
#include "core/tensor/image_tensor.h"
#include "core/tensor/noise.h"
#include "core/tensor/safetensors.h"
#include "core/train/base_model.h"
#include "core/train/draws.h"
#include "core/train/optimiser.h"
#include "core/train/patch_transform.h"
#include "core/train/run_state.h"
#include "core/train/structure_loss.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t mostPixelBytes = 1200ll << 20; // of tiles that are held in memory; more are thinned evenly
constexpr std::size_t statisticsTiles = 1500, reportTiles = 64;

std::vector<int> thinned(const std::vector<int>& rows, std::size_t most) {
    if (rows.size() <= most) return rows;
    std::vector<int> some;
    for (std::size_t i = 0; i < most; ++i) some.push_back(rows[i * rows.size() / most]);
    return some;
}

at::Tensor bytesOf(const Image& image) {
    return at::from_blob(const_cast<std::uint8_t*>(image.rgb.data()), {image.height, image.width, 3}, at::kByte).permute({2, 0, 1});
}

at::Tensor signedFrom(const at::Tensor& bytes) { return bytes.to(at::kFloat) * (2.0 / 255) - 1; }

// One of the eight orientations of a map [3, n, n].
at::Tensor turned(const at::Tensor& map, int orientation) {
    const auto flipped = orientation >= 4 ? map.flip({2}) : map;
    return at::rot90(flipped, orientation % 4, {1, 2});
}

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

void keepWorst(ReconstructionReport& report) {
    std::stable_sort(report.worst.begin(), report.worst.end(), [](const auto& a, const auto& b) { return a.ssim < b.ssim; });
    if (report.worst.size() > worstTiles) report.worst.resize(worstTiles);
    for (auto& m : report.measures)
        for (auto* value : {&m.real, &m.made, &m.difference}) *value /= std::max(1, m.tiles);
}

} // namespace

Json toJson(const ReconstructionReport& report) {
    const auto figures = [](const ReconstructionReport::Figures& f) {
        return Json{{"psnr_db", f.psnr}, {"ssim", f.ssim}, {"high_frequency_energy", f.highFrequencies}};
    };
    Json measures = Json::object(), worst = Json::array();
    for (const auto& m : report.measures)
        measures[m.id] = {{"real", m.real}, {"made", m.made}, {"mean_absolute_difference", m.difference}, {"tiles", m.tiles}};
    for (const auto& t : report.worst) worst.push_back({{"tile", plainText(t.name)}, {"psnr_db", t.psnr}, {"ssim", t.ssim}});
    return {{"format", "phloxine-reconstruction/1"},
            {"tiles", report.tiles},
            {"held_out", report.heldOut},
            {"linear", figures(report.linear)},
            {"trained", figures(report.trained)},
            {"measures", measures},
            {"worst", worst}};
}

struct AutoencoderRun::State {
    AutoencoderRecipe recipe;
    fs::path folder;
    TrainHooks hooks;
    FolderLock lock;
    at::ScalarType precision;
    TrainingSet set;
    std::vector<int> training, testing; // rows of the set
    at::Tensor pixels;                  // of the training tiles, [n, 3, h, w] bytes
    Weights linear, masters;            // without a prefix
    nn::PatchConfig config;
    std::unique_ptr<Optimiser> optimiser;
    std::int64_t step = 0, savedStep = -1;

    State(const AutoencoderRecipe& r, const fs::path& data, const fs::path& f, bool resume, const TrainHooks& h)
        : recipe(r), folder(f), hooks(h), lock((makeWritableFolder(f), f)), precision(choosePrecision(r.precision, at::kCPU)) {
        requireRun(resume);
        set = readTrainingSet(data, recipe.data, {});
        for (const auto& leak : set.leaks) tell(leak);
        requireTiles();
        config = {recipe.patch, recipe.zChannels, recipe.normGroups, recipe.decoderWidths};
        const auto px = std::int64_t(recipe.data.tileSizePx);
        training = thinned(set.rows(false), std::size_t(std::max<std::int64_t>(1, mostPixelBytes / (3 * px * px))));
        testing = thinned(set.rows(true), reportTiles);
        readPixels();
        const auto base = folder / "base.safetensors";
        if (!isThere(base)) writeWeightsSynced(base, transform());
        linear = readSafetensors(base);
        masters = newPatchDecoder(recipe.zChannels, recipe.decoderWidths, recipe.seed);
        for (auto& [key, tensor] : masters) tensor.requires_grad_(true);
        OptimiserSettings settings;
        settings.weightDecay = recipe.weightDecay, settings.emaDecays = {recipe.ema};
        optimiser = std::make_unique<Optimiser>(masters, settings);
        goOn();
    }

    void tell(const std::string& sentence) const {
        if (hooks.notice) hooks.notice(sentence);
    }

    void requireRun(bool resume) const {
        const auto file = folder / "recipe.json";
        const auto own = toJson(recipe);
        if (!isThere(file) && resume)
            throw Error(ErrorCode::NotFound,
                        "The folder " + folder.filename().string() + " holds no training to go on with; leave out --resume.");
        if (!isThere(file)) return writeFileAtomically(file, own.dump(1) + "\n", IfExists::Fail, Durability::Synced);
        // Read as a recipe: a run of an older program lacks the entries that came later, which have their usual values.
        if (!resume || toJson(autoencoderRecipeFromJson(readJsonFile(file), "of the run")) != own)
            throw Error(ErrorCode::Exists,
                        "The folder " + folder.filename().string() +
                            " holds a training already; add --resume with the same recipe to go on, or choose another folder.");
    }

    // Other tiles would go on from a state that they did not make.
    void requireTiles() const {
        const Json found{{"format", "phloxine-training-data/1"},
                         {"tiles", set.tiles.size()},
                         {"held_out", set.rows(true).size()},
                         {"tiles_sha256", set.sha256}};
        const auto file = folder / "data.json";
        if (!isThere(file)) return writeFileAtomically(file, found.dump(1) + "\n", IfExists::Fail, Durability::Synced);
        if (readJsonFile(file) != found)
            throw Error(ErrorCode::Exists, "The tiles differ from those that the training in " + folder.filename().string() +
                                               " began with; give the same ones, or another folder.");
    }

    std::optional<Image> tile(int row) const {
        try {
            auto image = readImage(set.tiles[std::size_t(row)].file);
            if (image.width == image.height)
                return image.width == recipe.data.tileSizePx ? image : resized(image, recipe.data.tileSizePx, recipe.data.tileSizePx);
            tell("The tile " + plainText(set.tiles[std::size_t(row)].name) + " was left out: it is not square.");
        } catch (const Error& e) { tell("The tile " + plainText(set.tiles[std::size_t(row)].name) + " was left out: " + e.what()); }
        return {};
    }

    void readPixels() {
        const std::int64_t px = recipe.data.tileSizePx;
        pixels = at::empty({std::int64_t(training.size()), 3, px, px}, at::kByte);
        std::int64_t n = 0;
        for (std::size_t i = 0; i < training.size(); ++i) {
            if (hooks.progress) hooks.progress({"Reading the tiles", double(i) / double(training.size())});
            if (const auto image = tile(training[i])) pixels[n++].copy_(bytesOf(*image));
        }
        if (n == 0) throw Error(ErrorCode::WrongUse, "None of the tiles can be used for training; see the faults named above.");
        pixels = pixels.narrow(0, 0, n);
    }

    Weights transform() const {
        const c10::AutoGradMode off(false);
        PatchStatistics statistics(recipe.patch);
        const auto n = pixels.size(0), count = std::min<std::int64_t>(n, statisticsTiles);
        for (std::int64_t i = 0; i < count; ++i) {
            if (hooks.progress) hooks.progress({"Finding the components of the patches", double(i) / double(count)});
            statistics.add(turned(signedFrom(pixels[i * n / count]), int(i % 8)).unsqueeze(0).contiguous());
        }
        return statistics.transform(recipe.zChannels, recipe.whitening);
    }

    void goOn() {
        const auto found = newestRunState(folder, hooks.notice);
        if (!found) return cutLog(folder, 0);
        const c10::AutoGradMode off(false);
        optimiser->restore(found->optimiser);
        for (auto& [key, master] : masters) {
            const auto it = found->masters.find(key);
            if (it == found->masters.end() || it->second.sizes() != master.sizes())
                throw Error(ErrorCode::Corrupt, "The saved state of the training does not fit its recipe; use another run folder.");
            master.copy_(it->second);
        }
        step = savedStep = found->step;
        cutLog(folder, step);
    }

    nn::PatchAutoencoder bound(const Weights& decoder) const {
        Weights all = linear;
        for (const auto& [key, tensor] : decoder) {
            const auto sibling = decoder.find(key.substr(0, key.rfind('.')) + ".weight");
            all[key] = sibling->second.dim() == 1 ? tensor : tensor.to(precision); // norms stay in float32
        }
        Binding binding = Binding::train();
        binding.dtype = precision;
        return {WeightView(all, binding), config};
    }

    // The crops of a step, a pure function of recipe and step.
    at::Tensor crops() const {
        Dice dice(mixedSeed(recipe.seed, "crops", std::uint64_t(step)));
        const auto n = pixels.size(0), edge = std::int64_t(recipe.data.tileSizePx - recipe.cropPx + 1), size = std::int64_t(recipe.cropPx);
        std::vector<at::Tensor> parts;
        for (int i = 0; i < recipe.batch; ++i) {
            const auto row = dice.below(int(n)), top = dice.below(int(edge)), left = dice.below(int(edge)), orientation = dice.below(8);
            parts.push_back(turned(pixels[row].narrow(1, top, size).narrow(2, left, size), orientation).contiguous());
        }
        return signedFrom(at::stack(parts));
    }

    AutoencoderStep advance() {
        const auto start = Clock::now();
        const auto image = crops();
        AutoencoderStep report;
        report.rate = rateAt({recipe.rate, 0.01, recipe.warmUpSteps, recipe.steps, 0.5}, step);
        {
            const c10::AutoGradMode on(true);
            const auto autoencoder = bound(masters);
            auto latent = autoencoder.encode(image);
            Dice dice(mixedSeed(recipe.seed, "jitter", std::uint64_t(step)));
            PhiloxNoise noise(mixedSeed(recipe.seed, "latent noise", std::uint64_t(step)));
            latent = latent + noise.draw(latent.sizes()) * (recipe.jitter * dice.uniform());
            const auto made = autoencoder.decode(latent);
            const auto loss = (made - image).abs().mean() + recipe.gradientWeight * gradientLoss(made, image) +
                              recipe.structureWeight * structureLoss(made, image) + recipe.textureWeight * textureLoss(made, image);
            report.loss = loss.item<double>();
            if (std::isfinite(report.loss)) loss.backward();
        }
        if (!std::isfinite(report.loss) || !std::isfinite(optimiser->step(report.rate))) {
            std::error_code ignored;
            fs::remove(folder / "failed-batch.safetensors", ignored);
            writeSafetensors(folder / "failed-batch.safetensors", {{"image", image}});
            throw Error(ErrorCode::Nan, "The training became unstable at step " + std::to_string(step + 1) +
                                            "; its batch was saved as failed-batch.safetensors. Use a smaller rate, or fp32.");
        }
        report.step = ++step;
        report.imagesPerSecond = recipe.batch / std::chrono::duration<double>(Clock::now() - start).count();
        return report;
    }

    void save() {
        if (step == savedStep) return;
        RunState state{step, step * recipe.batch, at::get_num_threads(), precisionWord(precision), {}, optimiser->state()};
        for (const auto& [key, master] : masters) state.masters[key] = master.detach();
        saveRunState(folder, state);
        savedStep = step;
    }

    ReconstructionReport measured(const Weights& decoder) const {
        const c10::AutoGradMode off(false);
        ReconstructionReport report;
        report.heldOut = !testing.empty();
        const auto whole = bound(decoder), bare = bound(newPatchDecoder(recipe.zChannels, recipe.decoderWidths, recipe.seed));
        double energy = 0, energies[2] = {};
        for (const int row : report.heldOut ? testing : thinned(training, reportTiles)) {
            const auto image = tile(row);
            if (!image) continue;
            const auto x = tensorFrom(*image);
            const auto latent = whole.encode(x);
            ++report.tiles, energy += highFrequencyEnergy(x);
            int which = 0;
            for (auto* figures : {&report.linear, &report.trained}) {
                const auto made = imageFrom((which == 0 ? bare : whole).decode(latent)[0]);
                figures->psnr += peakSignalToNoise(*image, made), figures->ssim += structuralSimilarity(*image, made);
                energies[which++] += highFrequencyEnergy(tensorFrom(made));
                if (figures != &report.trained) continue;
                report.worst.push_back(
                    {set.tiles[std::size_t(row)].name, peakSignalToNoise(*image, made), structuralSimilarity(*image, made)});
                addMeasures(*image, made, report.measures);
            }
        }
        keepWorst(report);
        for (auto* figures : {&report.linear, &report.trained})
            figures->psnr /= std::max(1, report.tiles), figures->ssim /= std::max(1, report.tiles);
        report.linear.highFrequencies = energies[0] / std::max(energy, 1e-12),
        report.trained.highFrequencies = energies[1] / std::max(energy, 1e-12);
        return report;
    }

    std::string configText() const {
        return "# CompVis layout, the first stage alone.\nmodel:\n  params:\n    scale_factor: 1.0\n    first_stage_config:\n"
               "      target: phloxine.PatchAutoencoder\n      params: {patch: " +
               std::to_string(recipe.patch) + ", z_channels: " + std::to_string(recipe.zChannels) +
               ", decoder_widths: " + Json(recipe.decoderWidths).dump() + ", norm_num_groups: " + std::to_string(recipe.normGroups) + "}\n";
    }

    ReconstructionReport finish() const {
        const auto mean = optimiser->mean(0);
        const auto report = measured(mean);
        const auto out = folder / "autoencoder";
        if (isThere(out)) return report;
        const auto temporary = folder / (std::string(temporaryPrefix) + "autoencoder");
        fs::remove_all(temporary);
        makeWritableFolder(temporary);
        Weights weights;
        for (const auto* part : {&linear, &mean})
            for (const auto& [key, tensor] : *part) weights["first_stage_model." + key] = tensor;
        writeWeightsSynced(temporary / "weights.safetensors", weights);
        writeFileAtomically(temporary / "config.yaml", configText(), IfExists::Fail, Durability::Synced);
        writeFileAtomically(temporary / "report.json", toJson(report).dump(1) + "\n", IfExists::Fail, Durability::Synced);
        fs::rename(temporary, out);
        syncFolder(folder);
        return report;
    }
};

AutoencoderRun::AutoencoderRun(const AutoencoderRecipe& recipe, const fs::path& data, const fs::path& folder, bool resume,
                               const TrainHooks& hooks)
    : m(std::make_unique<State>(recipe, data, folder, resume, hooks)) {}
AutoencoderRun::~AutoencoderRun() = default;

std::int64_t AutoencoderRun::stepsDone() const { return m->step; }
bool AutoencoderRun::finished() const { return m->step >= m->recipe.steps; }
void AutoencoderRun::save() { m->save(); }
ReconstructionReport AutoencoderRun::finish() { return m->finish(); }

AutoencoderStep AutoencoderRun::step() {
    if (finished()) throw Error(ErrorCode::Internal, "This training has no step left.");
    const auto report = m->advance();
    appendLog(m->folder, {{"step", report.step},
                          {"images", report.step * m->recipe.batch},
                          {"loss", report.loss},
                          {"rate", report.rate},
                          {"images_per_second", report.imagesPerSecond},
                          {"memory_bytes", residentMemoryBytes()}});
    if (report.step % m->recipe.checkpointEvery == 0 || finished()) m->save();
    return report;
}

} // namespace phloxine
