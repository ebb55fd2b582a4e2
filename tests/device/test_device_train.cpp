// Trainings on a device: the losses of the CPU but for rounding, to the bit after a stop, from one processor to the other, and what a step
// costs on the bus.
#include <QTemporaryDir>
#include <QtTest>

#include <sstream>

#include "core/base/Files.h"
#include "core/generate/Generator.h"
#include "core/tensor/peak_memory.h"
#include "core/train/DiffusionRun.h"
#include "core/train/memory_estimate.h"
#include "core/train/train_threads.h"
#include "tests/support/errors.h"
#include "tests/support/stand_in_gpu.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

std::vector<double> lossesOf(const fs::path& run) {
    std::vector<double> losses;
    std::istringstream lines(readFile(run / "log.jsonl"));
    for (std::string line; std::getline(lines, line);) losses.push_back(Json::parse(line).at("loss"));
    return losses;
}

double farthest(const std::vector<double>& a, const std::vector<double>& b) { // relative
    if (a.size() != b.size() || a.empty()) return 1;
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]) / std::abs(b[i]));
    return most;
}

} // namespace

class TestDeviceTrain : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    TrainHooks on(const std::string& device) const { return {{}, {}, at("latents-" + device), device}; } // encoded once on each
    TrainRecipe recipe(const Json& patch = Json::object()) const {
        auto json = smallDiffusion(at("ae/autoencoder").string(), 8);
        json["watch"]["samples_every"] = 8;
        json.merge_patch(patch);
        return trainRecipeFromJson(json, "small");
    }
    void train(const TrainRecipe& r, const std::string& out, const std::string& device, int stopAfter = 0, bool resume = false) const {
        DiffusionRun run(r, at("tissue"), at(out), resume, on(device));
        while (!run.finished() && (stopAfter == 0 || run.stepsDone() < stopAfter)) (void)run.step();
        if (!run.finished()) run.save();
    }
    void trainAutoencoder(const Json& json, const std::string& out, const std::string& device, int stopAfter = 0,
                          bool resume = false) const {
        AutoencoderRun run(autoencoderRecipeFromJson(json, "small"), at("tissue"), at(out), resume, on(device));
        while (!run.finished() && (stopAfter == 0 || run.stepsDone() < stopAfter)) (void)run.step();
        if (run.finished()) (void)run.finish();
        else run.save();
    }

