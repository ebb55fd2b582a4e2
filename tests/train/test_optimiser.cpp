// AdamW, clipping and means of the weights against numbers of torch.optim.AdamW (2.11) on a linear regression, and the ways to fail.
#include <QTemporaryDir>
#include <QtTest>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/tensor/devices.h"
#include "core/tensor/noise.h"
#include "core/train/optimiser.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

at::Tensor values(std::vector<float> v) { return at::tensor(v); }

void near(const at::Tensor& a, const at::Tensor& b, double limit = 2e-6) {
    QCOMPARE(a.sizes(), b.sizes());
    const double error = (a - b).abs().max().item<double>();
    QVERIFY2(error <= limit, qPrintable(QString::number(error)));
}

Weights randomMasters(std::uint64_t seed) {
    PhiloxNoise draws(seed);
    Weights masters{{"a", draws.draw({300, 301})}, {"b", draws.draw({7})}, {"c", draws.draw({65, 3, 3, 3})}};
    for (auto& [key, tensor] : masters) tensor.requires_grad_(true);
    return masters;
}

void giveGradients(const Weights& masters, std::uint64_t seed) {
    PhiloxNoise draws(seed);
    for (const auto& [key, tensor] : masters) const_cast<at::Tensor&>(tensor).mutable_grad() = draws.draw(tensor.sizes());
}

bool equal(const Weights& a, const Weights& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& row) { return at::equal(row.second, b.at(row.first)); });
}

} // namespace

class OptimiserTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { initDevices("cpu"); }

    void goldenNumbers() {
        const Weights masters{{"w", values({0.5f, -1, 2, 0.25f, 3, -0.75f}).view({2, 3}).requires_grad_(true)},
                              {"b", values({0.1f, -0.2f}).requires_grad_(true)}};
        const auto x = values({1, 2, -1, 0.5f, -0.5f, 1.5f}).view({2, 3}), y = values({1, 0, -2, 1}).view({2, 2});
        OptimiserSettings settings;
        settings.weightDecay = 0.1, settings.clipNorm = 1.5, settings.emaDecays = {0.3, 0.9999};
        Optimiser optimiser(masters, settings);
        const double losses[] = {28.378128, 28.013971, 27.294222, 26.236256}, norms[] = {13.607644, 13.514625, 13.328888, 13.051144};
        for (int i = 0; i < 4; ++i) {
            const c10::AutoGradMode on(true);
            const auto loss = (at::linear(x, masters.at("w"), masters.at("b")) - y).square().mean();
            loss.backward();
            QVERIFY(std::abs(loss.item<double>() - losses[i]) < 1e-4);
            QVERIFY(std::abs(optimiser.step(0.01 * (i + 1)) - norms[i]) < 1e-4);
            QVERIFY(!masters.at("w").grad().defined());
        }
        near(masters.at("w").detach().flatten(), values({0.59457958f, -0.89038593f, 1.880406f, 0.14791355f, 2.870465f, -0.64285851f}));
        near(masters.at("b").detach(), values({-0.00011831522f, -0.29986259f}));
        near(optimiser.mean(0).at("w").flatten(), values({0.58024627f, -0.9070071f, 1.8985419f, 0.16338825f, 2.8901062f, -0.65910649f}));
        near(optimiser.mean(1).at("w").flatten(), values({0.57742393f, -0.91027993f, 1.902113f, 0.16643536f, 2.8939736f, -0.66230577f}));
        near(optimiser.mean(1).at("b"), values({0.018097639f, -0.28172112f}));
    }

    void rates() {
        const RateSettings compvis{1e-3, 1e-6, 3, 0, 1};
        QVERIFY(std::abs(rateAt(compvis, 0) - 1e-9) < 1e-15);
        QVERIFY(std::abs(rateAt(compvis, 1) - 3.33334e-4) < 1e-9);
        QCOMPARE(rateAt(compvis, 3), 1e-3);
        QCOMPARE(rateAt(compvis, 1000000), 1e-3);
        const RateSettings cosine{2, 0, 10, 100, 0.5};
        QCOMPARE(rateAt(cosine, 49), 2.0);
        QVERIFY(std::abs(rateAt(cosine, 75) - 1) < 1e-9);
        QVERIFY(rateAt(cosine, 99) > 0 && rateAt(cosine, 99) < 0.01);
        QCOMPARE(rateAt(cosine, 500), 0.0);
    }

    void sameBitsAtAnyThreadCount() {
        OptimiserSettings settings;
        settings.emaDecays = {0.9};
        Weights results[2];
        for (const int threads : {1, 2}) {
            at::set_num_threads(threads);
            const auto masters = randomMasters(5);
            Optimiser optimiser(masters, settings);
            for (int i = 0; i < 3; ++i) giveGradients(masters, 10 + std::uint64_t(i)), optimiser.step(1e-2);
            results[threads - 1] = optimiser.state();
            for (const auto& [key, tensor] : masters) results[threads - 1]["w." + key] = tensor.detach();
        }
        QVERIFY(equal(results[0], results[1]));
    }

    void goesOnFromItsState() {
        OptimiserSettings settings;
        settings.emaDecays = {0.9, 0.99};
        const auto whole = randomMasters(5), broken = randomMasters(5);
        Optimiser first(whole, settings);
        Weights saved;
        for (int i = 0; i < 4; ++i) {
            if (i == 2) {
                for (const auto& [key, tensor] : first.state()) saved[key] = tensor.clone();
                const c10::AutoGradMode off(false);
                for (const auto& [key, tensor] : whole) const_cast<at::Tensor&>(broken.at(key)).copy_(tensor);
            }
            giveGradients(whole, 20 + std::uint64_t(i)), first.step(1e-2);
        }
        Optimiser second(broken, settings);
        second.restore(saved);
        QCOMPARE(second.steps(), std::int64_t(2));
        for (int i = 2; i < 4; ++i) giveGradients(broken, 20 + std::uint64_t(i)), second.step(1e-2);
        QVERIFY(equal(first.state(), second.state()));
        for (const auto& [key, tensor] : whole) QVERIFY(at::equal(tensor, broken.at(key)));

        auto lacking = saved;
        lacking.erase("second.b");
        QCOMPARE(errorOf([&] { second.restore(lacking); }), "missing-key");
        auto other = saved;
        other["mean1.a"] = at::zeros({2});
        QCOMPARE(errorOf([&] { second.restore(other); }), "shape");
        QVERIFY(equal(first.state(), second.state())); // nothing was taken over
    }

    // Few steps, or steps that are no multiple of eight, are in the mean too; and a run that goes on has the same.
    void meansOnFileTakeInTheLastSteps() {
        QTemporaryDir dir;
        OptimiserSettings inMemory, onFile;
        inMemory.emaDecays = onFile.emaDecays = {0.9};
        onFile.meansFolder = dir.path().toStdString();
        for (const int steps : {1, 7, 8, 13}) {
            const auto a = randomMasters(5), b = randomMasters(5), start = randomMasters(5);
            Optimiser first(a, inMemory), second(b, onFile);
            for (int i = 0; i < steps; ++i) {
                giveGradients(a, 20 + std::uint64_t(i)), giveGradients(b, 20 + std::uint64_t(i));
                first.step(1e-2), second.step(1e-2);
            }
            Weights saved;
            for (const auto& [key, tensor] : second.state()) saved[key] = tensor.clone();
            second.settleMeans();
            const auto difference = [](const at::Tensor& x, const at::Tensor& y) { return (x.cpu() - y.cpu()).norm().item<double>(); };
            const double moved = difference(first.mean(0).at("a"), start.at("a").detach());
            const double apart = difference(first.mean(0).at("a"), second.mean(0).at("a"));
            QVERIFY2(moved > 0 && apart < 0.4 * moved, qPrintable(QStringLiteral("%1 steps: %2 of %3").arg(steps).arg(apart).arg(moved)));
            const auto c = randomMasters(5);
            Optimiser third(c, onFile);
            const c10::AutoGradMode off(false);
            for (const auto& [key, tensor] : b) const_cast<at::Tensor&>(c.at(key)).copy_(tensor);
            third.restore(saved);
            third.settleMeans();
            QVERIFY(at::equal(third.mean(0).at("a"), second.mean(0).at("a")));
        }
    }

    void whatIsNotANumberChangesNothing() {
        const auto masters = randomMasters(5), before = randomMasters(5);
        Optimiser optimiser(masters, {});
        giveGradients(masters, 1);
        const_cast<at::Tensor&>(masters.at("b")).mutable_grad()[3] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(!std::isfinite(optimiser.step(1e-2)));
        QCOMPARE(optimiser.steps(), std::int64_t(0));
        for (const auto& [key, tensor] : masters) QVERIFY(at::equal(tensor, before.at(key)));
    }

    void aWeightWithoutGradientStillDecays() {
        const Weights masters{{"w", at::ones({3, 5000}).requires_grad_(true)}};
        OptimiserSettings settings;
        settings.weightDecay = 0.5, settings.emaDecays = {0.9};
        Optimiser optimiser(masters, settings);
        QCOMPARE(optimiser.step(0.1), 0.0);
        near(masters.at("w").detach(), at::full({3, 5000}, 0.95f), 1e-6);
        QVERIFY(optimiser.mean(0).at("w").lt(1).all().item<bool>());
    }

    void refusesWhatItCannotChange() {
        QCOMPARE(errorOf([] { Optimiser({{"w", at::zeros({3}, at::kHalf)}}, {}); }), "internal");
        QCOMPARE(errorOf([] { Optimiser({{"w", at::zeros({3, 4}).t()}}, {}); }), "internal");
    }
};

PHLOXINE_TEST(train_optimiser, OptimiserTest, QCoreApplication)
#include "test_optimiser.moc"
