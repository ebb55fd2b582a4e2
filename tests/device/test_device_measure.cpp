// What measures tiles, on a device: features, judges and trainings of small networks give the numbers of the CPU but for rounding, those of
// a stranger's TorchScript program in its own process too; and full memory is a sentence.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/annotate/TileClassifier.h"
#include "core/base/Dice.h"
#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/measure/compare.h"
#include "core/measure/distances/feature_nets.h"
#include "core/measure/learning/AssessReport.h"
#include "core/measure/learning/EncoderTraining.h"
#include "core/measure/tissue/rendered_fields.h"
#include "core/nn/inception.h"
#include "core/tensor/devices.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/safetensors.h"
#include "core/train/train_threads.h"
#include "tests/support/errors.h"
#include "tests/support/stand_in_gpu.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestDeviceMeasure : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

    // Fields of two tiles, two classes that differ in their nuclei.
    void render(const std::string& set, int groups, std::uint64_t seed) const {
        for (const char* name : {"few", "many"})
            for (int g = 0; g < groups; ++g)
                for (int t = 0; t < 2; ++t) {
                    FieldSettings settings;
                    settings.sidePx = 96, settings.nuclei = name == std::string("few") ? 5 : 20;
                    fs::create_directories(at(set) / name);
                    writePng(
                        at(set) / name / QStringLiteral("g%1_%2.png").arg(g).arg(t).toStdString(),
                        renderField(settings, seed + std::uint64_t(g) * 10 + std::uint64_t(t) + (name == std::string("few") ? 5000 : 0)));
                }
    }
    static Image noise(int side, std::uint64_t seed) {
        Image image(side, side);
        Dice dice(seed);
        for (auto& v : image.rgb) v = std::uint8_t(dice.below(256));
        return image;
    }
    CompareRequest request() const {
        CompareRequest r;
        r.real = {"real", at("real"), "^g([0-9]+)_"};
        r.synthetic = {{"made", at("made"), {}}};
        r.metrics = {"distances", "adherence", "copying"}, r.steps = 8;
        return r;
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CACHE_HOME", (m_folder.path() + "/cache").toUtf8());
        setTrainingThreads(1);
        render("real", 8, 1), render("made", 6, 100000);
        (void)chooseDevice("cuda");
    }
    void cleanup() { stand_in::giveBack(); }

    void everyExtractor_data() {
        QTest::addColumn<QString>("spec");
        Weights weights;
        TensorSource source{weights, [](const std::string& key, at::IntArrayRef shape) { return formulaWeight("t/", key, shape, 1.4); }};
        auto binding = Binding::forInference(at::kFloat);
        binding.source = &source;
        const nn::Inception network(WeightView(weights, binding));
        weights["fc.weight"] = at::zeros({1008, 2048});
        writeSafetensors(at("inception.safetensors"), weights);
        QTest::newRow("embedded") << "embedded";
        QTest::newRow("inception") << QString::fromStdString("inception:" + at("inception.safetensors").string());
        QTest::newRow("TorchScript") << "torchscript:" PHLOXINE_TEST_DATA "/encoders/mean.pt:size=16";
    }
    void everyExtractor() {
        QFETCH(QString, spec);
        const std::vector<Image> images{noise(96, 1), noise(64, 2)};
        const auto before = stand_in::counts().operators;
        const auto here = openFeatureNet(spec.toStdString()).run(images),
                   there = openFeatureNet(spec.toStdString(), chooseDevice("cuda")).run(images);
        QVERIFY(there.is_cpu());
        QVERIFY((here - there).norm().item<double>() <= 1e-5 * here.norm().item<double>());
        QCOMPARE(stand_in::counts().operators > before, !spec.startsWith("torchscript")); // which has a process and a device of its own
    }

    void aComparison() {
        const auto here = compare(request(), {}, "cpu"), there = compare(request(), {}, "cuda");
        const auto& a = here.synthetic.at(0);
        const auto& b = there.synthetic.at(0);
        QCOMPARE(a.metrics.size(), b.metrics.size());
        for (std::size_t i = 0; i < a.metrics.size(); ++i) {
            const double x = a.metrics[i].estimate.value, y = b.metrics[i].estimate.value;
            QVERIFY2(std::abs(x - y) <= 1e-3 * std::max(1.0, std::abs(x)), a.metrics[i].id.c_str());
        }
        QCOMPARE(b.adherence.classes.size(), a.adherence.classes.size());
        QVERIFY(!b.adherence.classes.empty());
    }

    void anEncoderIsTrained() {
        EncoderRequest wish;
        wish.data = at("real"), wish.groupPattern = "^g([0-9]+)_", wish.steps = 3, wish.batch = 4, wish.precision = "fp32";
        const auto here = trainEncoder(wish, at("cpu.safetensors"), {}, "cpu"),
                   there = trainEncoder(wish, at("gpu.safetensors"), {}, "cuda");
        QVERIFY2(std::abs(here.loss - there.loss) < 1e-3, qPrintable(QStringLiteral("%1 %2").arg(here.loss).arg(there.loss)));
    }

    void aClassifierIsAssessed() {
        AssessRequest wish;
        wish.real = at("real"), wish.realGroupPattern = "^g([0-9]+)_", wish.synthetic = at("made");
        wish.steps = 2, wish.seeds = 1, wish.batch = 4, wish.rates = {1e-3}, wish.ratios = {1};
        const auto report = assess(wish, {}, "cuda");
        QVERIFY(!report.rows.empty());
        QCOMPARE(report.rows.size(), assess(wish, {}, "cpu").rows.size());
    }

    void aClassifierOfTheUserRuns() {
        const auto config = classifierConfig(parseJson(R"({"num_classes":3,"class_names":["a","b","Tumor"],"patch_size_pixels":60,
            "spacing_um_px":0.5,"transform":[{"name":"Resize","arguments":{"size":32}},{"name":"ToTensor"}]})",
                                                       "config"),
                                             "config.json");
        const auto file = fs::path(PHLOXINE_TEST_DATA) / "classifiers" / "three.pt";
        const std::vector<Image> patches{noise(60, 3)};
        const auto here = TileClassifier(file, config).probabilities(patches)[0],
                   there = TileClassifier(file, config, std::chrono::minutes(5), "cuda").probabilities(patches)[0];
        for (std::size_t i = 0; i < here.size(); ++i) QVERIFY(std::abs(here[i] - there[i]) < 1e-5);
    }

    void fullMemory_data() {
        QTest::addColumn<int>("kilobytes");
        for (int i = 1; i <= 20; ++i) QTest::addRow("%d KB", i * 512) << i * 512;
    }
    void fullMemory() { // a sentence, and the next comparison is as if nothing had been
        QFETCH(int, kilobytes);
        auto r = request();
        r.metrics = {"distances"};
        stand_in::limitMemory(std::size_t(kilobytes) << 10);
        std::string sentence;
        const auto error = errorOf(
            [&] {
                try {
                    (void)compare(r, {}, "cuda");
                } catch (const std::exception& e) {
                    if (const auto fault = deviceFault(e)) throw *fault;
                    throw;
                }
            },
            &sentence);
        stand_in::giveBack();
        QVERIFY2(error.isEmpty() || error == "out-of-memory", error);
        QVERIFY(error.isEmpty() || sentence.find("memory of the GPU") != std::string::npos);
        QCOMPARE(compare(r, {}, "cuda").synthetic.at(0).set.tiles, 24);
    }
};

PHLOXINE_TEST(device_measure, TestDeviceMeasure, NoApplication)
#include "test_device_measure.moc"
