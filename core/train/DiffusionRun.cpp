#include "core/train/DiffusionRun.h"

#include <chrono>
#include <set>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/tensor/devices.h"
#include "core/tensor/noise.h"
#include "core/tensor/peak_memory.h"
#include "core/tensor/safetensors.h"
#include "core/train/LatentStore.h"
#include "core/train/TrainedModel.h"
#include "core/train/base_model.h"
#include "core/train/draws.h"
#include "core/train/memory_probe.h"
#include "core/train/optimiser.h"
#include "core/train/run_state.h"
#include "core/train/sample_grid.h"
#include "core/train/train_step.h"
#include "core/train/train_threads.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

// As it is stored: without the folders that files outside the run lie in.
Json storedRecipe(TrainRecipe recipe) {
    for (auto* path : {&recipe.model.start, &recipe.model.autoencoder, &recipe.data.captions}) {
        const fs::path given(*path);
        *path = (given.filename().empty() ? given.parent_path() : given).filename().string();
    }
    return toJson(recipe);
}

// What decides the steps so far. A run may be made longer, watched otherwise, and cut into other pieces.
Json pastOf(Json recipe) {
    for (const auto* key : {"steps", "watch"}) recipe.erase(key);
    if (recipe.contains("memory")) recipe["memory"].erase("micro_batch");
    return recipe;
}

// Returns the steps that the run had so far, where the recipe gives it another end.
std::optional<std::int64_t> openFolder(const fs::path& folder, const Json& recipe, bool resume) {
    const auto file = folder / "recipe.json";
    if (!isThere(file)) {
        if (resume)
            throw Error(ErrorCode::NotFound,
                        "The folder " + folder.filename().string() + " holds no training to go on with; leave out --resume.");
        writeFileAtomically(file, recipe.dump(1) + "\n", IfExists::Fail, Durability::Synced);
        return {};
    }
    if (!resume)
        throw Error(ErrorCode::Exists, "The folder " + folder.filename().string() +
                                           " holds a training already; add --resume to go on, or choose another folder.");
    const auto known =
        toJson(trainRecipeFromJson(readJsonFile(file), "of the run")); // entries that a newer version knows have their defaults
    if (known == recipe) return {};
    if (pastOf(known) != pastOf(recipe))
        throw Error(ErrorCode::Exists, "The training in " + folder.filename().string() +
                                           " has another recipe; give the same one, or another folder. Steps, what is watched, and the "
                                           "pieces of a batch may differ.");
    writeFileAtomically(file, recipe.dump(1) + "\n", IfExists::Replace, Durability::Synced);
    const auto steps = known.at("steps").get<std::int64_t>();
    return steps == recipe.at("steps").get<std::int64_t>() ? std::nullopt : std::optional(steps);
}

// The model of the end that a run had before it was made longer, under the images that it saw.
void moveEarlierModel(const fs::path& folder, std::int64_t images) {
    const auto to = folder / "models" / std::to_string(images);
    if (!isThere(folder / "model") || isThere(to)) return;
    makeWritableFolder(to.parent_path());
    fs::rename(folder / "model", to);
    if (isThere(folder / "model-lora.safetensors"))
        fs::rename(folder / "model-lora.safetensors", to.parent_path() / (to.filename().string() + "-lora.safetensors"));
}

RateSettings ratesOf(const TrainRecipe& r) { return {r.optimiser.rate, 0.01, r.optimiser.warmUpSteps, r.steps, r.optimiser.constantShare}; }

// All but the linear transform of a patch autoencoder, which carries the colours.
void narrowMatrices(Weights& weights) {
    for (auto& [key, tensor] : weights)
        if (tensor.dim() > 1 && tensor.is_floating_point() && key != "first_stage_model.encoder.weight" &&
            key != "first_stage_model.decoder.linear.weight")
            tensor = tensor.to(at::kHalf);
}

TrainingSet preparedSet(const TrainRecipe& recipe, const fs::path& data, const fs::path& folder, const TrainHooks& hooks) {
    auto set = readTrainingSet(data, recipe.data, recipe.classes);
    for (const auto& leak : set.leaks)
        if (hooks.notice) hooks.notice(leak);
    const Json found{{"format", "phloxine-training-data/1"}, {"tiles", set.tiles.size()},
                     {"held_out", set.rows(true).size()},    {"tiles_sha256", set.sha256},
                     {"captions_sha256", set.captionSha256}, {"leaks", set.leaks}};
    const auto file = folder / "data.json";
    if (!isThere(file)) writeFileAtomically(file, found.dump(1) + "\n", IfExists::Fail, Durability::Synced);
    else if (readJsonFile(file) != found)
        throw Error(ErrorCode::Exists, "The tiles or captions differ from those that the training in " + folder.filename().string() +
                                           " began with; give the same ones, or another folder.");
    return set;
}

} // namespace

