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
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"
#include "core/train/ReconstructionMeter.h"
#include "core/train/TrainedAutoencoder.h"
#include "core/train/base_model.h"
#include "core/train/draws.h"
#include "core/train/optimiser.h"
#include "core/train/run_state.h"
#include "core/train/structure_loss.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t mostPixelBytes = 1200ll << 20; // of tiles that are held in memory; more are thinned evenly
constexpr std::size_t reportTiles = 64;

std::vector<int> thinned(const std::vector<int>& rows, std::size_t most) {
    if (rows.size() <= most) return rows;
    std::vector<int> some;
    for (std::size_t i = 0; i < most; ++i) some.push_back(rows[i * rows.size() / most]);
    return some;
}

at::Tensor bytesOf(const Image& image) {
    return at::from_blob(const_cast<std::uint8_t*>(image.rgb.data()), {image.height, image.width, 3}, at::kByte).permute({2, 0, 1});
}

} // namespace

struct AutoencoderRun::State {
    AutoencoderRecipe recipe;
    fs::path folder;
    TrainHooks hooks;
    FolderLock lock;
    at::Device device;
    at::ScalarType precision;
    TrainingSet set;
    std::vector<int> training, testing; // rows of the set
    at::Tensor pixels;                  // of the training tiles, [n, 3, h, w] bytes
    Checkpoint begin;
    std::unique_ptr<TrainedAutoencoder> model;
    std::unique_ptr<Optimiser> optimiser;
    std::int64_t step = 0, savedStep = -1;

    State(const AutoencoderRecipe& r, const fs::path& data, const fs::path& f, bool resume, const TrainHooks& h)
        : recipe(r), folder(f), hooks(h), lock((makeWritableFolder(f), f)), device(chooseDevice(h.device)),
          precision(choosePrecision(r.precision, device)) {
        requireRun(resume);
        set = readTrainingSet(data, recipe.data, {});
        for (const auto& leak : set.leaks) tell(leak);
        requireTiles();
        const auto px = std::int64_t(recipe.data.tileSizePx);
        training = thinned(set.rows(false), std::size_t(std::max<std::int64_t>(1, mostPixelBytes / (3 * px * px))));
        testing = thinned(set.rows(true), reportTiles);
        readPixels();
        const auto base = folder / "base";
        if (!isThere(base)) writeBase(base);
        begin = openAutoencoder(base);
        model = trainedAutoencoder(recipe, begin, precision, device);
        OptimiserSettings settings;
        settings.weightDecay = recipe.weightDecay, settings.emaDecays = {recipe.ema};
        optimiser = std::make_unique<Optimiser>(model->masters(), settings);
        goOn();
    }

    void tell(const std::string& sentence) const {
        if (hooks.notice) hooks.notice(sentence);
    }

