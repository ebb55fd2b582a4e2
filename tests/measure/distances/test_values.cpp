// Distances against closed forms and plain computations.
#include <QtTest>

#include "core/measure/distances/frechet.h"
#include "core/measure/distances/inception_resize.h"
#include "core/measure/distances/kernel_distance.h"
#include "core/measure/distances/neighbours.h"
#include "core/measure/distances/prdc.h"
#include "core/nn/inception.h"
#include "tests/measure/distances/gaussians.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestValues : public QObject {
    Q_OBJECT

private slots:
    void momentsDoNotDependOnBatches() {
        const auto x = Gaussians(1).table(103, 7) + 1000; // far from 0, where naive sums lose digits
        const auto whole = momentsOf(x);
        const auto wide = x.to(at::kDouble);
        QVERIFY(at::allclose(whole.mean, wide.mean(0), 1e-12));
        QVERIFY(at::allclose(whole.covariance(), wide.t().cov(), 1e-9, 1e-12));
        for (const int batch : {1, 10, 50}) {
            const auto parts = momentsOf(x, batch);
            QCOMPARE(parts.n, std::int64_t(103));
            QVERIFY(at::allclose(parts.mean, whole.mean, 1e-12));
            QVERIFY(at::allclose(parts.covariance(), whole.covariance(), 1e-9, 1e-12));
        }
    }

    // Diagonal covariances: sum (m1 - m2)^2 + (s1 - s2)^2.
    void frechetOfDiagonalGaussians() {
        Moments a{11, at::tensor({1.0, 2.0}), at::diag(at::tensor({40.0, 90.0}))};
        Moments b{11, at::tensor({0.0, 4.0}), at::diag(at::tensor({10.0, 160.0}))};
        QVERIFY(std::abs(frechetDistance(a, b) - (5 + 1 + 1)) < 1e-12);
        QCOMPARE(frechetDistance(a, a), 0.0);
    }

    // The way by small factors, for sets with fewer tiles than features, against the way by covariances.
    void frechetOfFewTiles_data() {
        QTest::addColumn<int>("n");
        QTest::addColumn<int>("m");
        QTest::newRow("both few") << 20 << 30;
        QTest::newRow("first few") << 20 << 100;
        QTest::newRow("second few") << 100 << 20;
        QTest::newRow("none few") << 70 << 100;
        QTest::newRow("two tiles") << 2 << 30;
    }
    void frechetOfFewTiles() {
        QFETCH(int, n);
        QFETCH(int, m);
        Gaussians draw(std::uint64_t(n * 100 + m));
        const auto x = draw.table(n, 50), y = draw.table(m, 50) * 1.3 + 0.2;
        const double fast = frechetDistance(x, y), plain = frechetDistance(momentsOf(x), momentsOf(y));
        QVERIFY2(std::abs(fast - plain) < 1e-5 * plain, qPrintable(QString("%1 %2").arg(fast).arg(plain)));
        QVERIFY(std::abs(frechetDistance(y, x) - fast) < 1e-9 * plain);
        QVERIFY(frechetDistance(x, x) < 1e-6);
    }

    // Equal populations: FID is far from 0 with few tiles, its extrapolation is not.
    void extrapolationRemovesTheBias() {
        double plain = 0, endless = 0;
        for (int i = 0; i < 10; ++i) {
            Gaussians draw(std::uint64_t(i) + 40);
            const auto x = draw.grouped(300, 1, 8, 0, 0, 1), y = draw.grouped(300, 1, 8, 0, 0, 1);
            plain += frechetDistance(x.features, y.features) / 10;
            endless += frechetInfinity(x, y, 1).value / 10;
        }
        qInfo("FID %.4f, for endless sets %.4f", plain, endless);
        QVERIFY(plain > 0.05 && std::abs(endless) < 0.3 * plain);
    }

    void kernelDistanceOfAFewPoints() {
        const auto x = at::tensor({1.0f, 0.0f, 0.0f, 2.0f}).view({2, 2}), y = at::tensor({1.0f, 1.0f, 3.0f, 0.0f}).view({2, 2});
        // k = (x.y / 2 + 1)^3: within x 1, within y (1.5 + 1)^3, across 1.5^3, 2.5^3, 2^3, 1
        const double expected = 1 + 15.625 - 2 * (3.375 + 15.625 + 8 + 1) / 4;
        QVERIFY(std::abs(discrepancy(x, y, polynomialKernel()) - expected) < 1e-12);
        QVERIFY(std::abs(medianDistance(x, x) - std::sqrt(5)) < 1e-12);
        QCOMPARE(medianDistance(x.slice(0, 0, 1), x.slice(0, 0, 1)), 1.0); // all tiles equal: any width does
    }

    // Sums by blocks give what the tiles themselves give, whichever groups are chosen and however they share blocks.
    void blocksAreSumsOfTiles() {
        Gaussians draw(3);
        const auto x = draw.grouped(9, 4, 5, 0, 1, 1), y = draw.grouped(7, 3, 5, 1, 1, 1);
        for (const auto& kernel : {polynomialKernel(), gaussianKernel(2)}) {
            const double plain = discrepancy(x.features, y.features, kernel);
            for (const int most : {200, 4}) QVERIFY(std::abs(discrepancy(kernelBlocks(x, y, kernel, most), LeftOut::Tile) - plain) < 1e-9);
            const auto blocks = kernelBlocks(x, y, kernel);
            auto without = at::ones(9, at::kDouble);
            without[2] = 0;
            const auto all = at::ones(9, at::kDouble), others = at::ones(7, at::kDouble), last = (at::arange(7) < 6).to(at::kDouble);
            const auto each = leaveOneOut(blocks);
            QVERIFY(each.x.size() == 9 && std::abs(each.x[2] - discrepancy(blocks, without, others, LeftOut::Group)) < 1e-9);
            QVERIFY(each.y.size() == 7 && std::abs(each.y[6] - discrepancy(blocks, all, last, LeftOut::Group)) < 1e-9);
            const auto rest = at::cat({x.features.slice(0, 0, 8), x.features.slice(0, 12, 36)});
            QVERIFY(std::abs(discrepancy(blocks, without, at::ones(7, at::kDouble), LeftOut::Tile) -
                             discrepancy(rest, y.features, kernel)) < 1e-9);
            QVERIFY(std::abs(discrepancyWithin(blocks, 1 - without, without, LeftOut::Tile) -
                             discrepancy(x.features.slice(0, 8, 12), rest, kernel)) < 1e-9);
        }
    }

    void neighboursAreExact() {
        Gaussians draw(4);
        const auto base = draw.table(9000, 6) * 3 + 50, queries = base.slice(0, 100, 400) + 0.01 * draw.table(300, 6);
        const auto found = nearestNeighbours(queries, base, 7);
        const auto all = at::cdist(queries.to(at::kDouble), base.to(at::kDouble), 2, /*compute_mode=*/2);
        const auto [distance, index] = all.topk(7, 1, false);
        QVERIFY(at::equal(found.index, index));
        QVERIFY(at::allclose(found.distance, distance, 1e-12));
    }

    // Distances that differ by less than float32 can tell: the margin must notice and fall back.
    void neighboursInFineGradesAreExact() {
        auto base = at::full({400, 1}, 1000, at::kFloat);
        for (int i = 0; i < 400; ++i) base[i][0] = 1000.0f + float((i * 37) % 400) * 6.2e-5f;
        base[0][0] = -1000; // so that the mean is of no help
        const auto query = at::full({1, 1}, 1000, at::kFloat);
        const auto found = nearestNeighbours(query, base, 3);
        const auto [distance, index] = (base.to(at::kDouble) - 1000).abs().flatten().topk(3, 0, false);
        QVERIFY(at::allclose(found.distance[0], distance, 1e-12, 1e-12));
    }

    void aTileIsNotItsOwnNeighbour() {
        const auto x = at::tensor({0.0f, 1.0f, 1.0f, 5.0f}).view({4, 1}); // two tiles are the same
        const auto found = nearestNeighbours(x, x, 1, true);
        QVERIFY(at::equal(found.distance.flatten(), at::tensor({1.0, 0.0, 0.0, 4.0}, at::kDouble)));
        QVERIFY(at::equal(found.index.flatten(), at::tensor({1, 2, 1, 1}, at::kLong)));
        QCOMPARE(errorOf([&] { nearestNeighbours(x, x, 4, true); }), "wrong-use");
        QCOMPARE(errorOf([&] { nearestNeighbours(x, x, 0); }), "wrong-use");
        QCOMPARE(errorOf([&] { nearestNeighbours(x, at::ones({4, 2}), 1); }), "shape");
        QCOMPARE(errorOf([&] { nearestNeighbours(x * NAN, x, 1); }), "nan");
    }

    void prdcOfTheSameAndOfFarSets() {
        const auto x = Gaussians(6).table(200, 5);
        const auto same = prdc(x, x), far = prdc(x, x + 100);
        QVERIFY(same.precision == 1 && same.recall == 1 && same.coverage == 1 && same.density > 1);
        QVERIFY(far.precision == 0 && far.recall == 0 && far.coverage == 0 && far.density == 0);
        QCOMPARE(errorOf([&] { prdc(x.slice(0, 0, 5), x); }), "wrong-use");
    }

    void prdcByTablesIsTheSame() {
        Gaussians draw(12);
        const auto x = draw.table(90, 4), y = draw.table(70, 4) * 0.8 + 0.4;
        const auto rows = at::arange(10, 60), columns = at::arange(0, 70, 2);
        const auto equal = [](const Prdc& a, const Prdc& b) {
            return a.precision == b.precision && a.recall == b.recall && a.density == b.density && a.coverage == b.coverage;
        };
        std::vector<int> alone(90), other(70), paired(90);
        for (int i = 0; i < 90; ++i) alone[std::size_t(i)] = i, paired[std::size_t(i)] = i / 2;
        for (int i = 0; i < 70; ++i) other[std::size_t(i)] = i;
        const auto a = x.index_select(0, rows), b = y.index_select(0, columns);
        QVERIFY(equal(prdc(a, b), prdc(distanceTables({x, alone}, {y, other}), rows, columns)));
        const FeatureSet some{a, {paired.begin() + 10, paired.begin() + 60}};
        std::vector<int> chosen(35);
        std::iota(chosen.begin(), chosen.end(), 0);
        QVERIFY(equal(prdc(some, {b, chosen}), prdc(distanceTables({x, paired}, {y, other}), rows, columns)));
        QVERIFY(!equal(prdc(some, {b, chosen}), prdc(a, b)));
    }

    // Six tiles of each place: their balls must reach to other places, or no other set of places has anything in common with them.
    void groupsDoNotShrinkTheBalls() {
        Gaussians draw(21);
        const auto x = draw.grouped(60, 6, 4, 0, 1, 0.01), y = draw.grouped(60, 6, 4, 0, 1, 0.01);
        const auto byGroup = prdc(x, y), published = prdc(x.features, y.features);
        QVERIFY(published.precision < 0.1 && published.recall < 0.1);
        QVERIFY(byGroup.precision > 0.6 && byGroup.recall > 0.6);
        QVERIFY(hasOtherGroups(x.groups) && !hasOtherGroups(std::vector<int>(200, 1)));
        const FeatureSet one{x.features, std::vector<int>(x.groups.size(), 0)};
        QCOMPARE(prdc(one, y).precision, published.precision);
    }

    void resizesKeepAFlatImage() {
        for (const auto& row : inceptionResizes())
            for (const auto& size : {std::pair{1, 1}, {299, 299}, {700, 33}}) {
                const auto out = row.resize(at::full({1, 3, size.first, size.second}, 200, at::kByte));
                QVERIFY2(at::allclose(out, at::full({1, 3, 299, 299}, 200, at::kFloat), 1e-6), row.id);
            }
        QCOMPARE(errorOf([] { inceptionInput(at::zeros({3, 8, 8}), inceptionResizes()[0]); }), "shape");
        QCOMPARE(errorOf([] { findInceptionResize("nearest"); }), "wrong-use");
    }

    void inceptionNamesWhatIsMissing() {
        const Weights none;
        QCOMPARE(errorOf([&] { nn::Inception(WeightView(none, Binding::train())); }), "missing-key");
        const Weights wrong{{"Conv2d_1a_3x3.conv.weight", at::zeros({32, 3, 5, 5})}};
        QCOMPARE(errorOf([&] { nn::Inception(WeightView(wrong, Binding::train())); }), "shape");
    }
};

PHLOXINE_TEST(measure_distances_values, TestValues, NoApplication)
#include "test_values.moc"
