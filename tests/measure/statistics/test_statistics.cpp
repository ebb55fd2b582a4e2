// Known answers (scipy 1.x: wasserstein_distance, beta.ppf) and what chance does.
#include <QtTest>

#include "core/base/Dice.h"
#include "core/measure/statistics/auc.h"
#include "core/measure/statistics/binomial.h"
#include "core/measure/statistics/distributions.h"
#include "core/measure/statistics/rank_correlation.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

double normal(Dice& dice) { return std::sqrt(-2 * std::log(1 - dice.uniform())) * std::cos(2 * M_PI * dice.uniform()); }

// Tiles of a group share an effect.
GroupedValues grouped(Dice& dice, int groups, int tiles, double shift) {
    GroupedValues sample;
    for (int g = 0; g < groups; ++g) {
        const double effect = normal(dice);
        for (int t = 0; t < tiles; ++t) sample.values.push_back(shift + effect + 0.3 * normal(dice)), sample.groups.push_back(g);
    }
    return sample;
}

} // namespace

class StatisticsTest : public QObject {
    Q_OBJECT

private slots:
    void wasserstein() {
        QCOMPARE(wassersteinDistance({{1, 2, 3, 4}, {0, 1, 2, 3}}, {{2, 2, 5, 9}, {0, 1, 2, 3}}), 2.0);
        // each group weighs the same: three tiles of one group at 6 count as one
        QCOMPARE(wassersteinDistance({{1, 3}, {0, 1}}, {{2, 6, 6, 6}, {0, 1, 2, 3}}), 3.0);
        QCOMPARE(wassersteinDistance({{1, 3}, {0, 1}}, {{2, 6, 6, 6}, {0, 1, 1, 1}}), 2.0);
        QVERIFY(std::isnan(wassersteinDistance({{NAN}, {0}}, {{1}, {0}})));
    }

    void rankCorrelations() {
        const std::vector<double> levels{0, 0, 1, 1, 2, 2, 0, 1, 2, 2}, values{3.1, 2.0, 2.5, 4.0, 4.0, 6.2, 1.0, 2.5, 0.5, 7.0};
        QVERIFY(std::abs(rankCorrelation(levels, values) - 0.4619059666099803) < 1e-12);
        QVERIFY(std::abs(rankCorrelationCeiling(levels) - 0.9438798074485388) < 1e-12);
        std::vector<double> three;
        for (int i = 0; i < 60; ++i) three.push_back(i % 3);
        QVERIFY(std::abs(rankCorrelationCeiling(three) - 0.9429400145689538) < 1e-12);
        QVERIFY(std::isnan(rankCorrelation({1, 1, 1}, {1, 2, 3})) && std::isnan(rankCorrelation({1, 2}, {1, 2})));
    }

    // What sets classes apart must not look like an effect of the level; a level that all tiles of a class share says nothing.
    void correlationIsWithinStrata() {
        Dice dice(3);
        StratifiedPairs pairs;
        for (int i = 0; i < 300; ++i) {
            const int stratum = i % 2;
            const double level = stratum ? 1 + dice.below(2) : dice.below(2);
            pairs.x.push_back(level), pairs.y.push_back(10 * stratum + normal(dice));
            pairs.strata.push_back(stratum), pairs.groups.push_back(i);
        }
        QVERIFY(rankCorrelation(pairs.x, pairs.y) > 0.4);
        const auto within = correlationWithin(pairs, 1);
        QVERIFY2(within.low < 0 && within.high > 0, qPrintable(QString::number(within.value)));
        for (int i = 0; i < 50; ++i) pairs.x.push_back(2), pairs.y.push_back(i), pairs.strata.push_back(2), pairs.groups.push_back(400 + i);
        QCOMPARE(correlationWithin(pairs, 1).pairs, 300);
        QVERIFY(std::isnan(correlationWithin({}, 1).value));
        QVERIFY(std::isnan(correlationWithin({{0, 1, 2, 0}, {1, 2, 3, 0}, {0, 0, 0, 0}, {0, 1, 2, 3}}, 1).low)); // too few groups
        auto doubled = within;
        StratifiedPairs twice = pairs;
        for (auto* list : {&twice.x, &twice.y}) list->insert(list->end(), list->begin(), list->end());
        for (auto* list : {&twice.strata, &twice.groups}) list->insert(list->end(), list->begin(), list->end());
        doubled = correlationWithin(twice, 1); // the same groups again are no more evidence
        QVERIFY(std::abs((doubled.high - doubled.low) / (within.high - within.low) - 1) < 0.1);
    }

