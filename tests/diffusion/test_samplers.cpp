// Samplers on a denoiser whose answer is known, guidance and conversions.
#include <QtTest>

#include "core/diffusion/samplers/samplers.h"
#include "core/verify/closed_form.h"
#include "tests/support/errors.h"

using namespace phloxine;

namespace {

class FakeNetwork final : public nn::Network {
public:
    using Answer = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& t, const nn::Context& context)>;
    explicit FakeNetwork(Answer answer) : m_answer(std::move(answer)) {}
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const nn::Context& context) const override {
        return m_answer(x, t, context);
    }
    int inChannels() const override { return 1; }

private:
    Answer m_answer;
};

// For x0 ~ N(m, v) the probability flow carries x at noise ratio r to m + (x/alpha - m) sqrt((v + r1^2) / (v + r0^2)).
struct Problem {
    at::Tensor mean = at::full({1, 1, 1, 1}, 0.3), variance = at::full({1, 1, 1, 1}, 0.25);

    at::Tensor exact(const at::Tensor& x, const Level& from, const Level& to) const {
        const double r0 = from.sigma / from.alpha, r1 = to.sigma / to.alpha;
        const auto y = x.to(at::kDouble) / from.alpha, m = mean.to(at::kDouble), v = variance.to(at::kDouble);
        return to.alpha * (m + (y - m) * ((v + r1 * r1) / (v + r0 * r0)).sqrt());
    }
};

// Levels that are smooth in i and never reach zero, so that the order of a method shows: r falls from 5 to 0.05 along Karras' curve.
std::vector<Level> smoothLevels(int steps) {
    std::vector<Level> levels;
    const double top = std::pow(5.0, 1 / 7.0), bottom = std::pow(0.05, 1 / 7.0);
    for (int i = 0; i <= steps; ++i) {
        const double r = std::pow(top + (bottom - top) * i / steps, 7), a = 1 / std::sqrt(1 + r * r);
        levels.push_back({a, r * a, 0});
    }
    return levels;
}

Sampler samplerOf(const QByteArray& id) { return findSampler(id.toStdString()).sample; }

double error(const QByteArray& id, int steps) {
    Problem problem;
    GaussianDenoiser denoise(problem.mean, problem.variance);
    PhiloxNoise noise(1);
    const auto x = PhiloxNoise(3).draw({1, 4, 8, 8});
    const auto levels = smoothLevels(steps);
    const auto result = samplerOf(id)(denoise, x, levels, noise, {});
    return (result.to(at::kDouble) - problem.exact(x, levels.front(), levels.back())).abs().max().item<double>();
}

class NanDenoiser final : public Denoiser {
public:
    Denoised operator()(const at::Tensor& x, const Level&) override {
        return {at::full_like(x, std::nan("")), at::full_like(x, std::nan(""))};
    }
};

class CountingNoise final : public NoiseSource {
public:
    int draws = 0;
    at::Tensor draw(at::IntArrayRef shape) override { return ++draws, at::zeros(shape); }
};

} // namespace

class TestSamplers : public QObject {
    Q_OBJECT

    void forAll() {
        QTest::addColumn<QByteArray>("id");
        for (const auto& row : samplers()) QTest::newRow(row.id) << QByteArray(row.id);
    }

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void errorFallsWithTheOrderOfTheMethod_data() {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<double>("order");
        QTest::newRow("ddim") << QByteArray("ddim") << 1.0;
        QTest::newRow("euler") << QByteArray("euler") << 1.0;
        QTest::newRow("heun") << QByteArray("heun") << 2.0;
        QTest::newRow("dpmpp_2m") << QByteArray("dpmpp_2m") << 2.0;
    }

