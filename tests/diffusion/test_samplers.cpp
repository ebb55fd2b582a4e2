// Every sampler of the table on a denoiser whose answer is known: what it ends at, whom it tells, when it stops.
#include <QtTest>

#include "core/base/Error.h"
#include "tests/diffusion/problem.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

class NanDenoiser final : public Denoiser { // answers well until a call
public:
    explicit NanDenoiser(int badCall) : m_left(badCall) {}
    Denoised operator()(const at::Tensor& x, const Level&) override {
        const double value = m_left-- == 0 ? std::nan("") : 0.1;
        const auto answer = 0 * x + value; // what came in stays bad
        return {answer, answer};
    }

private:
    int m_left;
};

class CountingNoise final : public NoiseSource {
public:
    int draws = 0;
    at::Tensor draw(at::IntArrayRef shape) override { return ++draws, at::zeros(shape); }
};

Prediction predictionOf(const SamplerInfo& row) { return *row.spacing ? Prediction::Eps : Prediction::Flow; }

GaussianDenoiser ownDenoiser(const QByteArray& id) { return Problem().denoiser(predictionOf(findSampler(id.toStdString()))); }

SamplingPlan ownPlan(const QByteArray& id, int steps) {
    const auto& row = findSampler(id.toStdString());
    return planFor(stableSchedule(), predictionOf(row), {.sampler = row.id, .steps = steps});
}

} // namespace

class TestSamplers : public QObject {
    Q_OBJECT

    void forAll() {
        QTest::addColumn<QByteArray>("id");
        for (const auto& row : samplers()) QTest::newRow(row.id) << QByteArray(row.id);
    }

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    // Down to the last level, in the sampler's own spacing: the mean and the variance of the data, also with fresh noise. LCM and ancestral
    // methods are looser by nature; "exact" spacing keeps the noise of t = 0.
    void ownPlanEndsAtTheData_data() { forAll(); }
    void ownPlanEndsAtTheData() {
        QFETCH(QByteArray, id);
        auto denoise = ownDenoiser(id);
        PhiloxNoise noise(1);
        const auto x = run(ownPlan(id, 100), denoise, PhiloxNoise(5).draw({64, 1, 16, 16}), noise);
        const double mean = x.mean().item<double>(), variance = x.var(false).item<double>();
        qInfo("%s: mean %.4f, variance %.4f", id.constData(), mean, variance);
        QVERIFY(std::abs(mean - 0.3) < 0.03);
        QVERIFY(std::abs(variance - 0.25) < (id == "lcm" ? 0.25 : 0.03));
    }

    void oneStepIsEnoughToRun_data() { forAll(); }
    void oneStepIsEnoughToRun() {
        QFETCH(QByteArray, id);
        auto denoise = ownDenoiser(id);
        PhiloxNoise noise(1);
        for (const int steps : {1, 2, 3})
            QVERIFY(at::isfinite(run(ownPlan(id, steps), denoise, PhiloxNoise(5).draw({1, 1, 2, 2}), noise)).all().item<bool>());
    }

    // A schedule that ends in pure noise: no finite ratio there.
    void pureNoiseIsAPlaceToStart_data() {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<QByteArray>("spacing");
        for (const auto& row : samplers())
            for (const auto& spacing : spacings())
                if (*row.spacing) QTest::addRow("%s %s", row.id, spacing.id) << QByteArray(row.id) << QByteArray(spacing.id);
    }
    void pureNoiseIsAPlaceToStart() {
        QFETCH(QByteArray, id);
        QFETCH(QByteArray, spacing);
        auto schedule = stableSchedule();
        schedule.alphasCumprod.back() = 0;
        GaussianDenoiser denoise(Problem().mean, Problem().variance, Prediction::V);
        PhiloxNoise noise(1);
        const auto plan = planFor(schedule, Prediction::V, {.sampler = id.toStdString(), .spacing = spacing.toStdString(), .steps = 20});
        const auto x = run(plan, denoise, PhiloxNoise(5).draw({16, 1, 8, 8}), noise);
        QVERIFY(std::abs(x.mean().item<double>() - 0.3) < 0.2);
    }