struct DiffusionRun::State {
    TrainRecipe recipe;
    fs::path folder;
    TrainHooks hooks;
    FolderLock lock;
    at::Device device;
    at::ScalarType precision;
    TrainingSet set;
    std::unique_ptr<TrainedModel> model;
    std::unique_ptr<LatentStore> latents;
    std::unique_ptr<Draws> draws;
    std::unique_ptr<Optimiser> optimiser;
    Objective objective;
    double weightScale = 1; // of min-SNR weights
    std::int64_t step = 0;
    std::int64_t savedStep = -1;
    std::uint64_t memoryBefore = 0, estimate = 0;

    State(const TrainRecipe& r, const fs::path& data, const fs::path& f, bool resume, const TrainHooks& h)
        : recipe(r), folder(f), hooks(h), lock((makeWritableFolder(f), f)), device(chooseDevice(h.device)),
          precision(choosePrecision(r.precision, device)) {
        if (const auto before = openFolder(folder, storedRecipe(recipe), resume)) {
            moveEarlierModel(folder, *before * recipe.batch);
            if (hooks.notice)
                hooks.notice("The training ends after " + std::to_string(recipe.steps) + " steps instead of " + std::to_string(*before) +
                             ", so from here on its rate falls otherwise.");
        }
        set = preparedSet(recipe, data, folder, hooks);
        logInfo("Preparing the model to train");
        memoryBefore = usedMemory(device);
        if (!isThere(folder / "base")) writeBaseModel(recipe, set, folder / "base");
        model = std::make_unique<TrainedModel>(folder / "base", recipe, set, precision, device);
        latents = std::make_unique<LatentStore>(h.latents.empty() ? folder / "latents" : h.latents, set, model->base(),
                                                recipe.data.tileSizePx, recipe.dihedral ? 8 : 1, hooks.progress, device);
        leaveOutFaults();
        estimate = std::uint64_t(estimateMemory(recipe, *model).total());
        resetPeakMemory(device);
        draws = std::make_unique<Draws>(set, recipe);
        optimiser = std::make_unique<Optimiser>(model->masters(), optimiserSettings(recipe, folder));
        objective = {model->prediction(), recipe.loss.weight == "one" ? LossWeight::One : LossWeight::MinSnr, recipe.loss.snrLimit};
        weightScale = 1 / meanLossWeight(objective, model->schedule());
        goOn();
    }

    void leaveOutFaults() {
        for (const auto& fault : latents->faults())
            if (hooks.notice) hooks.notice("The tile " + plainText(fault.name) + " was left out: " + fault.reason);
        // Rows stay where they are, because latents are found by them; a tile that is of no use counts as held out.
        for (std::size_t i = 0; i < set.tiles.size(); ++i)
            if (!latents->usable(int(i))) set.tiles[i].heldOut = true;
        std::set<int> classes;
        for (const int row : set.rows(false)) classes.insert(set.tiles[std::size_t(row)].classIndex);
        if (classes.size() < set.classes.size())
            throw Error(ErrorCode::WrongUse, "None of the tiles of one class can be used for training; see the faults named above.");
    }

    void goOn() {
        const auto found = newestRunState(folder, hooks.notice);
        if (!found) return cutLog(folder, 0);
        if (hooks.notice && found->step < recipe.steps &&
            (found->threads != at::get_num_threads() || found->precision != precisionWord(precision) ||
             found->device != deviceWord(device)))
            hooks.notice("The training was begun on " + found->device + " with " + std::to_string(found->threads) +
                         (found->threads == 1 ? " thread in " : " threads in ") + found->precision +
                         "; going on otherwise gives slightly other numbers.");
        const c10::AutoGradMode off(false);
        optimiser->restore(found->optimiser);
        for (const auto& [key, master] : model->masters()) {
            const auto it = found->masters.find(key);
            if (it == found->masters.end() || it->second.sizes() != master.sizes())
                throw Error(ErrorCode::Corrupt, "The saved state of the training does not fit its model; use another run folder.");
            const_cast<at::Tensor&>(master).copy_(it->second);
        }
        step = savedStep = found->step;
        cutLog(folder, step);
    }

    std::int64_t images() const { return step * recipe.batch; }
    bool due(std::int64_t every) const { return every > 0 && step % every == 0; }

    int modelMean() const {
        const auto& emas = recipe.optimiser.emas;
        return int(std::find(emas.begin(), emas.end(), recipe.optimiser.modelEma) - emas.begin());
    }

