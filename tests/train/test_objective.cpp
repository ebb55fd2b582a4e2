// Targets and weights of the objectives against their closed forms, and gradients through a small network against differences.
#include <QtTest>

#include <c10/core/GradMode.h>

#include "core/nn/unet.h"
#include "core/tensor/devices.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/noise.h"
#include "core/train/objective.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

const NoiseSchedule schedule{{0.9, 0.5, 0.1}};

void within(const at::Tensor& a, const at::Tensor& b, double limit) {
    const double error = (a - b).abs().max().item<double>();
    QVERIFY2(error <= limit, qPrintable(QString::number(error)));
}

at::Tensor pair(double a, double b) { return at::tensor(std::vector<float>{float(a), float(b)}).view({1, 2, 1, 1}); }

} // namespace

class ObjectiveTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { initDevices("cpu"); }

    void noisesAsWritten() { // numbers by hand: alpha = sqrt(0.9), sigma = sqrt(0.1)
        const auto x0 = pair(0.3, -0.7), noise = pair(1.1, 0.4);
        const auto level = trainingLevel(schedule, Prediction::V, 0.1);
        QCOMPARE(level.t, 0.0);
        const auto v = noisyBatch(Prediction::V, x0, noise, {level});
        within(v.x, pair(0.6324556, -0.5375872), 1e-6);
        within(v.target, pair(0.9486833, 0.6008328), 1e-6);
        within(noisyBatch(Prediction::Eps, x0, noise, {level}).target, noise, 0);
        within(noisyBatch(Prediction::X0, x0, noise, {level}).target, x0, 0);
        const auto flow = noisyBatch(Prediction::Flow, x0, noise, {trainingLevel({}, Prediction::Flow, 0.25)});
        within(flow.x, pair(0.75 * 0.3 + 0.25 * 1.1, 0.75 * -0.7 + 0.25 * 0.4), 1e-6);
        within(flow.target, pair(0.8, 1.1), 1e-6);
        within(flow.t, at::full({1}, 250.0), 1e-4);
    }

    void whatIsLearntIsWhatSamplersRead() { // a perfect prediction gives the latent back
        PhiloxNoise draws(3);
        const auto x0 = draws.draw({6, 4, 2, 2}), noise = draws.draw({6, 4, 2, 2});
        for (const auto prediction : {Prediction::Eps, Prediction::V, Prediction::X0, Prediction::Flow})
            for (const double u : {0.0, 0.34, 0.99}) {
                const auto level = trainingLevel(schedule, prediction, u);
                const auto batch = noisyBatch(prediction, x0, noise, std::vector<Level>(6, level));
                const auto back = fromPrediction(prediction, batch.x, batch.target, level);
                within(back.x0, x0, 2e-5);
                within(back.eps, noise, u == 0 && prediction == Prediction::Flow ? 10 : 2e-5);
            }
    }

    void everyStepIsDrawnAlike() {
        QCOMPARE(trainingLevel(schedule, Prediction::V, 0).t, 0.0);
        QCOMPARE(trainingLevel(schedule, Prediction::V, 0.3334).t, 1.0);
        QCOMPARE(trainingLevel(schedule, Prediction::V, 0.999999).t, 2.0);
        QCOMPARE(trainingLevel(schedule, Prediction::V, 1).t, 2.0); // never past the end
    }

    void minSnrAsPublished() { // SNR 9, 1 and 1/9
        const auto weight = [](Prediction p, int t) { return lossWeight({p, LossWeight::MinSnr, 5}, schedule.at(t)); };
        const double eps[] = {5.0 / 9, 1, 1}, v[] = {0.5, 0.5, 0.1}, x0[] = {5, 1, 1.0 / 9};
        for (int t = 0; t < 3; ++t) {
            QVERIFY(std::abs(weight(Prediction::Eps, t) - eps[t]) < 1e-9);
            QVERIFY(std::abs(weight(Prediction::V, t) - v[t]) < 1e-9);
            QVERIFY(std::abs(weight(Prediction::X0, t) - x0[t]) < 1e-9);
            QCOMPARE(lossWeight({Prediction::Eps, LossWeight::One, 5}, schedule.at(t)), 1.0);
        }
        QVERIFY(std::abs(meanLossWeight({Prediction::V, LossWeight::MinSnr, 5}, schedule) - 1.1 / 3) < 1e-9);
    }

    void endsOfTheScheduleStayFinite() {
        for (const auto prediction : {Prediction::Eps, Prediction::V, Prediction::X0, Prediction::Flow})
            for (const Level level : {Level{1, 0, 0}, Level{0, 1, 999}})
                QVERIFY(std::isfinite(lossWeight({prediction, LossWeight::MinSnr, 5}, level)));
        QVERIFY(std::isfinite(meanLossWeight({Prediction::Flow, LossWeight::MinSnr, 5}, {})));
    }

    void lossCountsEachTileOnce() {
        auto output = at::zeros({2, 3, 2, 2}), target = at::zeros({2, 3, 2, 2});
        target[1].fill_(2);
        within(lossPerSample(output, target), at::tensor(std::vector<float>{0, 4}), 0);
    }

    // The derivative of the loss along a direction, by autograd through the bound masters and by differences.
    void gradientsOfASmallNetwork() {
        nn::UNetConfig config;
        config.inChannels = config.outChannels = 2, config.modelChannels = 8, config.resBlocks = 1, config.normGroups = 4;
        config.channelMult = {1, 2}, config.attentionResolutions = {2}, config.heads = 2, config.contextDim = 6;
        Weights masters;
        TensorSource source{masters, [](const std::string& key, at::IntArrayRef shape) { return formulaWeight("g:", key, shape, 1); }};
        auto making = Binding::train();
        making.source = &source;
        nn::UNet(WeightView(masters, making), config);
        PhiloxNoise draws(1);
        const auto batch = noisyBatch(Prediction::V, draws.draw({2, 2, 4, 4}), draws.draw({2, 2, 4, 4}), {schedule.at(0), schedule.at(2)});
        const auto context = draws.draw({2, 3, 6});
        const auto lossOf = [&](const Weights& weights) {
            const nn::UNet network(WeightView(weights, Binding::train()), config);
            return lossPerSample(network(batch.x, batch.t, {context, {}}), batch.target).mean();
        };
        for (auto& [key, tensor] : masters) tensor.requires_grad_(true);
        {
            const c10::AutoGradMode on(true);
            lossOf(masters).backward();
        }
        const c10::AutoGradMode off(false);
        double along = 0;
        Weights up, down;
        const double reach = 1e-3;
        for (const auto& [key, tensor] : masters) {
            QVERIFY2(tensor.grad().defined() && tensor.grad().isfinite().all().item<bool>(), key.c_str());
            const auto direction = draws.draw(tensor.sizes()) * 0.3;
            along += (direction * tensor.grad()).sum().item<double>();
            up[key] = tensor.detach() + reach * direction, down[key] = tensor.detach() - reach * direction;
        }
        const double difference = (lossOf(up).item<double>() - lossOf(down).item<double>()) / (2 * reach);
        QVERIFY2(std::abs(along - difference) < 0.02 * std::abs(along) + 1e-3, qPrintable(QString("%1 %2").arg(along).arg(difference)));
    }
};

PHLOXINE_TEST(train_objective, ObjectiveTest, QCoreApplication)
#include "test_objective.moc"
