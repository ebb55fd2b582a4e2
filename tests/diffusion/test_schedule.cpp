// Noise schedules and the levels that samplers walk through.
#include <cmath>

#include <QtTest>

#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/spacings.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

NoiseSchedule stable() { return scheduleFromBetas(compvisBetas("linear", 1000, 0.00085, 0.012)); }

void requirePreserving(const std::vector<Level>& levels) {
    for (const auto& l : levels) QVERIFY(std::abs(l.alpha * l.alpha + l.sigma * l.sigma - 1) < 1e-12);
}
void requireFalling(const std::vector<Level>& levels) {
    for (std::size_t i = 1; i < levels.size(); ++i) QVERIFY(levels[i].sigma / levels[i].alpha < levels[i - 1].sigma / levels[i - 1].alpha);
}

} // namespace

class TestSchedule : public QObject {
    Q_OBJECT

private slots:
    void betas_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<double>("first");
        QTest::addColumn<double>("last");
        QTest::newRow("linear") << QByteArray("linear") << 0.00085 << 0.012;
        QTest::newRow("sqrt_linear") << QByteArray("sqrt_linear") << 0.00085 << 0.012;
        QTest::newRow("sqrt") << QByteArray("sqrt") << std::sqrt(0.00085) << std::sqrt(0.012);
        QTest::newRow("cosine") << QByteArray("cosine") << 4.128422482e-05 << 0.999;
    }

    void betas() {
        QFETCH(QByteArray, name);
        QFETCH(double, first);
        QFETCH(double, last);
        const auto betas = compvisBetas(name.toStdString(), 1000, 0.00085, 0.012);
        QCOMPARE(betas.size(), std::size_t(1000));
        QVERIFY(std::abs(betas.front() - first) < 1e-9);
        QVERIFY(std::abs(betas.back() - last) < 1e-9);
        const auto schedule = scheduleFromBetas(betas);
        for (std::size_t t = 1; t < 1000; ++t)
            QVERIFY(schedule.alphasCumprod[t] < schedule.alphasCumprod[t - 1] && schedule.alphasCumprod[t] > 0);
    }

    void unknownNamesAreSaid() {
        QCOMPARE(errorOf([] { compvisBetas("quadratic", 1000, 0.1, 0.2); }), "unsupported");
        QCOMPARE(errorOf([] { compvisTimes("random", 10, 1000); }), "unsupported");
    }

    void exactSpacingHasExactlyTheSteps() {
        for (int steps = 1; steps <= 250; ++steps) {
            const auto times = compvisTimes("exact", steps, 1000);
            QCOMPARE(times.size(), std::size_t(steps));
            for (std::size_t i = 0; i < times.size(); ++i) QVERIFY(times[i] >= 0 && times[i] < 1000 && (i == 0 || times[i] > times[i - 1]));
            const auto levels = ddimLevels(stable(), steps);
            QCOMPARE(levels.size(), std::size_t(steps) + 1);
            for (const auto& l : levels) QVERIFY(l.t >= 0 && l.t < 1000);
        }
        QCOMPARE(compvisTimes("exact", 1000, 1000).size(), std::size_t(1000));
        for (const int steps : {501, 750, 1000}) { // the last one is visited once
            const auto levels = ddimLevels(stable(), steps);
            QCOMPARE(levels.size(), std::size_t(steps));
            for (std::size_t i = 1; i < levels.size(); ++i) QVERIFY(levels[i].t < levels[i - 1].t);
        }
    }

    // From pure noise the first step must be at noise, with as few steps as there may be.
    void samplersBeginAtNoise() {
        for (const auto& row : samplers()) {
            if (!fits(row, Prediction::Eps)) continue;
            for (const int steps : {1, 2, 3, 7, 9, 10, 25, 350, 501, 999}) {
                const auto plan = planFor(stable(), Prediction::Eps, {.sampler = row.id, .steps = steps});
                QVERIFY2(plan.levels.front().t >= 890, qPrintable(QStringLiteral("%1, %2 steps").arg(row.id).arg(steps)));
            }
        }
    }

    // Upstream's rule makes eight steps of seven, and runs out of the schedule for others. We say so where it would read beyond the table.
    void upstreamSpacingIsKept() {
        QCOMPARE(compvisTimes("uniform", 7, 1000).size(), std::size_t(8));
        QCOMPARE(compvisTimes("uniform", 50, 1000), (ddimTimesOfFifty()));
        int refused = 0;
        for (int steps = 1; steps <= 1000; ++steps) {
            const auto code = errorOf([&] { ddimLevels(stable(), steps, "uniform"); });
            QVERIFY(code.isEmpty() || code == "wrong-use");
            refused += !code.isEmpty();
        }
        QVERIFY(refused > 0 && refused < 1000);
    }

    void impossibleNumbersOfSteps_data() {
        QTest::addColumn<int>("steps");
        for (const int n : {0, -1, 1001, INT_MAX, INT_MIN}) QTest::addRow("%d", n) << n;
    }
    void impossibleNumbersOfSteps() {
        QFETCH(int, steps);
        QCOMPARE(errorOf([&] { ddimLevels(stable(), steps); }), "wrong-use");
        if (steps < 1) QCOMPARE(errorOf([&] { karrasLevels(stable(), steps); }), "wrong-use");
    }

    void karrasLevelsFallToZero() {
        for (int steps : {1, 2, 3, 20, 250}) {
            const auto levels = karrasLevels(stable(), steps);
            QCOMPARE(levels.size(), std::size_t(steps) + 1);
            requirePreserving(levels);
            requireFalling(levels);
            QCOMPARE(levels.back().sigma, 0.0);
            for (const auto& l : levels) QVERIFY(l.t >= 0 && l.t <= 999);
        }
    }

    // Karras et al. 2022, eq. 5, worked out for three values.
    void karrasSigmasFollowTheFormula() {
        const auto s = karrasSigmas(3, 0.1, 10);
        QCOMPARE(s.size(), std::size_t(4));
        QVERIFY(std::abs(s[0] - 10) < 1e-9 && std::abs(s[2] - 0.1) < 1e-9 && s[3] == 0);
        QVERIFY(std::abs(s[1] - std::pow((std::pow(10, 1 / 7.) + std::pow(0.1, 1 / 7.)) / 2, 7)) < 1e-9);
    }

    // A schedule that ends in pure noise has no finite ratio at its end.
    void zeroSignalAtTheEndIsFine() {
        auto schedule = stable();
        schedule.alphasCumprod.back() = 0;
        for (const auto& l : karrasLevels(schedule, 20)) QVERIFY(std::isfinite(l.alpha) && std::isfinite(l.sigma) && std::isfinite(l.t));
        for (const auto& l : ddimLevels(schedule, 20)) QVERIFY(std::isfinite(l.alpha) && std::isfinite(l.sigma));
    }

    void timeIsTheInverseOfTheRatio() {
        const auto schedule = stable();
        for (int t = 0; t < 1000; t += 37) QVERIFY(std::abs(schedule.timeOf(schedule.noiseRatio(t)) - t) < 1e-6);
        const double between = schedule.timeOf(std::sqrt(schedule.noiseRatio(100) * schedule.noiseRatio(101)));
        QVERIFY(std::abs(between - 100.5) < 1e-6);
        QCOMPARE(schedule.timeOf(1e-9), 0.0);
        QCOMPARE(schedule.timeOf(1e9), 999.0);
    }

    // Every row of the table: the steps that were asked for, falling, in the scale of the model.
    void spacingsGiveTheirSteps_data() {
        QTest::addColumn<QByteArray>("id");
        for (const auto& row : spacings()) QTest::newRow(row.id) << QByteArray(row.id);
    }
    void spacingsGiveTheirSteps() {
        QFETCH(QByteArray, id);
        const auto& row = findSpacing(id.toStdString());
        for (const int steps : {1, 2, 3, 7, 20, 61, 250}) { // with 61, numpy.arange would give one more
            const auto levels = row.levels(stable(), steps);
            QCOMPARE(levels.size(), std::size_t(steps) + 1);
            requirePreserving(levels);
            if (id != "leading" || steps > 1) requireFalling(levels); // one leading step begins at t = 0
            for (const auto& l : levels) QVERIFY(l.t >= 0 && l.t <= 999);
        }
        for (const int steps : {0, -1, 1001, INT_MAX}) QCOMPARE(errorOf([&] { row.levels(stable(), steps); }), "wrong-use");
    }

    void flowLevelsAreShifted() {
        const auto even = flowLevels(4), shifted = flowLevels(4, 3);
        QCOMPARE(even.front().sigma, 1.0);
        QCOMPARE(even[1].sigma, 0.75);
        QCOMPARE(even.back().sigma, 0.0);
        QVERIFY(std::abs(shifted[1].sigma - 3 * 0.75 / (1 + 2 * 0.75)) < 1e-12);
        for (const auto& l : shifted) QVERIFY(std::abs(l.alpha + l.sigma - 1) < 1e-12 && std::abs(l.t - 1000 * l.sigma) < 1e-9);
        QCOMPARE(errorOf([] { flowLevels(0); }), "wrong-use");
    }

    // k-diffusion's spacings share their ends, and even times are those of the table.
    void sigmaSpacings() {
        for (const auto& s : {karrasSigmas(9, 0.03, 80), exponentialSigmas(9, 0.03, 80), polyexponentialSigmas(9, 0.03, 80, 1.5)}) {
            QCOMPARE(s.size(), std::size_t(10));
            QVERIFY(std::abs(s[0] - 80) < 1e-9 && std::abs(s[8] - 0.03) < 1e-9 && s[9] == 0);
        }
        QVERIFY(std::abs(exponentialSigmas(3, 0.01, 100)[1] - 1) < 1e-12);
        const auto uniform = uniformSigmas(stable(), 4);
        for (int i = 0; i < 4; ++i) QVERIFY(std::abs(stable().timeOf(uniform[std::size_t(i)]) - (999 - 333 * i)) < 1e-6);
    }

private:
    static std::vector<int> ddimTimesOfFifty() {
        std::vector<int> times;
        for (int k = 0; k < 50; ++k) times.push_back(1 + 20 * k);
        return times;
    }
};

PHLOXINE_TEST(diffusion_schedule, TestSchedule, NoApplication)
#include "test_schedule.moc"
