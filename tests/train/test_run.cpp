// A whole training on rendered tiles: autoencoder, diffusion model, a model that generates; going on to the bit; and every way to stop.
#include <csignal>

#include <sys/resource.h>

#include <QTemporaryDir>
#include <QtTest>

#include <ATen/Parallel.h>

#include "core/generate/Generator.h"
#include "core/nn/patch_autoencoder.h"
#include "core/tensor/devices.h"
#include "core/tensor/noise.h"
#include "core/tensor/safetensors.h"
#include "core/train/DiffusionRun.h"
#include "core/train/base_model.h"
#include "core/train/memory_estimate.h"
#include "core/train/patch_transform.h"
#include "core/train/structure_loss.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

bool equalFiles(const fs::path& a, const fs::path& b) { return readFile(a) == readFile(b); }

std::vector<Json> rowsOf(const fs::path& run) {
    std::vector<Json> rows;
    std::istringstream lines(readFile(run / "log.jsonl"));
    for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
    return rows;
}

} // namespace

class RunTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }
    TrainRecipe recipe(int steps = 12) const { return trainRecipeFromJson(smallDiffusion(at("ae/autoencoder").string(), steps), "small"); }
    void train(const TrainRecipe& r, const std::string& out, bool resume = false, const TrainHooks& hooks = {}) const {
        DiffusionRun run(r, at("tissue"), at(out), resume, hooks);
        while (!run.finished()) (void)run.step();
    }