    void requireRun(bool resume) const {
        const auto file = folder / "recipe.json";
        auto stored = recipe; // without the folders that files outside the run lie in
        const fs::path start(recipe.start);
        stored.start = (start.filename().empty() ? start.parent_path() : start).filename().string();
        const auto own = toJson(stored);
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

    void writeBase(const fs::path& base) const {
        const auto temporary = folder / (std::string(temporaryPrefix) + "base");
        fs::remove_all(temporary);
        writeAutoencoderFolder(temporary, beginAutoencoder(recipe, pixels, hooks.progress));
        fs::rename(temporary, base);
        syncFolder(folder);
    }

    void goOn() {
        const auto found = newestRunState(folder, hooks.notice);
        if (!found) return cutLog(folder, 0);
        const c10::AutoGradMode off(false);
        optimiser->restore(found->optimiser);
        for (const auto& [key, master] : model->masters()) {
            const auto it = found->masters.find(key);
            if (it == found->masters.end() || it->second.sizes() != master.sizes())
                throw Error(ErrorCode::Corrupt, "The saved state of the training does not fit its recipe; use another run folder.");
            const_cast<at::Tensor&>(master).copy_(it->second);
        }
        step = savedStep = found->step;
        cutLog(folder, step);
    }

    at::Tensor crops(std::uint64_t seed) const {
        Dice dice(seed);
        const auto n = pixels.size(0), edge = std::int64_t(recipe.data.tileSizePx - recipe.cropPx + 1), size = std::int64_t(recipe.cropPx);
        std::vector<at::Tensor> parts;
        for (int i = 0; i < recipe.batch; ++i) {
            const auto row = dice.below(int(n)), top = dice.below(int(edge)), left = dice.below(int(edge)), orientation = dice.below(8);
            parts.push_back(turned(pixels[row].narrow(1, top, size).narrow(2, left, size), orientation).contiguous());
        }
        return signedFrom(at::stack(parts).to(device));
    }

    AutoencoderStep advance() {
        const auto start = Clock::now();
        model->beforeStep(step, [this](std::uint64_t seed) { return crops(seed); });
        const auto image = crops(mixedSeed(recipe.seed, "crops", std::uint64_t(step)));
        AutoencoderStep report;
        report.rate = rateAt({recipe.rate, 0.01, recipe.warmUpSteps, recipe.steps, 0.5}, step);
        {
            const c10::AutoGradMode on(true);
            const auto [made, ofLatents] = model->pass(image, step);
            auto loss = (made - image).abs().mean() + recipe.gradientWeight * gradientLoss(made, image) +
                        recipe.structureWeight * structureLoss(made, image) + recipe.textureWeight * textureLoss(made, image);
            if (ofLatents.defined()) loss = loss + ofLatents;
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
        RunState state{step, step * recipe.batch, at::get_num_threads(), precisionWord(precision), deviceWord(device),
                       {},   optimiser->state()};
        for (const auto& [key, master] : model->masters()) state.masters[key] = master.detach();
        saveRunState(folder, state);
        savedStep = step;
    }

    ReconstructionReport measured(const Weights& trained) const {
        ReconstructionReport report;
        report.heldOut = !testing.empty();
        const auto after = model->with(trained);
        const auto before = model->begunFromWeights() ? trainedAutoencoder(recipe, begin, precision, device) : nullptr;
        ReconstructionMeter meter(*after, before ? before->with(before->masters()) : nullptr, device);
        for (const int row : report.heldOut ? testing : thinned(training, reportTiles))
            if (const auto image = tile(row)) meter.add(set.tiles[std::size_t(row)].name, *image);
        meter.writeTo(report);
        return report;
    }

    // One over the standard deviation of the latents, as CompVis scales them; a start's latents keep their scale where they stay.
    double latentScale(const nn::Autoencoder& autoencoder) const {
        if (recipe.network == "patch") return 1;
        if (recipe.decoderOnly) return begin.config.scaleFactor;
        const c10::AutoGradMode off(false);
        double sum = 0, squares = 0;
        std::int64_t count = 0;
        for (std::uint64_t i = 0; i < 16; ++i) {
            const auto latent = autoencoder.encode(crops(mixedSeed(recipe.seed, "scale", i))).to(at::kDouble);
            sum += latent.sum().item<double>(), squares += latent.square().sum().item<double>(), count += latent.numel();
        }
        const double mean = sum / double(count), variance = squares / double(count) - mean * mean;
        return 1 / std::sqrt(std::max(variance, 1e-12));
    }

    ReconstructionReport finish() const {
        const auto mean = optimiser->mean(0);
        const auto report = measured(mean);
        const auto out = folder / "autoencoder";
        if (isThere(out)) return report;
        const auto temporary = folder / (std::string(temporaryPrefix) + "autoencoder");
        fs::remove_all(temporary);
        auto made = begin;
        for (const auto* part : {&model->frozen(), &mean})
            for (const auto& [key, tensor] : *part) made.weights["first_stage_model." + key] = tensor.cpu();
        made.config.scaleFactor = latentScale(*model->with(mean));
        writeAutoencoderFolder(temporary, made);
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