    void errorFallsWithTheOrderOfTheMethod() {
        QFETCH(QByteArray, id);
        QFETCH(double, order);
        const double coarse = error(id, 32), fine = error(id, 128);
        const double slope = std::log(coarse / fine) / std::log(4.0);
        qInfo("%s: error %.3g at 32 steps, %.3g at 128, order %.2f", id.constData(), coarse, fine, slope);
        QVERIFY(coarse < 0.1);
        QVERIFY(slope > order - 0.25 && slope < order + 0.5);
    }

    // Down to the last level, whatever the sampler's own spacing.
    void ownLevelsEndAtTheData_data() { forAll(); }
    void ownLevelsEndAtTheData() {
        QFETCH(QByteArray, id);
        const auto schedule = scheduleFromBetas(compvisBetas("linear", 1000, 0.00085, 0.012));
        Problem problem;
        GaussianDenoiser denoise(problem.mean, problem.variance);
        PhiloxNoise noise(1);
        const auto& row = findSampler(id.toStdString());
        const auto x = row.sample(denoise, PhiloxNoise(5).draw({64, 1, 16, 16}), row.levels(schedule, 100), noise, {});
        QVERIFY(std::abs(x.mean().item<double>() - 0.3) < 0.03);
        QVERIFY(std::abs(x.var(false).item<double>() - 0.25) < 0.03);
    }

    void oneStepIsEnoughToRun_data() { forAll(); }
    void oneStepIsEnoughToRun() {
        QFETCH(QByteArray, id);
        const auto schedule = scheduleFromBetas(compvisBetas("cosine", 1000, 0, 0));
        Problem problem;
        GaussianDenoiser denoise(problem.mean, problem.variance);
        PhiloxNoise noise(1);
        const auto& row = findSampler(id.toStdString());
        for (const int steps : {1, 2})
            QVERIFY(at::isfinite(row.sample(denoise, PhiloxNoise(5).draw({1, 1, 2, 2}), row.levels(schedule, steps), noise, {}))
                        .all()
                        .item<bool>());
    }