    // The batch of a step as the network sees it.
    struct Batch {
        NoisyBatch noisy;
        BatchConditions conditions;
        std::vector<Level> levels;
        std::vector<int> tiles;
    };
    Batch batchOf(const std::vector<int>& tiles, const std::vector<int>& variants, const std::vector<double>& shares,
                  std::uint64_t noiseSeed) const {
        Batch batch;
        for (const double u : shares) batch.levels.push_back(trainingLevel(model->schedule(), model->prediction(), u));
        const auto clean = latents->batch(tiles, variants).to(device);
        batch.noisy = noisyBatch(model->prediction(), clean, PhiloxNoise(noiseSeed).draw(clean.sizes()).to(device), batch.levels);
        for (const int tile : tiles) batch.conditions.classes.push_back(set.tiles[std::size_t(tile)].classIndex);
        batch.tiles = tiles;
        return batch;
    }

    at::Tensor weightsOf(const std::vector<Level>& levels) const {
        std::vector<float> weights;
        for (const auto& level : levels)
            weights.push_back(step < recipe.loss.plainSteps ? 1.0f : float(lossWeight(objective, level) * weightScale));
        return at::tensor(weights).to(device);
    }

    TrainStep advance() {
        const auto start = Clock::now();
        const auto drawn = draws->at(step);
        auto batch = batchOf(drawn.tiles, drawn.variants, drawn.levels, drawn.noiseSeed);
        batch.conditions.captions = drawn.captions;
        TrainStep report;
        report.rate = rateAt(ratesOf(recipe), step);
        {
            const auto done = trainOn(*model, *optimiser, {batch.noisy, batch.conditions, weightsOf(batch.levels)},
                                      recipe.memory.microBatch, report.rate);
            report.loss = done.loss, report.gradientNorm = done.gradientNorm;
            if (!std::isfinite(report.loss)) stopUnstable(batch, "loss");
        }
        if (!std::isfinite(report.gradientNorm)) stopUnstable(batch, "gradient");
        ++step;
        report.step = step, report.images = images();
        report.imagesPerSecond = recipe.batch / std::chrono::duration<double>(Clock::now() - start).count();
        report.memoryBytes = usedMemory(device);
        report.estimatedPeakBytes = estimate;
        report.peakBytes = peakMemory(device) - std::min(peakMemory(device), memoryBefore);
        return report;
    }

    [[noreturn]] void stopUnstable(const Batch& batch, const char* what) const {
        const auto file = folder / "failed-batch.safetensors";
        std::error_code ignored;
        fs::remove(file, ignored);
        std::vector<std::int64_t> tiles(batch.tiles.begin(), batch.tiles.end());
        writeSafetensors(file, {{"x", batch.noisy.x},
                                {"target", batch.noisy.target.contiguous()},
                                {"t", batch.noisy.t},
                                {"tiles", at::tensor(tiles, at::kLong)}});
        throw Error(ErrorCode::Nan, std::string("The training became unstable at step ") + std::to_string(step + 1) + " (the " + what +
                                        " is not a number); its batch was saved as failed-batch.safetensors. Use a smaller rate, or fp32.");
    }

    // Held-out tiles spread over the set, always with the same noise.
    void validate(TrainStep& report) const {
        std::vector<int> rows;
        for (const int row : set.rows(true))
            if (latents->usable(row)) rows.push_back(row);
        if (rows.empty()) return;
        const auto count = std::min(rows.size(), std::size_t(recipe.watch.validationTiles));
        std::vector<double> shares;
        Dice dice(mixedSeed(recipe.seed, "validation"));
        for (const int part : dice.permutation(int(count))) shares.push_back((part + 0.5) / double(count));
        const c10::AutoGradMode off(false);
        auto mean = optimiser->mean(modelMean());
        if (recipe.memory.means == "file") // not all of it in float32 at once
            for (auto& [key, tensor] : mean) {
                tensor = tensor.to(device, key.starts_with("model.") && tensor.dim() > 1 ? precision : at::kFloat, false, true);
                if (tensor.numel() > 1 << 18) optimiser->releaseMeans();
            }
        double told = 0, untold = 0;
        for (std::size_t begin = 0; begin < count; begin += std::size_t(recipe.batch)) {
            const auto end = std::min(count, begin + std::size_t(recipe.batch));
            std::vector<int> tiles;
            for (auto i = begin; i < end; ++i) tiles.push_back(rows[i * rows.size() / count]);
            auto batch = batchOf(tiles, std::vector<int>(tiles.size(), 0),
                                 {shares.begin() + std::ptrdiff_t(begin), shares.begin() + std::ptrdiff_t(end)},
                                 mixedSeed(recipe.seed, "validation noise", begin));
            for (const int tile : tiles) {
                const auto& t = set.tiles[std::size_t(tile)];
                batch.conditions.captions.push_back(usualCaption(t, set.classes[std::size_t(t.classIndex)], recipe.captions));
            }
            told += model->losses(batch.noisy, batch.conditions, &mean).sum().item<double>();
            batch.conditions.captions.assign(tiles.size(), "");
            untold += model->losses(batch.noisy, batch.conditions, &mean).sum().item<double>();
        }
        report.validationLoss = told / double(count);
        report.captionGap = (untold - told) / double(count);
    }