private slots:
    void initTestCase() {
        setTrainingThreads(1);
        writeTissue(at("tissue"));
        makeAutoencoder(at("tissue"), at("ae"));
        train(recipe(), "start", "cpu");
    }
    void cleanup() {
        if (stand_in::isLoaded()) stand_in::giveBack();
    }

    void everyDiffusion_data() {
        QTest::addColumn<QString>("patch");
        QTest::addColumn<double>("bound");
        QTest::newRow("plain") << "{}" << 1e-4;
        QTest::newRow("frozen text")
            << R"({"model": {"start": "START", "unet": null, "text": null, "autoencoder": null, "train_text": false}})" << 1e-4;
        QTest::newRow("texts of their own length") << R"({"model": {"text": {"own_length": true}}})" << 1e-4;
        QTest::newRow("pieces of a batch") << R"({"memory": {"micro_batch": 2}})" << 1e-4;
        QTest::newRow("update in the backward pass, blocks again")
            << R"({"memory": {"update_in_backward": true, "recompute_blocks": true}})" << 1e-4;
        QTest::newRow("means on file") << R"({"memory": {"means": "file"}})" << 1e-4;
        QTest::newRow("bf16") << R"({"precision": "bf16"})" << 0.03;
        QTest::newRow("moments of 8 bits") << R"({"memory": {"moments": "8bit"}})" << 1e-3;
        QTest::newRow("weights and moments of few bits, update in the backward pass")
            << R"({"precision": "bf16", "memory": {"moments": "8bit", "weights": "bf16", "update_in_backward": true}})" << 0.03;
        QTest::newRow("LoRA")
            << R"({"model": {"start": "START", "unet": null, "text": null, "autoencoder": null, "lora": {"rank": 4, "layers": "all"}}})"
            << 1e-4;
        QTest::newRow("LoRA with text")
            << R"({"model": {"start": "START", "unet": null, "text": null, "autoencoder": null, "train_text": true, "lora": {"rank": 4, "layers": "attention"}}})"
            << 1e-4;
    }
    void everyDiffusion() {
        QFETCH(QString, patch);
        QFETCH(double, bound);
        const auto r = recipe(Json::parse(patch.replace("START", QString::fromStdString(at("start/model").string())).toStdString()));
        const std::string name = QByteArray(QTest::currentDataTag()).replace(' ', '-').toStdString(), here = name + "-cpu",
                          there = name + "-gpu";
        train(r, here, "cpu");
        train(r, there, "cuda");
        const double most = farthest(lossesOf(at(there)), lossesOf(at(here)));
        qInfo("largest relative difference of a loss: %.2g", most);
        QVERIFY(most < bound);
        QVERIFY(isThere(at(there) / "model/model.json") && isThere(at(there) / "samples"));
        train(r, there + "-stopped", "cuda", 3);
        train(r, there + "-stopped", "cuda", 0, true);
        QVERIFY(lossesOf(at(there + "-stopped")) == lossesOf(at(there)));
        const auto file = [&](const std::string& run) { return readFile(at(run) / "model/weights.safetensors"); };
        QVERIFY(file(there + "-stopped") == file(there));
    }

    void aRunGoesFromOneProcessorToTheOther() {
        const auto r = recipe();
        train(r, "moved", "cuda", 4);
        std::vector<std::string> notices;
        auto hooks = on("cpu");
        hooks.notice = [&](const std::string& sentence) { notices.push_back(sentence); };
        DiffusionRun run(r, at("tissue"), at("moved"), true, hooks);
        while (!run.finished()) (void)run.step();
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY(notices[0].find("begun on cuda") != std::string::npos);
        QVERIFY(farthest(lossesOf(at("moved")), lossesOf(at("start"))) < 1e-3);
    }

    void everyAutoencoder_data() {
        QTest::addColumn<QString>("network");
        for (const auto* network : {"patch", "kl", "vq"}) QTest::newRow(network) << network;
    }
    void everyAutoencoder() {
        QFETCH(QString, network);
        auto json = smallAutoencoder();
        if (network != "patch") {
            for (const auto* key : {"patch", "norm_num_groups", "decoder_widths"}) json.erase(key);
            json.merge_patch({{"network", network.toStdString()}, {"ch", 32}, {"ch_mult", {1, 1}}, {"crop_px", 16}});
            if (network == "vq") json["n_embed"] = 64;
        }
        const auto name = network.toStdString();
        trainAutoencoder(json, name + "-cpu", "cpu");
        trainAutoencoder(json, name + "-gpu", "cuda");
        const double most = farthest(lossesOf(at(name + "-gpu")), lossesOf(at(name + "-cpu")));
        qInfo("largest relative difference of a loss: %.2g", most);
        QVERIFY(most < 1e-3);
        QVERIFY(isThere(at(name + "-gpu") / "autoencoder/report.json"));
        trainAutoencoder(json, name + "-stopped", "cuda", 3);
        trainAutoencoder(json, name + "-stopped", "cuda", 0, true);
        QVERIFY(lossesOf(at(name + "-stopped")) == lossesOf(at(name + "-gpu")));
    }

    // Two steps against one: what a step costs.
    void aStepCrossesTheBusSeldom() {
        auto r = recipe({{"watch", {{"checkpoint_every", 100}, {"validate_every", 100}, {"samples_every", 100}}}});
        DiffusionRun run(r, at("tissue"), at("budget"), false, on("cuda"));
        (void)run.step();
        const auto before = stand_in::counts();
        for (int i = 0; i < 4; ++i) (void)run.step();
        const auto after = stand_in::counts();
        const double up = double(after.uploads - before.uploads) / 4, down = double(after.downloads - before.downloads) / 4,
                     waits = double(after.waits - before.waits) / 4;
        qInfo("a step: %.2f copies up, %.2f down, %.2f waits, %ld operators", up, down, waits, (after.operators - before.operators) / 4);
        QVERIFY(up <= 12 && down <= 2 && waits <= 2);
    }

    void fullMemory_data() {
        QTest::addColumn<int>("kilobytes");
        for (int i = 1; i <= 20; ++i) QTest::addRow("%d KB", i * 256) << i * 256;
    }
    void fullMemory() { // a sentence, and the run goes on as if nothing had been
        QFETCH(int, kilobytes);
        const auto r = recipe();
        const auto out = "full-" + std::to_string(kilobytes);
        if (!isThere(at("half"))) train(r, "half", "cuda", 4);
        fs::copy(at("half"), at(out), fs::copy_options::recursive);
        stand_in::limitMemory(std::size_t(kilobytes) << 10);
        std::string sentence;
        const auto error = errorOf(
            [&] {
                try {
                    train(r, out, "cuda", 0, true);
                } catch (const std::exception& e) {
                    if (const auto fault = deviceFault(e)) throw *fault;
                    throw;
                }
            },
            &sentence);
        stand_in::giveBack();
        QVERIFY2(error.isEmpty() || error == "out-of-memory", error);
        if (!error.isEmpty()) QVERIFY(sentence.find("memory of the GPU") != std::string::npos);
        train(r, out, "cuda", 0, true);
        const auto losses = lossesOf(at(out));
        QCOMPARE(losses.size(), std::size_t(8));
        QVERIFY(farthest(losses, lossesOf(at("start"))) < 1e-4);
    }

    void withoutKernelsTorchComputes() {
        qputenv("PHLOXINE_CUDA_KERNELS", "off");
        const auto back = qScopeGuard([] { qunsetenv("PHLOXINE_CUDA_KERNELS"); });
        train(recipe(), "torch", "cuda");
        QVERIFY(farthest(lossesOf(at("torch")), lossesOf(at("start"))) < 1e-4);
        for (const Json& memory : {Json{{"moments", "8bit"}}, Json{{"weights", "bf16"}}}) {
            std::string sentence;
            const auto r = recipe({{"memory", memory}, {"precision", "bf16"}});
            QCOMPARE(errorOf([&] { train(r, "cannot-" + memory.begin().key(), "cuda"); }, &sentence), "unsupported");
            QVERIFY(sentence.find("train on the CPU") != std::string::npos);
        }
    }

    void theEstimateIsOfTheDevice() {
        const auto gpu = estimateMemory(recipe(), "cuda"), cpu = estimateMemory(recipe(), "cpu");
        QCOMPARE(gpu.optimiser, cpu.optimiser);
        QCOMPARE(gpu.program, std::int64_t(0));
        QVERIFY(gpu.activations > cpu.activations / 4 && gpu.activations < cpu.activations * 4);
    }
};

PHLOXINE_TEST(device_train, TestDeviceTrain, NoApplication)
#include "test_device_train.moc"
