// Extractors: what they compute, and what is refused.
#include <filesystem>

#pragma push_macro("slots") // Qt's word, and a name of Torch's
#undef slots
#include <torch/csrc/jit/api/module.h>
#pragma pop_macro("slots")

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Dice.h"
#include "core/base/Files.h"
#include "core/measure/distances/feature_nets.h"
#include "core/measure/distances/inception_resize.h"
#include "core/nn/inception.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/safetensors.h"
#include "tests/measure/distances/gaussians.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

const std::string data = PHLOXINE_TEST_DATA "/encoders";

Image picture(int width, int height, std::uint64_t seed) {
    Image image(width, height);
    Dice dice(seed);
    for (auto& v : image.rgb) v = std::uint8_t(dice.below(256));
    return image;
}

QByteArray bytes(const std::string& name) { return QByteArray::fromStdString(readFile(data + "/" + name)); }

} // namespace

class TestFeatureNets : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;

    std::string path(const std::string& name) { return m_temporary.path().toStdString() + "/" + name; }
    std::string write(const std::string& name, const QByteArray& content) {
        writeFileAtomically(path(name), std::string_view(content.data(), std::size_t(content.size())), IfExists::Replace);
        return path(name);
    }

private slots:
    void inceptionReadsAWeightFile() {
        const c10::NoGradGuard noGradients;
        Weights weights;
        TensorSource source{weights, [](const std::string& key, at::IntArrayRef shape) { return formulaWeight("t/", key, shape, 1.4); }};
        auto binding = Binding::forInference(at::kFloat);
        binding.source = &source;
        const nn::Inception network(WeightView(weights, binding));
        weights["fc.weight"] = at::zeros({1008, 2048});
        const auto file = path("inception.safetensors");
        writeSafetensors(file, weights);
        const auto net = openFeatureNet("inception:" + file);
        QVERIFY(net.width == 2048 && net.sha256.size() == 64 && net.resize == "pytorch-fid");
        const std::vector<Image> images{picture(64, 48, 1), picture(100, 100, 2)}; // sizes may differ
        const auto features = net.run(images);
        QVERIFY(features.sizes() == at::IntArrayRef({2, 2048}) && net.run({}).size(0) == 0);
        QVERIFY(at::allclose(features[1], net.run({images[1]})[0], 1e-4, 1e-5));
        const auto other = openFeatureNet("inception:" + file + ":cleanfid");
        QVERIFY(other.resize == "cleanfid" && !at::allclose(other.run({images[1]})[0], features[1], 1e-4, 1e-5));
        QCOMPARE(errorOf([&] { openFeatureNet("inception:" + file + ":nearest"); }), "wrong-use");
        QCOMPARE(errorOf([&] { net.run({Image()}); }), "shape");
    }

    void otherNetworksAreNoInception() {
        const c10::NoGradGuard noGradients;
        Weights weights{{"Conv2d_1a_3x3.conv.weight", at::zeros({32, 3, 3, 3})}};
        writeSafetensors(path("headless.safetensors"), weights);
        QCOMPARE(errorOf([&] { openFeatureNet("inception:" + path("headless.safetensors")); }), "not-a-model");
        weights["fc.weight"] = at::zeros({1008, 2048});
        writeSafetensors(path("part.safetensors"), weights);
        std::string message;
        QCOMPARE(errorOf([&] { openFeatureNet("inception:" + path("part.safetensors")); }, &message), "missing-key");
        QVERIFY(message.find("Conv2d_1a_3x3.bn") != message.npos);
        weights["Conv2d_1a_3x3.conv.weight"] = at::zeros({32, 3, 7, 7});
        writeSafetensors(path("wrong.safetensors"), weights);
        QCOMPARE(errorOf([&] { openFeatureNet("inception:" + path("wrong.safetensors")); }), "shape");
    }

    // As torch.save wrote it before 1.6: shared storages, offsets, strides.
    void legacyFileIsReadWhereAskedFor() {
        const auto weights = readCheckpointOrLegacy(data + "/legacy.pth");
        QCOMPARE(weights.size(), std::size_t(5));
        QVERIFY(at::equal(weights.at("a"), at::arange(6, at::kFloat).view({2, 3})));
        QVERIFY(at::equal(weights.at("shared"), at::tensor({2.0f, 3.0f})));
        QVERIFY(at::equal(weights.at("turned"), weights.at("a").t()));
        QVERIFY(weights.at("half").scalar_type() == at::kHalf && weights.at("half").item<float>() == 1.5f);
        QCOMPARE(weights.at("count").item<std::int64_t>(), 7);
        QCOMPARE(errorOf([] { readCheckpoint(data + "/legacy.pth"); }), "legacy-format"); // models are still refused
        QCOMPARE(errorOf([] { openFeatureNet("inception:" + data + "/legacy.pth"); }), "not-a-model");
    }

    // Whatever is cut or changed: an Error or tensors, never more.
    void damagedLegacyFiles() {
        const auto whole = bytes("legacy.pth");
        for (qsizetype n = 0; n < whole.size(); n += 3) {
            const auto word = errorOf([&] { readCheckpointOrLegacy(write("cut.pth", whole.left(n))); });
            QVERIFY2(word == "truncated" || word == "corrupt" || word == "not-a-model", word);
        }
        for (qsizetype n = 20; n < whole.size(); n += 2)
            for (const char with : {'\0', '\xff', '.', 'R'}) {
                auto changed = whole;
                changed[n] = with;
                const auto word = errorOf([&] { readCheckpointOrLegacy(write("changed.pth", changed)); });
                QVERIFY2(!word.startsWith("foreign"), word);
            }
    }

    void legacyFileThatActsIsRefused() {
        auto evil = bytes("legacy.pth");
        const QByteArray harmless = "ctorch._utils\n_rebuild_tensor_v2\n";
        QVERIFY(evil.contains(harmless));
        evil.replace(harmless, "cos\nsystem\n");
        QCOMPARE(errorOf([&] { readCheckpointOrLegacy(write("evil.pth", evil)); }), "unsafe");
    }

    void torchScriptRunsApart() {
        const auto net = openFeatureNet("torchscript:" + data + "/mean.pt:size=16,mean=0/0/0,std=1/1/1");
        QCOMPARE(net.width, 4);
        Image grey(16, 16), large = picture(50, 40, 3);
        std::fill(grey.rgb.begin(), grey.rgb.end(), std::uint8_t(51));
        const auto features = net.run({grey, large});
        QVERIFY(features.sizes() == at::IntArrayRef({2, 4}));
        QVERIFY(at::allclose(features[0], at::tensor({0.2f, 0.2f, 0.2f, 0.0f}), 1e-5, 1e-6));
        QVERIFY(net.run(std::vector<Image>(40, grey)).size(0) == 40);
        const auto imagenet = openFeatureNet("torchscript:" + data + "/mean.pt").run({grey});
        QVERIFY(std::abs(imagenet[0][0].item<double>() - (0.2 - 0.485) / 0.229) < 1e-4);
    }

    // What PyTorch's own operators can do to a user's files; and a network of threads that needs none of it.
    void programsReachNoFile_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QByteArray>("word");
        QTest::newRow("maps and writes") << "x = x + torch.from_file('%1', True, 4, dtype=0).fill_(65).float().mean()"
                                         << QByteArray("not-a-model");
        QTest::newRow("reads") << "x = x + torch.from_file('%1', False, 4, dtype=0).float().mean()" << QByteArray("not-a-model");
        QTest::newRow("empties") << "torch.save(x, '%1')" << QByteArray(); // which does not look whether it could
        QTest::newRow("makes") << "torch.save(x, '%1.new')" << QByteArray();
        QTest::newRow("computes") << "y = '%1'" << QByteArray();
    }
    void programsReachNoFile() {
        QFETCH(QString, line);
        QFETCH(QByteArray, word);
        const auto victim = write("victim", "mine"), file = path("program.pt");
        torch::jit::Module module("program");
        module.define(
            ("    def forward(self, x):\n        " + line.arg(QString::fromStdString(victim)) +
             "\n        y = torch.conv2d(x, torch.ones([8, 3, 3, 3]))\n        return torch.matmul(y, y.transpose(2, 3)).mean([2, 3])\n")
                .toStdString());
        module.save(file);
        const auto fault = errorOf([&] {
            openFeatureNet("torchscript:" + file + ":size=64").run({picture(64, 64, 1), picture(64, 64, 2)});
        });
        QCOMPARE(readFile(victim), std::string("mine"));
        QVERIFY(!fs::exists(victim + ".new"));
        QCOMPARE(fault, word);
    }

    void endlessProgramIsStopped() {
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(errorOf([] { openFeatureNet("torchscript:" + data + "/endless.pt:size=8,seconds=2"); }), "busy");
        QVERIFY(timer.elapsed() < 10000);
    }

    void brokenProgramsAreRefused() {
        QCOMPARE(errorOf([] { openFeatureNet("torchscript:" + data + "/flat.pt"); }), "not-a-model");
        std::string message;
        QCOMPARE(errorOf([&] { openFeatureNet("torchscript:" + data + "/legacy.pth"); }, &message), "not-a-model");
        QVERIFY2(!message.empty() && message.find('\n') == message.npos, message.c_str());
        QCOMPARE(errorOf([&] { openFeatureNet("torchscript:" + write("cut.pt", bytes("mean.pt").left(500))); }), "not-a-model");
        QCOMPARE(errorOf([] { openFeatureNet("torchscript:/nowhere/encoder.pt"); }), "not-found");
    }

    void wrongWordsAreRefused_data() {
        QTest::addColumn<QString>("spec");
        for (const auto* spec :
             {"", "inception9:x", "torchscript:%1/mean.pt:size=0", "torchscript:%1/mean.pt:size=8x", "torchscript:%1/mean.pt:mean=1/2",
              "torchscript:%1/mean.pt:std=0/0/0", "torchscript:%1/mean.pt:colour=red", "torchscript:%1/mean.pt:seconds=-1"})
            QTest::newRow(spec) << QString(spec);
    }
    void wrongWordsAreRefused() {
        QFETCH(QString, spec);
        QCOMPARE(errorOf([&] { openFeatureNet(spec.replace("%1", QString::fromStdString(data)).toStdString()); }), "wrong-use");
    }
};

PHLOXINE_TEST(measure_distances_feature_nets, TestFeatureNets, NoApplication)
#include "test_feature_nets.moc"