    void hookSeesEveryStep_data() { forAll(); }
    void hookSeesEveryStep() {
        QFETCH(QByteArray, id);
        auto denoise = Problem().denoiser();
        CountingNoise noise;
        std::vector<int> seen;
        bool first = true;
        run(planOn(id.toStdString(), smoothLevels(5)), denoise, at::ones({1, 1, 2, 2}), noise, [&](const SamplerStep& s) {
            QCOMPARE(s.count, 5);
            QCOMPARE(s.x0.defined(), !first);
            first = false;
            seen.push_back(s.index);
        });
        QCOMPARE(seen, (std::vector<int>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(noise.draws > 0, findSampler(id.toStdString()).drawsNoise());
    }

    void callsPerStep_data() { forAll(); }
    void callsPerStep() {
        QFETCH(QByteArray, id);
        const auto calls = int(networkCalls(ownPlan(id, 10)).size()), each = findSampler(id.toStdString()).callsPerStep;
        QVERIFY2(calls >= 10 * each - 1 && calls <= 10 * each + 1, std::to_string(calls).c_str()); // the last, or the first, step differs
    }

    void cancelledPassesThrough_data() { forAll(); }
    void cancelledPassesThrough() {
        QFETCH(QByteArray, id);
        auto denoise = Problem().denoiser();
        PhiloxNoise noise(1);
        int steps = 0;
        const auto code = errorOf([&] {
            run(planOn(id.toStdString(), smoothLevels(5)), denoise, at::ones({1, 1, 2, 2}), noise, [&](const SamplerStep& s) {
                ++steps;
                if (s.index == 2) throw Cancelled();
            });
        });
        QCOMPARE(code, "cancelled");
        QCOMPARE(steps, 3);
    }

    void notANumberNamesTheStep_data() { forAll(); }
    void notANumberNamesTheStep() {
        QFETCH(QByteArray, id);
        PhiloxNoise noise(1);
        const auto plan = planOn(id.toStdString(), smoothLevels(4));
        std::string message;
        NanDenoiser firstCall(0), later(3), never(-1);
        QCOMPARE(errorOf([&] { run(plan, firstCall, at::ones({1, 1, 2, 2}), noise); }, &message), "nan");
        QVERIFY2(message.find("step 1 of 4") != std::string::npos, message.c_str());
        QCOMPARE(errorOf([&] { run(plan, later, at::ones({1, 1, 2, 2}), noise); }, &message), "nan");
        QVERIFY2(message.find("step 1 of 4") == std::string::npos, message.c_str());
        QCOMPARE(errorOf([&] { run(plan, never, at::full({1, 1, 2, 2}, std::nan("")), noise); }, &message), "nan");
        QVERIFY2(message.find("before the first step") != std::string::npos, message.c_str());
    }

    void unknownNamesNameTheKnownOnes() {
        std::string message;
        QCOMPARE(errorOf([] { findSampler("plsm"); }, &message), "wrong-use");
        for (const auto& row : samplers()) QVERIFY2(message.find(row.id) != std::string::npos, message.c_str());
        QCOMPARE(errorOf([] { findSpacing("lineal"); }, &message), "wrong-use");
        for (const auto& row : spacings()) QVERIFY2(message.find(row.id) != std::string::npos, message.c_str());
    }

    void rowsAreComplete() {
        for (const auto& row : samplers()) {
            QVERIFY(row.sample && *row.title);
            if (*row.spacing) findSpacing(row.spacing);
            for (const auto& p : row.parameters)
                QVERIFY(p.minimum <= p.defaultValue && p.defaultValue <= p.maximum && p.minimum < p.maximum);
        }
    }

    void impossibleChoices_data() {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<QByteArray>("spacing");
        QTest::addColumn<int>("steps");
        QTest::addColumn<double>("eta");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("no steps") << QByteArray("euler") << QByteArray() << 0 << -1.0 << QByteArray("between 1 and 1000");
        QTest::newRow("negative steps") << QByteArray("ddim") << QByteArray() << -5 << -1.0 << QByteArray("between 1 and 1000");
        QTest::newRow("steps beyond T") << QByteArray("ddpm") << QByteArray() << 1001 << -1.0 << QByteArray("between 1 and 1000");
        QTest::newRow("too many for Karras") << QByteArray("heun") << QByteArray() << INT_MAX << -1.0 << QByteArray("between 1 and 1000");
        QTest::newRow("eta above 1") << QByteArray("ddim") << QByteArray() << 10 << 1.5 << QByteArray("eta");
        QTest::newRow("eta not a number") << QByteArray("ddim") << QByteArray() << 10 << std::nan("") << QByteArray("eta");
        QTest::newRow("eta where there is none") << QByteArray("unipc") << QByteArray() << 10 << 0.5 << QByteArray("no parameter");
        QTest::newRow("unknown spacing") << QByteArray("ddim") << QByteArray("karas") << 10 << -1.0 << QByteArray("karras");
        QTest::newRow("flow on a model of eps") << QByteArray("flow_euler") << QByteArray() << 10 << -1.0 << QByteArray("flow matching");
    }
    void impossibleChoices() {
        QFETCH(QByteArray, id);
        QFETCH(QByteArray, spacing);
        QFETCH(int, steps);
        QFETCH(double, eta);
        QFETCH(QByteArray, says);
        SamplerChoice choice{.sampler = id.toStdString(), .spacing = spacing.toStdString(), .steps = steps};
        if (eta != -1) choice.eta = eta;
        std::string message;
        QCOMPARE(errorOf([&] { planFor(stableSchedule(), Prediction::Eps, choice); }, &message), "wrong-use");
        QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
        QCOMPARE(std::count(message.begin(), message.end(), '\n'), 0);
    }

    void flowModelsTakeFlow() {
        std::string message;
        QCOMPARE(errorOf([] { planFor(stableSchedule(), Prediction::Flow, {.sampler = "ddim", .steps = 5}); }, &message), "wrong-use");
        QVERIFY2(message.find("flow_euler") != std::string::npos, message.c_str());
    }

    // The same seed, the same pixels; another number of draws would show.
    void sameSeedSameResult_data() { forAll(); }
    void sameSeedSameResult() {
        QFETCH(QByteArray, id);
        auto denoise = ownDenoiser(id);
        const auto once = [&] {
            PhiloxNoise noise(9);
            const auto x = noise.draw({2, 1, 4, 4});
            return run(ownPlan(id, 6), denoise, x, noise);
        };
        QVERIFY(at::equal(once(), once()));
    }
};

PHLOXINE_TEST(diffusion_samplers, TestSamplers, NoApplication)
#include "test_samplers.moc"
