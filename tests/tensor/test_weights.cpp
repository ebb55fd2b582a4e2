// The dictionary of tensors, its views and bindings, and the formula weights.
#include <QElapsedTimer>
#include <QtTest>

#include "core/tensor/Weights.h"
#include "core/tensor/formula_weights.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestWeights : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void viewJoinsNames() {
        const Weights weights{{"a.0.weight", at::ones({2})}};
        const WeightView view(weights, Binding::train());
        QCOMPARE((view / "a" / 0).prefix(), std::string("a.0"));
        QVERIFY((view / "a" / 0).has("weight"));
        QVERIFY(!(view / "a").has("weight"));
        QVERIFY(!(view / "b").find("weight").defined());
    }

    void missingKeyIsNamed() {
        const Weights weights{{"a.weight", at::ones({2})}};
        std::string message;
        QCOMPARE(errorOf([&] { (WeightView(weights, Binding::train()) / "a" / "b").get("bias"); }, &message), "missing-key");
        QVERIFY2(message.find("\"a.b.bias\"") != std::string::npos, message.c_str());
    }

    void wrongShapeNamesKeyAndBothShapes_data() {
        QTest::addColumn<QList<qint64>>("wanted");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("a size") << QList<qint64>{2, 4} << QByteArray("[2, 4]");
        QTest::newRow("fewer dimensions") << QList<qint64>{6} << QByteArray("[6]");
        QTest::newRow("more dimensions") << QList<qint64>{2, 3, 1, 1} << QByteArray("[2, 3, 1, 1]");
        QTest::newRow("any size and a wrong one") << QList<qint64>{-1, 2} << QByteArray("[any, 2]");
    }

    void wrongShapeNamesKeyAndBothShapes() {
        QFETCH(QList<qint64>, wanted);
        QFETCH(QByteArray, text);
        const Weights weights{{"layer.weight", at::ones({2, 3})}};
        const WeightView view(weights, Binding::train(), "layer");
        const std::vector<std::int64_t> shape(wanted.begin(), wanted.end());
        std::string message;
        QCOMPARE(errorOf([&] { view.get("weight", shape); }, &message), "shape");
        for (const auto& part : {std::string("\"layer.weight\""), std::string("[2, 3]"), text.toStdString()})
            QVERIFY2(message.find(part) != std::string::npos, message.c_str());
    }

    void anySizeFits() {
        const Weights weights{{"weight", at::ones({2, 3})}};
        QCOMPARE(WeightView(weights, Binding::train()).get("weight", {-1, 3}).numel(), 6);
    }

    // Training must see the masters themselves, or changes of the optimiser would be lost.
    void trainingBindsTheMasters() {
        const Weights weights{{"weight", at::ones({2, 3})}};
        QVERIFY(WeightView(weights, Binding::train()).get("weight").is_same(weights.at("weight")));
    }

    void inferenceCastsAndKeepsExactOnes() {
        const Weights weights{{"weight", at::randn({4, 3, 3, 3})}};
        const WeightView view(weights, Binding::forInference(at::kBFloat16));
        QVERIFY(view.get("weight").scalar_type() == at::kBFloat16);
        QVERIFY(view.get("weight").is_contiguous(at::MemoryFormat::ChannelsLast));
        QVERIFY(at::equal(view.exact("weight"), weights.at("weight")));
        QVERIFY(weights.at("weight").scalar_type() == at::kFloat);
    }

    void inferenceRefusesGradientMode() {
        const c10::AutoGradMode on(true);
        QCOMPARE(errorOf([] { Binding::forInference(at::kFloat); }), "wrong-use");
    }

    void subsetCutsThePrefix() {
        const Weights weights{{"a", at::ones({1})}, {"a.x", at::ones({2})}, {"a.y", at::ones({3})}, {"b.x", at::ones({4})}};
        const auto part = subset(weights, "a.");
        QCOMPARE(part.size(), std::size_t(2));
        QCOMPARE(part.at("y").numel(), 3);
        QCOMPARE(parameterCount(weights), 10);
        QCOMPARE(subset(weights, "z.").size(), std::size_t(0));
    }

    void nonFiniteTensorIsNamed_data() {
        QTest::addColumn<double>("value");
        QTest::newRow("nan") << std::nan("");
        QTest::newRow("infinity") << HUGE_VAL;
        QTest::newRow("minus infinity") << -HUGE_VAL;
    }

    void nonFiniteTensorIsNamed() {
        QFETCH(double, value);
        Weights weights{{"good", at::ones({8})}, {"ids", at::ones({2}, at::kLong)}, {"out.2.weight", at::ones({8})}};
        requireFinite(weights, "m");
        weights["out.2.weight"][5] = value;
        std::string message;
        QCOMPARE(errorOf([&] { requireFinite(weights, "m"); }, &message), "nan");
        QVERIFY2(message.find("\"out.2.weight\"") != std::string::npos, message.c_str());
    }

    // Sums that overflow are not a reason to refuse finite weights.
    // A storage of a few megabytes under many names costs as much as under one.
    void manyNamesOfOneStorageAreLookedThroughOnce() {
        const auto one = at::ones({2 << 20});
        Weights many;
        for (int i = 0; i < 5000; ++i) many["w" + std::to_string(i)] = one;
        QElapsedTimer clock;
        clock.start();
        requireFinite(many, "m");
        QVERIFY2(clock.elapsed() < 1000, qPrintable(QString::number(clock.elapsed()))); // 40 GB would take ten times as long
        one[12345] = NAN;
        QCOMPARE(errorOf([&] { requireFinite(many, "m"); }), "nan");
    }

    void hugeFiniteWeightsPass() { requireFinite({{"w", at::full({4}, 3e38f)}, {"h", at::full({4}, 65504.0, at::kHalf)}}, "m"); }

    // Values worked out from the definition with integers of arbitrary size: FNV-1a of salt + name, splitmix64, scale by the fan-in.
    void formulaWeightFollowsTheDefinition() {
        const auto w = formulaWeight("s", "a.weight", {2, 3}).flatten();
        std::uint64_t h = 0xcbf29ce484222325ull;
        for (const char c : std::string("sa.weight")) h = (h ^ std::uint64_t(c)) * 0x100000001b3ull;
        for (std::int64_t i = 0; i < 6; ++i) {
            std::uint64_t z = h + std::uint64_t(i + 1) * 0x9e3779b97f4a7c15ull;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
            z ^= z >> 31;
            const double v = 2 * (double(z >> 11) * std::pow(2.0, -53)) - 1;
            QCOMPARE(w[i].item<float>(), float(std::sqrt(3.0 / 3.0) * v));
        }
    }

    void formulaWeightKnowsItsKinds() {
        const auto inside = [](const at::Tensor& t, double base, double scale) {
            return (t - base).abs().max().item<double>() <= scale * 1.000001;
        };
        QVERIFY(inside(formulaWeight("", "n.running_var", {512}), 1, 0.1));
        QVERIFY(inside(formulaWeight("", "n.running_mean", {512}), 0, 0.1));
        QVERIFY(inside(formulaWeight("", "n.weight", {512}), 1, 0.1));
        QVERIFY(inside(formulaWeight("", "n.bias", {512}), 0, 0.02));
        QVERIFY(inside(formulaWeight("", "e.weight", {64, 12}, 0.5), 0, 0.25));
        QVERIFY(std::abs(formulaInput("", "input:x", {4096}).square().mean().item<double>() - 1) < 0.05);
        QVERIFY(!at::equal(formulaWeight("a", "w", {8}), formulaWeight("b", "w", {8})));
    }
};

PHLOXINE_TEST(tensor_weights, TestWeights, NoApplication)
#include "test_weights.moc"
