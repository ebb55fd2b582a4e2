#include <QtTest>

#include <algorithm>
#include <set>

#include "core/base/Dice.h"
#include "core/measure/learning/clusters.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

bool near(double a, double b, double tolerance = 1e-9) { return std::abs(a - b) <= tolerance; }

} // namespace

class ClustersTest : public QObject {
    Q_OBJECT
private slots:
    void foldsKeepGroupsTogether() {
        std::vector<int> labels, groups;
        for (int g = 0; g < 20; ++g)
            for (int i = 0; i <= g % 3; ++i) labels.push_back(g % 2), groups.push_back(g);
        const auto folds = foldsByGroup(labels, groups, 4, 1);
        for (int fold = 0; fold < 4; ++fold) {
            std::set<int> classes, members;
            for (std::size_t i = 0; i < folds.size(); ++i)
                if (folds[i] == fold) classes.insert(labels[i]), members.insert(groups[i]);
            QCOMPARE(int(classes.size()), 2);
            QCOMPARE(int(members.size()), 5);
        }
        for (std::size_t i = 1; i < folds.size(); ++i)
            if (groups[i] == groups[i - 1]) QCOMPARE(folds[i], folds[i - 1]);
        QVERIFY(folds == foldsByGroup(labels, groups, 4, 1));
        QVERIFY(folds != foldsByGroup(labels, groups, 4, 2));
    }

    // Groups of one tile, 70 of 100: Wilson with t(99) = 1.98422 by hand.
    void singleTilesGiveWilson() {
        std::vector<bool> right(100);
        std::fill(right.begin(), right.begin() + 70, true);
        std::vector<int> groups(100);
        std::iota(groups.begin(), groups.end(), 0);
        const auto e = shareOverGroups(right, groups);
        const double z = 1.9842169515, zz = z * z / 100, half = z / (1 + zz) * std::sqrt(0.7 * 0.3 / 100 + zz / 400);
        QVERIFY(near(e.value, 0.7));
        // The variance with 99 in place of 100 makes the effective number 99, which the number of groups lifts to 100.
        QVERIFY(near(e.low, (0.7 + zz / 2) / (1 + zz) - half, 1e-6));
        QVERIFY(near(e.high, (0.7 + zz / 2) / (1 + zz) + half, 1e-6));
        QCOMPARE(e.groups, 100);
    }

    // Ten tiles that are right or wrong together are worth one.
    void clustersWidenTheInterval() {
        std::vector<bool> right;
        std::vector<int> together, apart;
        for (int i = 0; i < 200; ++i) right.push_back(i / 10 % 4 != 0), together.push_back(i / 10), apart.push_back(i);
        const auto wide = shareOverGroups(right, together), narrow = shareOverGroups(right, apart);
        QVERIFY(near(wide.value, narrow.value));
        QVERIFY((wide.high - wide.low) > 2.5 * (narrow.high - narrow.low));
    }

    void allRightIsNotCertain() {
        const auto e = shareOverGroups(std::vector<bool>(60, true), [] {
            std::vector<int> groups;
            for (int i = 0; i < 60; ++i) groups.push_back(i / 10);
            return groups;
        }());
        QCOMPARE(e.value, 1.0);
        QCOMPARE(e.high, 1.0);
        QVERIFY(e.low < 0.6); // six groups, t(5) = 2.57
        const auto one = shareOverGroups({true, true}, {3, 3});
        QVERIFY(one.low < 0.02);
        QVERIFY(std::isnan(shareOverGroups({}, {}).value));
    }

    void gainIsTheMeanOverClasses() {
        // Class 0: +1 on half of its tiles; class 1, three times as many tiles: nothing.
        std::vector<double> gains;
        std::vector<int> labels, groups;
        for (int i = 0; i < 40; ++i) {
            labels.push_back(i < 10 ? 0 : 1);
            groups.push_back(i);
            gains.push_back(i < 5 ? 1 : 0);
        }
        const auto e = balancedGain({gains, gains}, labels, groups);
        QVERIFY(near(e.value, 0.25));
        // Variance of class 0: 10/9 * 10 * 0.25 / 100 = 1/36, times 1/4; nine degrees of freedom.
        QVERIFY(near((e.high - e.low) / 2, 2.2621571628 * std::sqrt(1.0 / 144), 1e-6));
        QVERIFY(QString::fromStdString(e.method).contains("40 test groups and 2 training seeds"));
    }

    void seedsCount() {
        const std::vector<int> labels{0, 0, 1, 1}, groups{0, 1, 2, 3};
        const auto e = balancedGain({{1, 1, 1, 1}, {0, 0, 0, 0}}, labels, groups);
        QVERIFY(near(e.value, 0.5));
        QVERIFY(near((e.high - e.low) / 2, 12.7062047364 * 0.5, 1e-6)); // two seeds: t(1)
        QVERIFY(QString::fromStdString(balancedGain({{1, 0, 1, 0}}, labels, groups).method).contains("one training seed"));
    }

    // The interval holds what it promises: groups with a common effect, true gain 0.1.
    void intervalCovers() {
        Dice dice(5);
        int covered = 0;
        const int trials = 400;
        for (int t = 0; t < trials; ++t) {
            std::vector<int> labels, groups;
            std::vector<std::vector<double>> gains(3);
            for (int g = 0; g < 24; ++g) {
                const double effect = 0.1 + dice.uniform(-0.4, 0.4);
                for (int i = 0; i < 5; ++i) {
                    labels.push_back(g % 3), groups.push_back(g);
                    for (auto& of : gains) of.push_back(dice.chance(std::abs(effect)) ? (effect > 0 ? 1 : -1) : 0);
                }
            }
            const auto e = balancedGain(gains, labels, groups);
            covered += e.low <= 0.1 && 0.1 <= e.high;
        }
        QVERIFY2(covered >= 0.93 * trials, qPrintable(QString::number(covered)));
    }
};

PHLOXINE_TEST(measure_learning_clusters, ClustersTest, QCoreApplication)
#include "test_clusters.moc"