    void hookSeesEveryStep_data() { forAll(); }
    void hookSeesEveryStep() {
        QFETCH(QByteArray, id);
        Problem problem;
        GaussianDenoiser denoise(problem.mean, problem.variance);
        CountingNoise noise;
        std::vector<int> seen;
        bool first = true;
        samplerOf(id)(denoise, at::ones({1, 1, 2, 2}), smoothLevels(5), noise, [&](const SamplerStep& s) {
            QCOMPARE(s.count, 5);
            QCOMPARE(s.x0.defined(), !first);
            first = false;
            seen.push_back(s.index);
        });
        QCOMPARE(seen, (std::vector<int>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(noise.draws, 0); // deterministic
    }

    void cancelledPassesThrough_data() { forAll(); }
    void cancelledPassesThrough() {
        QFETCH(QByteArray, id);
        Problem problem;
        GaussianDenoiser denoise(problem.mean, problem.variance);
        PhiloxNoise noise(1);
        int steps = 0;
        const auto code = errorOf([&] {
            samplerOf(id)(denoise, at::ones({1, 1, 2, 2}), smoothLevels(5), noise, [&](const SamplerStep& s) {
                ++steps;
                if (s.index == 2) throw Cancelled();
            });
        });
        QCOMPARE(code, "cancelled");
        QCOMPARE(steps, 3);
    }

    void notANumberIsAnError_data() { forAll(); }
    void notANumberIsAnError() {
        QFETCH(QByteArray, id);
        NanDenoiser denoise;
        PhiloxNoise noise(1);
        QCOMPARE(errorOf([&] { samplerOf(id)(denoise, at::ones({1, 1, 2, 2}), smoothLevels(3), noise, {}); }), "nan");
        QCOMPARE(errorOf([&] { samplerOf(id)(denoise, at::full({1, 1, 2, 2}, std::nan("")), smoothLevels(3), noise, {}); }), "nan");
    }

    void unknownSamplerNamesTheKnownOnes() {
        std::string message;
        QCOMPARE(errorOf([] { findSampler("plsm"); }, &message), "wrong-use");
        for (const auto& row : samplers()) QVERIFY2(message.find(row.id) != std::string::npos, message.c_str());
    }

    void conversionsAreInverse_data() {
        QTest::addColumn<double>("ratio");
        for (const double r : {0.01, 0.5, 1.0, 3.0, 50.0}) QTest::addRow("%g", r) << r;
    }
    void conversionsAreInverse() {
        QFETCH(double, ratio);
        const double a = 1 / std::sqrt(1 + ratio * ratio), s = ratio * a;
        const auto x0 = PhiloxNoise(1).draw({16}), eps = PhiloxNoise(2).draw({16});
        const auto x = a * x0 + s * eps;
        const Level level{a, s, 0};
        const double limit = 2e-6 * std::max(ratio, 1 / ratio);
        for (const auto& [prediction, output] :
             {std::pair{Prediction::Eps, eps}, {Prediction::V, a * eps - s * x0}, {Prediction::X0, x0}}) {
            const auto d = fromPrediction(prediction, x, output, level);
            QVERIFY((d.x0 - x0).abs().max().item<double>() < limit);
            QVERIFY((d.eps - eps).abs().max().item<double>() < limit);
            QVERIFY((a * d.x0 + s * d.eps - x).abs().max().item<double>() < 1e-5);
        }
    }

    // Pure noise: v knows x0 even where alpha is zero.
    void vIsFiniteWithoutSignal() {
        const auto d = fromPrediction(Prediction::V, at::ones({4}), at::full({4}, -2.0), {0, 1, 999});
        QVERIFY(at::equal(d.x0, at::full({4}, 2.0)));
    }

    void predictionWords() {
        QVERIFY(predictionFrom("v") == Prediction::V && predictionFrom("eps") == Prediction::Eps && predictionFrom("x0") == Prediction::X0);
        QCOMPARE(errorOf([] { predictionFrom("w"); }), "unsupported");
    }

    // The network answers with the mean of its context, so that guidance can be worked out by hand.
    void guidance_data() {
        QTest::addColumn<double>("scale");
        QTest::newRow("1 is the condition alone") << 1.0;
        QTest::newRow("0 is the unconditional one") << 0.0;
        QTest::newRow("2.5 goes beyond") << 2.5;
    }
    void guidance() {
        QFETCH(double, scale);
        std::int64_t rows = 0;
        const FakeNetwork network([&](const at::Tensor& x, const at::Tensor& t, const nn::Context& context) {
            rows = x.size(0);
            if (t.size(0) != rows || context.tokens.size(0) != rows) throw Error(ErrorCode::Internal, "sizes");
            return at::ones_like(x) * context.tokens.mean({1, 2}).view({-1, 1, 1, 1});
        });
        const nn::Context conditional{at::full({2, 3, 4}, 0.7), {}}, unconditional{at::full({2, 3, 4}, 0.2), {}};
        GuidedDenoiser denoise(network, Prediction::Eps, conditional, unconditional, scale);
        const auto d = denoise(at::zeros({2, 1, 2, 2}), {0.8, 0.6, 500});
        QCOMPARE(rows, scale == 1 ? 2 : 4);
        QVERIFY((d.eps - (0.2 + scale * 0.5)).abs().max().item<double>() < 1e-6);
    }

    // Other scales of x are brought to the one that the network was trained on.
    void explodingLevelsAreScaled() {
        at::Tensor seen;
        const FakeNetwork network([&](const at::Tensor& x, const at::Tensor&, const nn::Context&) { return seen = x, at::zeros_like(x); });
        GuidedDenoiser denoise(network, Prediction::Eps, {at::zeros({1, 1, 1}), {}}, {}, 1);
        denoise(at::full({1, 1, 1, 1}, 5.0), {1, 3, 0});
        QVERIFY(std::abs(seen.item<double>() - 5 / std::sqrt(10.0)) < 1e-6);
    }
};

QTEST_APPLESS_MAIN(TestSamplers)
#include "test_samplers.moc"