    // The interval holds the true value (of a latent correlation of 0.5 cut in terciles) in about 95 of 100 samples.
    void rankIntervalCovers() {
        constexpr double truth = 0.4427;
        int covered = 0;
        for (int sample = 0; sample < 200; ++sample) {
            Dice dice(std::uint64_t(sample) + 50);
            StratifiedPairs pairs;
            for (int i = 0; i < 80; ++i) {
                const double z = normal(dice);
                pairs.x.push_back(z < -0.4307 ? 0 : z < 0.4307 ? 1 : 2);
                pairs.y.push_back(0.5 * z + std::sqrt(0.75) * normal(dice) + 5 * (i % 2));
                pairs.strata.push_back(i % 2), pairs.groups.push_back(i);
            }
            const auto within = correlationWithin(pairs, 1);
            covered += within.low <= truth && truth <= within.high;
        }
        QVERIFY2(covered >= 182 && covered <= 199, qPrintable(QString::number(covered)));
    }

    void exactBinomial() {
        const std::tuple<int, int, double, double> rows[] = {{0, 10, 0, 0.30849710781876083},
                                                             {3, 10, 0.06673951117773447, 0.6524528500599973},
                                                             {10, 10, 0.6915028921812392, 1},
                                                             {2, 300, 0.0008083864127997914, 0.02387349757217365}};
        for (const auto& [k, n, low, high] : rows) {
            QVERIFY(std::abs(clopperPearson(k, n).low - low) < 1e-9);
            QVERIFY(std::abs(clopperPearson(k, n).high - high) < 1e-9);
        }
        QCOMPARE(clopperPearson(0, 0).high, 1.0);
    }

    void areaUnderTheCurve() {
        QCOMPARE(areaUnderCurve({1, 2, 3}, {4, 5}), 1.0);
        QCOMPARE(areaUnderCurve({1, 2, 3}, {2, 2}), 0.5);
        QCOMPARE(areaUnderCurve({}, {1}), 0.5);
    }

    // Permuting tiles would call any two sets different once their groups differ; permuting groups must not.
    void chanceIsFoundByChance() {
        int distributions = 0, aucs = 0;
        constexpr int runs = 100;
        for (int run = 0; run < runs; ++run) {
            Dice dice(std::uint64_t(run) + 1);
            const auto a = grouped(dice, 15, 8, 0), b = grouped(dice, 15, 8, 0);
            distributions += permutationP(a, b, 1, 199) < 0.05;
            aucs += aucWithPermutations(a, b, 1, 199).p < 0.05;
        }
        QVERIFY2(distributions <= 12 && aucs <= 12,
                 qPrintable(QStringLiteral("%1 and %2 of 100 at p < 0.05").arg(distributions).arg(aucs)));
        Dice dice(7);
        QVERIFY(permutationP(grouped(dice, 15, 8, 0), grouped(dice, 15, 8, 2), 1) < 0.05);
    }

    // 95 +- 3 % of 300 intervals hold the true difference of the medians.
    void mediansAreCovered() {
        int held = 0;
        constexpr int runs = 300;
        for (int run = 0; run < runs; ++run) {
            Dice dice(std::uint64_t(run) + 1000);
            const auto e = medianDifference(grouped(dice, 40, 5, 0), grouped(dice, 40, 5, 0.5), std::uint64_t(run), 100);
            held += e.low <= 0.5 && 0.5 <= e.high;
        }
        QVERIFY2(held >= 276 && held <= 294, qPrintable(QStringLiteral("%1 of 300").arg(held)));
    }

    void nothingToMeasure() {
        QVERIFY(std::isnan(weightedMedian({})));
        QVERIFY(std::isnan(medianDifference({}, {{1}, {0}}, 1).value));
        QVERIFY(commonAxis({{1}, {0}}, {{1}, {0}}).empty());
        QVERIFY(std::isnan(permutationP({{1, 2}, {0, 0}}, {{1}, {0}}, 1)));
    }
};

PHLOXINE_TEST(measure_statistics, StatisticsTest, QCoreApplication)
#include "test_statistics.moc"
