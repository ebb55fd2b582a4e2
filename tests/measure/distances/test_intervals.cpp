// Intervals over groups: do they hold the truth as often as they say.
#include <QtTest>

#include "core/measure/distances/intervals.h"
#include "core/measure/distances/metrics.h"
#include "tests/measure/distances/gaussians.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

// E (x.y / d + 1)^3 of independent x ~ N(m 1, v I) and y ~ N(n 1, w I) in d dimensions.
double expectedKernel(int d, double m, double v, double n, double w) {
    const double both = d * m * n, mm = d * m * m, nn = d * n * n;
    const double second = both * both + w * mm + v * nn + v * w * d;
    const double third = both * both * both + 3 * both * w * mm + 3 * v * (both * (nn + w * d) + 2 * w * both);
    return 1 + 3 * both / d + 3 * second / (d * d) + third / (double(d) * d * d);
}

std::vector<double> column(const FeatureSet& set) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < set.features.size(0); ++i) values.push_back(set.features[i][0].item<double>());
    return values;
}

constexpr int simulations = 300;

} // namespace

class TestIntervals : public QObject {
    Q_OBJECT

private slots:
    // 300 data sets with strong group effects (half of the variance), unequal numbers of groups.
    void kernelIntervalHoldsTheTruth() {
        constexpr int d = 3;
        const double v = 1, w = 1.3, shift = 0.4;
        const double truth = expectedKernel(d, 0, v, 0, v) + expectedKernel(d, shift, w, shift, w) - 2 * expectedKernel(d, 0, v, shift, w);
        int held = 0;
        double mean = 0, published = 0;
        for (int i = 0; i < simulations; ++i) {
            Gaussians draw(std::uint64_t(i) + 1);
            const auto x = draw.grouped(40, 4, d, 0, std::sqrt(v / 2), std::sqrt(v / 2));
            const auto y = draw.grouped(50, 3, d, shift, std::sqrt(w / 2), std::sqrt(w / 2));
            const auto e = kernelEstimate(x, y, polynomialKernel(), LeftOut::Group, 0, 0);
            held += e.low <= truth && truth <= e.high;
            mean += e.value / simulations;
            published += kernelEstimate(x, y, polynomialKernel(), LeftOut::Tile, 0, 0).value / simulations;
            QVERIFY(e.low <= e.value && e.value <= e.high);
        }
        qInfo("KID: %d of %d intervals hold %.4f; mean value %.4f, as published %.4f", held, simulations, truth, mean, published);
        QVERIFY(std::abs(100.0 * held / simulations - 95) <= 3);
        QVERIFY(std::abs(mean - truth) < 0.05 * truth && published > 1.1 * truth);
    }

    void meanDifferenceIntervalHoldsTheTruth() {
        int held = 0;
        for (int i = 0; i < simulations; ++i) {
            Gaussians draw(std::uint64_t(i) + 1001);
            const auto x = draw.grouped(12, 8, 1, 0.5, 1, 1), y = draw.grouped(20, 3, 1, 0, 0.7, 1);
            const auto e = groupedMeanDifference(column(x), x.groups, column(y), y.groups);
            held += e.low <= 0.5 && 0.5 <= e.high;
        }
        qInfo("mean difference: %d of %d", held, simulations);
        QVERIFY(std::abs(100.0 * held / simulations - 95) <= 3);
    }

    // Against tiles as if they were independent, which claims far too much.
    void groupsWidenTheInterval() {
        Gaussians draw(5);
        const auto x = draw.grouped(10, 20, 1, 0, 1, 0.3);
        auto alone = x.groups;
        for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = int(i);
        const auto byGroup = groupedMean(column(x), x.groups), byTile = groupedMean(column(x), alone);
        QCOMPARE(byGroup.value, byTile.value);
        QVERIFY(byGroup.high - byGroup.low > 2 * (byTile.high - byTile.low));
        QCOMPARE(byGroup.groups, 10);
    }

    // Without groups of its own, the jackknife of a mean is the textbook interval.
    void meanOfIndependentTiles() {
        const auto e = groupedMean({1, 2, 3, 4}, {0, 1, 2, 3});
        const double reach = 3.182446305 * std::sqrt(5.0 / 3 / 4); // t with 3 degrees
        QVERIFY(std::abs(e.low - (2.5 - reach)) < 1e-8 && std::abs(e.high - (2.5 + reach)) < 1e-8);
    }

