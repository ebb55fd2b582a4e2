// Predictions and their scales, guidance, and limits on x0.
#include <QtTest>

#include "core/base/Error.h"
#include "core/diffusion/guidance.h"
#include "core/tensor/noise.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

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

nn::Context contextOf(double value, int n = 2) { return {at::full({n, 3, 4}, value), {}}; }

// Answers with the mean of its context, so that guidance can be worked out by hand; counts the rows it was asked for.
struct Counting {
    std::int64_t rows = 0;
    FakeNetwork network{[this](const at::Tensor& x, const at::Tensor& t, const nn::Context& context) {
        rows = x.size(0);
        if (t.size(0) != rows || context.tokens.size(0) != rows) throw Error(ErrorCode::Internal, "sizes");
        return at::ones_like(x) * context.tokens.mean({1, 2}).view({-1, 1, 1, 1});
    }};
};

} // namespace

class TestGuidance : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void conversionsAreInverse_data() {
        QTest::addColumn<double>("ratio");
        for (const double r : {0.01, 0.5, 1.0, 3.0, 50.0}) QTest::addRow("%g", r) << r;
    }
    void conversionsAreInverse() {
        QFETCH(double, ratio);
        const double a = 1 / std::sqrt(1 + ratio * ratio), s = ratio * a, flow = ratio / (1 + ratio);
        const auto x0 = PhiloxNoise(1).draw({16}), eps = PhiloxNoise(2).draw({16});
        const double limit = 2e-6 * std::max(ratio, 1 / ratio);
        const auto check = [&](Prediction prediction, const at::Tensor& output, const Level& level) {
            const auto x = level.alpha * x0 + level.sigma * eps;
            const auto d = fromPrediction(prediction, x, output, level);
            QVERIFY((d.x0 - x0).abs().max().item<double>() < limit);
            QVERIFY((d.eps - eps).abs().max().item<double>() < limit);
            QVERIFY((level.alpha * d.x0 + level.sigma * d.eps - x).abs().max().item<double>() < 1e-5);
        };
        check(Prediction::Eps, eps, {a, s, 0});
        check(Prediction::V, a * eps - s * x0, {a, s, 0});
        check(Prediction::X0, x0, {a, s, 0});
        check(Prediction::Flow, eps - x0, {1 - flow, flow, 0});
    }

    // Pure noise: v and the velocity know x0 even where alpha is zero.
    void someAreFiniteWithoutSignal() {
        const auto v = fromPrediction(Prediction::V, at::ones({4}), at::full({4}, -2.0), {0, 1, 999});
        QVERIFY(at::equal(v.x0, at::full({4}, 2.0)));
        const auto flow = fromPrediction(Prediction::Flow, at::ones({4}), at::full({4}, -2.0), {0, 1, 1000});
        QVERIFY(at::equal(flow.x0, at::full({4}, 3.0)) && at::equal(flow.eps, at::ones({4})));
    }

    void predictionWords() {
        QVERIFY(predictionFrom("v") == Prediction::V && predictionFrom("eps") == Prediction::Eps && predictionFrom("x0") == Prediction::X0);
        QVERIFY(predictionFrom("v_prediction") == Prediction::V && predictionFrom("sample") == Prediction::X0);
        QVERIFY(predictionFrom("velocity") == Prediction::Flow && predictionFrom("flow_prediction") == Prediction::Flow);
        QCOMPARE(errorOf([] { predictionFrom("w"); }), "unsupported");
    }

    void scale_data() {
        QTest::addColumn<double>("scale");
        QTest::newRow("1 is the condition alone") << 1.0;
        QTest::newRow("0 is the unconditional one") << 0.0;
        QTest::newRow("2.5 goes beyond") << 2.5;
    }
    void scale() {
        QFETCH(double, scale);
        Counting counting;
        GuidedDenoiser denoise(counting.network, Prediction::Eps, contextOf(0.7), contextOf(0.2), scale);
        const auto d = denoise(at::zeros({2, 1, 2, 2}), {0.8, 0.6, 500});
        QCOMPARE(counting.rows, scale == 1 ? 2 : 4);
        QVERIFY((d.eps - (0.2 + scale * 0.5)).abs().max().item<double>() < 1e-6);
    }

    // Outside the interval of noise only the condition is computed.
    void interval_data() {
        QTest::addColumn<double>("ratio");
        QTest::addColumn<bool>("guided");
        QTest::newRow("below") << 0.2 << false;
        QTest::newRow("at the low end, which is open") << 0.5 << false;
        QTest::newRow("inside") << 1.0 << true;
        QTest::newRow("at the high end, which is closed") << 2.0 << true;
        QTest::newRow("above") << 2.1 << false;
        QTest::newRow("pure noise") << std::numeric_limits<double>::infinity() << false;
    }
    void interval() {
        QFETCH(double, ratio);
        QFETCH(bool, guided);
        Counting counting;
        Guidance guidance(3);
        guidance.lowRatio = 0.5, guidance.highRatio = 2;
        GuidedDenoiser denoise(counting.network, Prediction::V, contextOf(0.7), contextOf(0.2), guidance);
        denoise(at::zeros({2, 1, 2, 2}), std::isinf(ratio) ? Level{0, 1, 999} : Level{1, ratio, 500});
        QCOMPARE(counting.rows, guided ? 4 : 2);
    }

    // Rescale 1 gives the conditional spread back; 0.7 mixes (Lin et al. 2023, eq. 15 and 16).
    void rescale() {
        const auto conditional = PhiloxNoise(1).draw({2, 1, 8, 8}), unconditional = PhiloxNoise(2).draw({2, 1, 8, 8});
        const FakeNetwork network([&](const at::Tensor& x, const at::Tensor&, const nn::Context&) {
            return x.size(0) == 2 ? conditional : at::cat({conditional, unconditional}, 0);
        });
        const auto spread = [&](double rescale) {
            Guidance guidance(7.5);
            guidance.rescale = rescale;
            GuidedDenoiser denoise(network, Prediction::Eps, contextOf(1), contextOf(0), guidance);
            return denoise(at::zeros({2, 1, 8, 8}), {0.8, 0.6, 500}).eps.flatten(1).std(1);
        };
        const auto wanted = conditional.flatten(1).std(1);
        QVERIFY(at::allclose(spread(1), wanted, 1e-5));
        QVERIFY(at::allclose(spread(0.7), 0.7 * wanted + 0.3 * spread(0), 1e-5));
        QVERIFY((spread(0) > 2 * wanted).all().item<bool>());
    }

    void impossibleGuidance() {
        const auto refused = [](auto change) {
            Guidance g(2);
            change(g);
            return errorOf([&] { validate(g); });
        };
        QCOMPARE(refused([](Guidance&) {}), "");
        QCOMPARE(refused([](Guidance& g) { g.scale = std::nan(""); }), "wrong-use");
        QCOMPARE(refused([](Guidance& g) { g.rescale = 1.1; }), "wrong-use");
        QCOMPARE(refused([](Guidance& g) { g.lowRatio = -1; }), "wrong-use");
        QCOMPARE(refused([](Guidance& g) { g.lowRatio = 3, g.highRatio = 2; }), "wrong-use");
    }

    // Other scales of x are brought to the one that the network was trained on; flow has its own.
    void explodingLevelsAreScaled() {
        at::Tensor seen;
        const FakeNetwork network([&](const at::Tensor& x, const at::Tensor&, const nn::Context&) { return seen = x, at::zeros_like(x); });
        GuidedDenoiser denoise(network, Prediction::Eps, {at::zeros({1, 1, 1}), {}}, {}, 1);
        denoise(at::full({1, 1, 1, 1}, 5.0), {1, 3, 0});
        QVERIFY(std::abs(seen.item<double>() - 5 / std::sqrt(10.0)) < 1e-6);
        GuidedDenoiser flow(network, Prediction::Flow, {at::zeros({1, 1, 1}), {}}, {}, 1);
        flow(at::full({1, 1, 1, 1}, 5.0), {0.7, 0.3, 300});
        QCOMPARE(seen.item<double>(), 5.0);
    }

    void limits() {
        const FakeNetwork network([](const at::Tensor& x, const at::Tensor&, const nn::Context&) { return 2 * x; });
        GuidedDenoiser inner(network, Prediction::X0, {at::zeros({1, 1, 1}), {}}, {}, 1);
        const auto x = at::arange(-4, 5, at::kFloat).view({1, 1, 3, 3});
        const Level level{0.8, 0.6, 500};
        const auto clipped = LimitedDenoiser(inner, {.clip = 1})(x, level);
        QCOMPARE(clipped.x0.abs().max().item<double>(), 1.0);
        QVERIFY(at::allclose(level.alpha * clipped.x0 + level.sigma * clipped.eps, x));
        const auto kept = LimitedDenoiser(inner, {.clip = 1, .epsFollows = false})(x, level);
        QVERIFY(at::equal(kept.eps, inner(x, level).eps));
        const auto dynamic = LimitedDenoiser(inner, {.quantile = 1, .quantileMaximum = 4})(x, level); // 8 is the largest, 4 the most
        QVERIFY(at::allclose(dynamic.x0, (2 * x).clamp(-4, 4) / 4));
    }
};

PHLOXINE_TEST(diffusion_guidance, TestGuidance, NoApplication)
#include "test_guidance.moc"