    void save() {
        if (step == savedStep) return;
        RunState state{step, images(), at::get_num_threads(), precisionWord(precision), deviceWord(device), {}, optimiser->state()};
        for (const auto& [key, master] : model->masters()) state.masters[key] = master.detach();
        saveRunState(folder, state);
        optimiser->releaseMeans();
        savedStep = step;
    }

    void drawSamples() const {
        const SampleGrid grid{recipe.watch.samplesPerClass, recipe.watch.sampleSteps, recipe.watch.sampleGuidance,
                              mixedSeed(recipe.seed, "samples")};
        saveSampleGrid(folder / "samples" / (std::to_string(images()) + ".png"), model->complete(optimiser->mean(modelMean())), set.classes,
                       recipe.data.tileSizePx, grid, precision, device);
    }

    void tryToDrawSamples() const {
        try {
            drawSamples();
        } catch (const std::exception& e) {
            const auto fault = deviceFault(e);
            if (fault && fault->code() == ErrorCode::DeviceLost) throw;
            const auto words = "The sheet of samples after " + std::to_string(images()) + " images was not drawn: ";
            logWarning(words + (fault ? fault->what() : e.what()));
            if (hooks.notice) hooks.notice(words + (fault ? fault->what() : e.what()) + " The training goes on.");
        }
    }

    void writeModel(const fs::path& to) const {
        if (isThere(to)) return;
        auto parts = partsOf(folder / "base");
        const auto mean = optimiser->mean(modelMean());
        if (!model->lora().empty()) {
            const auto file = to.parent_path() / (to.filename().string() + "-lora.safetensors");
            std::error_code ignored;
            fs::remove(file, ignored); // of a stop between this and the model
            Weights factors;
            for (const auto& [key, tensor] : mean) factors[key] = tensor.cpu();
            writeLora(file, model->lora().asLora(factors));
        }
        parts.weights = model->complete(mean).weights;
        if (recipe.model.stored == "fp16") narrowMatrices(parts.weights);
        writeModelFolder(to, std::move(parts));
    }
};

DiffusionRun::DiffusionRun(const TrainRecipe& recipe, const fs::path& data, const fs::path& folder, bool resume, const TrainHooks& hooks)
    : m(std::make_unique<State>(recipe, data, folder, resume, hooks)) {
    if (finished()) m->writeModel(m->folder / "model"); // stopped between the last state and the model
}

DiffusionRun::~DiffusionRun() = default;

std::int64_t DiffusionRun::stepsDone() const { return m->step; }
bool DiffusionRun::finished() const { return m->step >= m->recipe.steps; }
void DiffusionRun::save() { m->save(); }
void DiffusionRun::writeModel(const fs::path& folder) const {
    m->optimiser->settleMeans();
    m->writeModel(folder);
}

void setTrainingThreads(int threads) { at::set_num_threads(threads); }

TrainStep DiffusionRun::step() {
    if (finished()) throw Error(ErrorCode::Internal, "This training has no step left.");
    auto report = m->advance();
    // Before the state is saved, so that a run that goes on from it has the same means.
    if (m->due(m->recipe.watch.validateEvery) || m->due(m->recipe.watch.samplesEvery) || finished()) m->optimiser->settleMeans();
    if (m->due(m->recipe.watch.validateEvery) || finished()) m->validate(report);
    Json row{{"step", report.step},
             {"images", report.images},
             {"loss", report.loss},
             {"rate", report.rate},
             {"gradient_norm", report.gradientNorm},
             {"images_per_second", report.imagesPerSecond},
             {"memory_bytes", report.memoryBytes},
             {"peak_bytes", report.peakBytes},
             {"estimated_peak_bytes", report.estimatedPeakBytes}};
    if (report.validationLoss) row["validation_loss"] = *report.validationLoss, row["caption_gap"] = *report.captionGap;
    appendLog(m->folder, row);
    if (m->due(m->recipe.watch.checkpointEvery) || finished()) m->save(); // before what is only looked at
    if (m->due(m->recipe.watch.samplesEvery)) m->tryToDrawSamples();
    if (finished()) m->writeModel(m->folder / "model");
    return report;
}

} // namespace phloxine