private slots:
    void initTestCase() {
        initDevices("cpu");
        at::set_num_threads(1);
        writeTissue(at("tissue"));
        makeAutoencoder(at("tissue"), at("ae"));
        train(recipe(), "whole");
    }

    void componentsReconstruct() { // all of them give the patches back; few of them the best few
        PhiloxNoise draws(4);
        const auto tiles = (draws.draw({16, 3, 8, 8}) * 0.2).clamp(-1, 1);
        PatchStatistics statistics(4);
        statistics.add(tiles);
        double last = 1e9;
        for (const int components : {4, 16, 48}) {
            auto weights = statistics.transform(components, 0.6);
            for (const auto& [key, tensor] : newPatchDecoder(components, {8, 8}, 1)) weights[key] = tensor;
            const nn::PatchAutoencoder autoencoder(WeightView(weights, Binding::train()), {4, components, 4, {8, 8}});
            const auto latent = autoencoder.encode(tiles);
            QVERIFY(std::abs(latent.square().mean().item<double>() - 1) < 1e-3); // one global factor
            const double error = (autoencoder.decode(latent) - tiles).square().mean().item<double>();
            QVERIFY(error < last);
            last = error;
        }
        QVERIFY2(last < 1e-9, qPrintable(QString::number(last)));
        PatchStatistics few(8);
        few.add(tiles.narrow(0, 0, 1));
        QCOMPARE(errorOf([&] { (void)few.transform(4, 0.6); }), "wrong-use");
    }

    void lossesOfPictures() {
        PhiloxNoise draws(5);
        const auto real = draws.draw({2, 3, 32, 32}).clamp(-1, 1), blurred = at::avg_pool2d(real, 3, 1, 1);
        for (const auto loss : {gradientLoss, structureLoss, textureLoss}) {
            QVERIFY(std::abs(loss(real, real).item<double>()) < 1e-4);
            QVERIFY(loss(blurred, real).item<double>() > 0.05);
        }
        QVERIFY(textureLoss(draws.draw({2, 3, 32, 32}).clamp(-1, 1), real).item<double>() < 0.1); // other grains, as strong
        // Lines two pixels apart, as strong as the grain that they stand for, are no texture.
        const auto grain = real - blurred;
        const auto signs = at::tensor({1.0f, -1.0f}).repeat({16}).view({1, 1, 32, 1});
        const auto lines = blurred + signs.expand_as(real) * grain.square().mean().sqrt();
        QVERIFY(textureLoss(lines, real).item<double>() > 0.95 * textureLoss(blurred, real).item<double>());
        QVERIFY(lineEnergy(lines.slice(0, 0, 1)) > 10 * lineEnergy(real.slice(0, 0, 1)));
        QVERIFY(lineEnergy(blurred.slice(0, 0, 1)) < lineEnergy(real.slice(0, 0, 1)));
        QVERIFY(structureLoss(real * 0.5 + 0.2, real).item<double>() < structureLoss(blurred, real).item<double>());
    }

    void autoencoderReport() {
        const auto report = readJsonFile(at("ae/autoencoder/report.json"));
        QCOMPARE(report["tiles"].get<int>(), 4);
        QVERIFY(report["held_out"].get<bool>());
        QVERIFY(report["before"]["psnr_db"].get<double>() > 15);
        QVERIFY(report["trained"]["ssim"].get<double>() > 0.1 && report["trained"]["line_energy"].get<double>() < 10);
        QCOMPARE(report["worst"].size(), std::size_t(4)); // all of the four
        QVERIFY(report["worst"][0]["ssim"].get<double>() <= report["worst"][3]["ssim"].get<double>());
        QVERIFY(report["worst"][0]["tile"].get<std::string>().find("g003_") != std::string::npos);
        QCOMPARE(report["measures"].size(), std::size_t(5));
        const auto& stain = report["measures"]["haematoxylin"];
        QCOMPARE(stain["tiles"].get<int>(), 4);
        QVERIFY(stain["real"].get<double>() > 0 && stain["mean_absolute_difference"].get<double>() >= 0);
        QVERIFY(std::abs(stain["real"].get<double>() - stain["made"].get<double>()) <=
                stain["mean_absolute_difference"].get<double>() + 1e-12);
        AutoencoderRun again(autoencoderRecipeFromJson(smallAutoencoder(), "small"), at("tissue"), at("ae"), true);
        QVERIFY(again.finished());
        QCOMPARE(errorOf([&] { makeAutoencoder(at("tissue"), at("ae")); }), "busy"); // the one above still holds the folder
    }

    void aRecipeOfAnOlderProgramGoesOn() { // without the entries that came later
        const auto file = at("ae/recipe.json");
        auto older = readJsonFile(file);
        QCOMPARE(older.erase("checkpoint_every"), std::size_t(1));
        writeFileAtomically(file, older.dump(), IfExists::Replace);
        fs::remove(at("ae/data.json"));
        AutoencoderRun again(autoencoderRecipeFromJson(smallAutoencoder(), "small"), at("tissue"), at("ae"), true);
        QVERIFY(again.finished());
    }

    void autoencoderGoesOn() {
        const auto r = autoencoderRecipeFromJson(smallAutoencoder(), "small");
        {
            AutoencoderRun run(r, at("tissue"), at("ae-broken"), false);
            for (int i = 0; i < 3; ++i) (void)run.step();
            run.save();
            (void)run.step(); // lost
        }
        AutoencoderRun run(r, at("tissue"), at("ae-broken"), true);
        QCOMPARE(run.stepsDone(), std::int64_t(3));
        while (!run.finished()) (void)run.step();
        (void)run.finish();
        QVERIFY(equalFiles(at("ae-broken/autoencoder/weights.safetensors"), at("ae/autoencoder/weights.safetensors")));
    }

    void logAndFolder() {
        const auto rows = rowsOf(at("whole"));
        QCOMPARE(rows.size(), std::size_t(12));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            QCOMPARE(rows[i]["step"].get<int>(), int(i) + 1);
            QCOMPARE(rows[i]["images"].get<int>(), 4 * (int(i) + 1));
            QVERIFY(rows[i]["loss"].get<double>() > 0 && rows[i]["gradient_norm"].get<double>() > 0 &&
                    rows[i]["memory_bytes"].get<double>() > 0);
            QCOMPARE(rows[i].contains("validation_loss"), i == 5 || i == 11);
            QCOMPARE(rows[i].contains("caption_gap"), i == 5 || i == 11);
        }
        for (const auto* file : {"recipe.json", "data.json", "base/model.json", "samples/48.png", "checkpoints/32/state.json",
                                 "checkpoints/48/state.json", "model/config.yaml", "model/text_config.json"})
            QVERIFY2(fs::exists(at("whole") / file), file);
        QVERIFY(!fs::exists(at("whole/checkpoints/16"))); // the last two are kept
        QVERIFY(readFile(at("whole/recipe.json")).find(m_dir.path().toStdString()) == std::string::npos);
        const auto sheet = readPng(at("whole/samples/48.png")).image;
        QCOMPARE(sheet.width, 48);
        QCOMPARE(sheet.height, 96);
    }

    void theModelGenerates() {
        ModelStore store(std::vector<fs::path>{});
        const auto entry = store.find(at("whole/model").string());
        QCOMPARE(entry.card.classes.size(), std::size_t(2));
        QCOMPARE(entry.card.classes[0].trainingTiles, std::int64_t(10));
        QCOMPARE(entry.card.tileSizePx, 48);
        Image tiles[3];
        int count = 0;
        for (const auto* id : {"dense", "sparse", ""}) {
            GenerateRequest request;
            request.model = at("whole/model").string(), request.classId = id, request.prompt = *id ? "" : "dense", request.steps = 3,
            request.seed = 5;
            request.guidance = 1, request.precision = "fp32", request.device = "cpu";
            GenerateHooks hooks;
            hooks.tile = [&](int, const Tile& tile) { tiles[count] = tile.image; };
            QCOMPARE(generate(store, request, hooks).tiles, 1);
            ++count;
        }
        QVERIFY(!tiles[0].empty() && !(tiles[0] == tiles[1]));
        QVERIFY(tiles[0] == tiles[2]); // the class is its prompt
    }

    void weightsMoveAndTheirMeanIsTheModel() {
        const auto base = openCheckpoint(at("whole/base")), made = openCheckpoint(at("whole/model"));
        const auto live = readSafetensors(at("whole/checkpoints/48/weights.safetensors"));
        const std::string key = "model.diffusion_model.input_blocks.0.0.weight";
        QVERIFY(!at::equal(base.weights.at(key), made.weights.at(key)));
        QVERIFY(!at::equal(live.at(key), made.weights.at(key)));
        QVERIFY(at::equal(base.weights.at("first_stage_model.mean"), made.weights.at("first_stage_model.mean")));
        QVERIFY(!at::equal(base.weights.at(tokenTable), made.weights.at(tokenTable)));
        QCOMPARE(made.weights.at(tokenTable).size(0), std::int64_t(49408));
    }

    void goesOnToTheBit() {
        const auto r = recipe();
        for (const int stop : {1, 5, 11}) {
            const auto out = "stop" + std::to_string(stop);
            {
                DiffusionRun run(r, at("tissue"), at(out), false);
                for (int i = 0; i < stop; ++i) (void)run.step();
                if (stop == 5) run.save();
            }
            train(r, out, true);
            QVERIFY2(equalFiles(at(out) / "model/weights.safetensors", at("whole/model/weights.safetensors")), out.c_str());
            QCOMPARE(rowsOf(at(out)).size(), std::size_t(12));
        }
    }

    void aBrokenStateCostsAnInterval() {
        const auto r = recipe();
        {
            DiffusionRun run(r, at("tissue"), at("torn"), false);
            for (int i = 0; i < 9; ++i) (void)run.step();
        }
        fs::resize_file(at("torn/checkpoints/32/optimiser.safetensors"), 1000);
        std::vector<std::string> notices;
        train(r, "torn", true, {{}, [&](const std::string& sentence) { notices.push_back(sentence); }});
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY2(notices[0].find("32 images is broken") != std::string::npos, notices[0].c_str());
        QVERIFY(equalFiles(at("torn/model/weights.safetensors"), at("whole/model/weights.safetensors")));
    }

    void aFullDiskKeepsTheStatesBefore() {
        const auto r = recipe();
        {
            DiffusionRun run(r, at("tissue"), at("full"), false);
            for (int i = 0; i < 6; ++i) (void)run.step();
            struct rlimit usual {};
            QCOMPARE(getrlimit(RLIMIT_FSIZE, &usual), 0);
            std::signal(SIGXFSZ, SIG_IGN); // writing fails as on a full disk
            const struct rlimit small { 20000, usual.rlim_max };
            QCOMPARE(setrlimit(RLIMIT_FSIZE, &small), 0);
            std::string message;
            const auto error = errorOf([&] { run.save(); }, &message);
            QCOMPARE(setrlimit(RLIMIT_FSIZE, &usual), 0);
            QVERIFY2(!error.isEmpty() && !error.startsWith("foreign") && message.find("weights.safetensors") != std::string::npos,
                     message.c_str());
        }
        QVERIFY(!fs::exists(at("full/checkpoints/24")));
        QCOMPARE(std::distance(fs::directory_iterator(at("full/checkpoints")), {}), std::ptrdiff_t(1)); // nothing half-written
        train(r, "full", true);
        QVERIFY(equalFiles(at("full/model/weights.safetensors"), at("whole/model/weights.safetensors")));
    }

    void brokenToTheLastStartsAnew() {
        const auto r = recipe();
        {
            DiffusionRun run(r, at("tissue"), at("lost"), false);
            for (int i = 0; i < 4; ++i) (void)run.step();
        }
        writeFileAtomically(at("lost/checkpoints/16/state.json"), "{", IfExists::Replace);
        train(r, "lost", true);
        QVERIFY(equalFiles(at("lost/model/weights.safetensors"), at("whole/model/weights.safetensors")));
    }

    void memoryByPart() {
        auto r = recipe();
        const auto small = estimateMemory(r);
        QCOMPARE(small.gradients, 4 * small.parameters);
        QCOMPARE(small.optimiser, 2 * small.gradients);
        QCOMPARE(small.means, 2 * small.gradients); // two decays
        QVERIFY(small.weights > small.gradients && small.activations > 0);
        r.batch *= 4;
        const auto large = estimateMemory(r);
        QCOMPARE(large.weights, small.weights);
        const auto held = [](const MemoryEstimate& e) { return e.activations + e.gradients; }; // together at the peak
        QVERIFY(held(large) > 2 * held(small) && held(large) < 5 * held(small));
        r.precision = "bf16";
        QVERIFY(estimateMemory(r).total() > large.total() / 3);
    }

    void aRunIsMadeLonger() {
        auto r = recipe();
        train(r, "longer");
        const auto before = readFile(at("longer/model/weights.safetensors"));
        r.steps = 16, r.watch.samplesEvery = 8;
        std::vector<std::string> notices;
        train(r, "longer", true, {{}, [&](const std::string& sentence) { notices.push_back(sentence); }});
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY2(notices[0].find("16 steps instead of 12") != std::string::npos, notices[0].c_str());
        QCOMPARE(rowsOf(at("longer")).size(), std::size_t(16));
        QVERIFY(readFile(at("longer/models/48/weights.safetensors")) == before); // the model of the first end
        QVERIFY(readFile(at("longer/model/weights.safetensors")) != before);
    }

    void samplesThatFailDoNotEndATraining() {
        auto r = recipe(4);
        r.watch.samplesEvery = 2;
        fs::create_directories(at("no-samples"));
        std::vector<std::string> notices;
        {
            DiffusionRun run(r, at("tissue"), at("no-samples"), false, {{}, [&](const std::string& s) { notices.push_back(s); }});
            writeFileAtomically(at("no-samples/samples"), std::string_view("a file in the way")); // of the folder for the sheets
            while (!run.finished()) (void)run.step();
        }
        QCOMPARE(notices.size(), std::size_t(2));
        QVERIFY2(notices[0].find("was not drawn") != std::string::npos, notices[0].c_str());
        QVERIFY(fs::exists(at("no-samples/model/weights.safetensors")));
    }

    void refusals() {
        const auto r = recipe();
        auto other = r;
        other.batch = 5;
        QCOMPARE(errorOf([&] { train(r, "whole"); }), "exists");
        QCOMPARE(errorOf([&] { train(other, "whole", true); }), "exists");
        QCOMPARE(errorOf([&] { train(r, "nothing", true); }), "not-found");
        {
            DiffusionRun holder(r, at("tissue"), at("held"), false);
            QCOMPARE(errorOf([&] { train(r, "held", true); }), "busy");
        }
        other = r;
        other.model.autoencoder = at("nowhere").string();
        QCOMPARE(errorOf([&] { train(other, "no-autoencoder"); }), "not-found");
        other = r;
        other.data.tileSizePx = 44;
        QCOMPARE(errorOf([&] { train(other, "odd-size"); }), "shape");
        fs::create_directories(at("halfway"));
        QCOMPARE(errorOf([&] {
                     other = r;
                     other.model.autoencoder = at("halfway").string();
                     train(other, "no-autoencoder-2");
                 }),
                 "not-a-model");
    }

    void otherTilesAreNoResume() {
        fs::copy(at("tissue"), at("changing"), fs::copy_options::recursive);
        { DiffusionRun run(recipe(), at("changing"), at("changing-run"), false); }
        { AutoencoderRun(autoencoderRecipeFromJson(smallAutoencoder(), "small"), at("changing"), at("changing-ae"), false); }
        fs::remove(at("changing/dense/g001_0.png"));
        std::string message;
        QCOMPARE(errorOf([&] { DiffusionRun(recipe(), at("changing"), at("changing-run"), true); }, &message), "exists");
        QVERIFY(message.find("tiles or captions differ") != std::string::npos);
        const auto small = autoencoderRecipeFromJson(smallAutoencoder(), "small");
        QCOMPARE(errorOf([&] { AutoencoderRun(small, at("changing"), at("changing-ae"), true); }, &message), "exists");
        QVERIFY(message.find("tiles differ") != std::string::npos);
    }

    void aTileThatCannotBeReadIsLeftOut() {
        fs::copy(at("tissue"), at("faulty"), fs::copy_options::recursive);
        fs::resize_file(at("faulty/dense/g001_0.png"), 60);
        std::vector<std::string> notices;
        DiffusionRun run(recipe(4), at("faulty"), at("faulty-run"), false, {{}, [&](const std::string& s) { notices.push_back(s); }});
        while (!run.finished()) (void)run.step();
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY(notices[0].find("dense/g001_0.png was left out") != std::string::npos);
    }

    // A model with a broken weight: the run stops in its first step and says where.
    void stopsWhereTheLossIsNoNumber() {
        train(recipe(1), "sound");
        auto weights = readSafetensors(at("sound/model/weights.safetensors"));
        auto& broken = weights.at("model.diffusion_model.out.2.bias");
        broken = broken.clone();
        broken[0] = std::numeric_limits<float>::quiet_NaN();
        fs::create_directories(at("broken-model"));
        for (const auto* file : {"config.yaml", "text_config.json", "model.json"})
            fs::copy_file(at("sound/model") / file, at("broken-model") / file);
        writeSafetensors(at("broken-model/weights.safetensors"), weights);
        auto r = recipe();
        r.model.start = at("broken-model").string();
        std::string message;
        QCOMPARE(errorOf([&] { train(r, "unstable"); }, &message), "nan");
        QVERIFY2(message.find("at step 1") != std::string::npos && message.find('\n') == std::string::npos, message.c_str());
        const auto batch = readSafetensors(at("unstable/failed-batch.safetensors"));
        QCOMPARE(batch.at("tiles").numel(), std::int64_t(4));
        QVERIFY(!fs::exists(at("unstable/model")));
    }

    void goesOnFromAModel() { // all of it, with a frozen text encoder
        auto r = recipe(4);
        r.model.start = at("whole/model").string(), r.model.trainText = false, r.precision = "bf16";
        train(r, "finer");
        const auto before = openCheckpoint(at("whole/model")), after = openCheckpoint(at("finer/model"));
        QVERIFY(at::equal(before.weights.at(tokenTable), after.weights.at(tokenTable)));
        QVERIFY(
            !at::equal(before.weights.at("model.diffusion_model.out.2.weight"), after.weights.at("model.diffusion_model.out.2.weight")));
    }

    void everyObjectiveTrains() {
        for (const std::string prediction : {"eps", "x0", "flow"}) {
            auto r = recipe(2);
            r.model.prediction = prediction, r.model.text.pooled = prediction != "x0";
            train(r, "as-" + prediction);
            QVERIFY(fs::exists(at("as-" + prediction) / "model/weights.safetensors"));
        }
    }
};

PHLOXINE_TEST(train_run, RunTest, QCoreApplication)
#include "test_run.moc"
