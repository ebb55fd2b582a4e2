// Samplers that draw: with enough steps the distribution at the end is that of the data, whatever the noise; and what eta 0 means.
#include <QtTest>

#include "tests/diffusion/problem.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

// x0 ~ N(0.3, 0.25), seen through 16,384 samples: the standard error of the mean is 0.004, that of the variance 0.003.
struct Moments {
    double mean = 0, variance = 0, correlation = 0; // correlation with the starting noise
};

Moments momentsOf(const SamplerInfo& row, double eta, int steps) {
    SamplerChoice choice{.sampler = row.id, .spacing = "linspace", .steps = steps};
    if (!row.parameters.empty() && row.parameters.front().id == "eta") choice.eta = eta;
    auto denoise = Problem().denoiser();
    PhiloxNoise noise(11);
    const auto start = noise.draw({16, 1, 32, 32});
    const auto x = run(planFor(stableSchedule(), Prediction::Eps, choice), denoise, start, noise);
    const double mean = x.mean().item<double>(), variance = x.var(false).item<double>();
    return {mean, variance,
            ((x - mean) * (start - start.mean())).mean().item<double>() / std::sqrt(variance * start.var(false).item<double>())};
}

} // namespace

class TestStochastic : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    // First-order methods are still a little off in the variance at 500 steps.
    void endsAtTheData_data() {
        QTest::addColumn<QByteArray>("id");
        for (const auto& row : samplers())
            if (row.drawsNoise() && std::string(row.id) != "lcm") QTest::newRow(row.id) << QByteArray(row.id);
        QTest::newRow("ddim") << QByteArray("ddim");
    }
    void endsAtTheData() {
        QFETCH(QByteArray, id);
        const auto m = momentsOf(findSampler(id.toStdString()), 1, 500);
        qInfo("%s: mean %.4f, variance %.4f, correlation with the start %.3f", id.constData(), m.mean, m.variance, m.correlation);
        QVERIFY(std::abs(m.mean - 0.3) < 0.015);
        QVERIFY(std::abs(m.variance - 0.25) < 0.02);
        QVERIFY(std::abs(m.correlation) < 0.05); // the start is forgotten
    }

    // Without fresh noise the end is a function of the start.
    void etaZeroRemembersTheStart_data() {
        QTest::addColumn<QByteArray>("id");
        for (const auto& row : samplers())
            if (!row.parameters.empty() && row.parameters.front().id == "eta" && std::string(row.id) != "dpmpp_sde")
                QTest::newRow(row.id) << QByteArray(row.id);
    }
    void etaZeroRemembersTheStart() {
        QFETCH(QByteArray, id);
        const auto m = momentsOf(findSampler(id.toStdString()), 0, 100);
        QVERIFY(std::abs(m.variance - 0.25) < 0.03);
        QVERIFY(m.correlation > 0.999);
    }

    // One step of LCM is the network's x0; the mean holds, and the spread grows towards the data with more steps.
    void lcmKeepsTheMean() {
        const auto one = momentsOf(findSampler("lcm"), 0, 1), eight = momentsOf(findSampler("lcm"), 0, 8);
        QVERIFY(std::abs(one.mean - 0.3) < 0.02 && std::abs(eight.mean - 0.3) < 0.02);
        QVERIFY(one.variance < eight.variance && eight.variance < 0.25);
    }
};

PHLOXINE_TEST(diffusion_stochastic, TestStochastic, NoApplication)
#include "test_stochastic.moc"