    void precisionIntervalIsOfTheRightWidth() {
        std::vector<double> values;
        double claimed = 0;
        constexpr int runs = 40;
        for (int i = 0; i < runs; ++i) {
            Gaussians draw(std::uint64_t(i) + 300);
            const auto x = draw.grouped(30, 5, 4, 0, 0.7, 0.7), y = draw.grouped(30, 5, 4, 0.5, 0.7, 0.7);
            const auto e = prdcEstimates(x, y, 1, 40, 0).precision;
            values.push_back(e.value);
            claimed += (e.high - e.low) / 2 / 2.045 / runs; // t with 29 degrees
            QVERIFY(e.low <= e.value && e.value <= e.high && e.low >= 0 && e.high <= 1);
        }
        const auto t = at::tensor(values, at::kDouble);
        const double spread = t.std().item<double>();
        qInfo("precision: claimed %.4f, real %.4f", claimed, spread);
        QVERIFY(claimed > 0.7 * spread && claimed < 1.5 * spread);
    }

    // Equal populations: the value lies within what real tiles are against real ones.
    void realAgainstRealIsWhereEqualSetsLie() {
        Gaussians draw(77);
        const MetricInput in{draw.grouped(40, 4, 6, 0, 0.5, 0.8), draw.grouped(40, 4, 6, 0, 0.5, 0.8), 3};
        for (const auto& metric : distanceMetrics()) {
            const auto e = metric.run(in);
            qInfo("%s %.4f [%.4f, %.4f], real %.4f [%.4f, %.4f], %s", metric.id, e.value, e.low, e.high, e.realAgainstReal, e.realLow,
                  e.realHigh, e.method.c_str());
            QVERIFY(std::isfinite(e.value) && e.groups == 40 && e.tiles == 160 && !e.method.empty());
            const double width = e.realHigh - e.realLow;
            QVERIFY2(e.value > e.realLow - width && e.value < e.realHigh + width, metric.id);
        }
    }

    void sameSeedGivesTheSame() {
        Gaussians draw(8);
        const MetricInput in{draw.grouped(12, 3, 4, 0, 1, 1), draw.grouped(9, 4, 4, 1, 1, 1), 11};
        const MetricInput again{in.real, in.synthetic, 11};
        for (const auto& metric : distanceMetrics()) {
            const auto a = metric.run(in), b = metric.run(again);
            QVERIFY2(a.value == b.value && a.realLow == b.realLow && (a.low == b.low || std::isnan(a.low)), metric.id);
            QCOMPARE(a.groups, 9);
        }
    }

    void fewGroupsGiveNoInterval() {
        Gaussians draw(9);
        auto in = MetricInput{draw.grouped(1, 20, 4, 0, 1, 1), draw.grouped(20, 1, 4, 1, 1, 1), 1};
        for (const auto& metric : distanceMetrics()) {
            const auto e = metric.run(in);
            QVERIFY2(std::isnan(e.low) && std::isnan(e.realLow) && e.method.starts_with("no"), metric.id);
        }
    }

    void wrongSetsAreRefused() {
        Gaussians draw(10);
        const auto good = draw.grouped(6, 2, 4, 0, 1, 1);
        auto narrow = draw.grouped(6, 2, 3, 0, 1, 1), broken = draw.grouped(6, 2, 4, 0, 1, 1), ungrouped = good;
        broken.features[3][1] = NAN;
        ungrouped.groups.pop_back();
        for (const auto& metric : distanceMetrics()) {
            QCOMPARE(errorOf([&] { metric.run({good, narrow}); }), "shape");
            QCOMPARE(errorOf([&] { metric.run({good, broken}); }), "nan");
            QCOMPARE(errorOf([&] { metric.run({ungrouped, good}); }), "shape");
            QCOMPARE(errorOf([&] { metric.run({good, draw.grouped(1, 1, 4, 0, 1, 1)}); }), "wrong-use");
            QCOMPARE(errorOf([&] { metric.run({good, FeatureSet()}); }), "shape");
        }
        QCOMPARE(errorOf([&] { findDistanceMetric("beauty"); }), "wrong-use");
        QCOMPARE(errorOf([&] { groupedMean({}, {}); }), "wrong-use");
    }
};

PHLOXINE_TEST(measure_distances_intervals, TestIntervals, NoApplication)
#include "test_intervals.moc"
