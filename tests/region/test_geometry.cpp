// What is inside a region, against areas and places known by hand.
#include <cmath>
#include <numbers>
#include <numeric>

#include <QtTest>

#include "core/region/Region.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

Ring square(double left, double top, double side) {
    return {{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}};
}
std::int64_t insideOf(const RegionMask& mask) { return std::accumulate(mask.inside.begin(), mask.inside.end(), std::int64_t(0)); }
bool near(double value, double expected, double tolerance = 1e-9) {
    return std::abs(value - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

} // namespace

class TestGeometry : public QObject {
    Q_OBJECT

private slots:
    void squareWithHole() {
        const std::vector<Polygon> polygons{{square(10, 10, 20), {square(15, 15, 5)}}};
        QVERIFY(near(areaPx(polygons), 400 - 25, 2e-3)); // the rows of the hole are those whose centre it holds
        const auto box = boundingBox(polygons);
        QCOMPARE(box.left, 10.0);
        QCOMPARE(box.bottom, 30.0);
        QVERIFY(contains(polygons, {12, 12}) && contains(polygons, {21, 16}));
        QVERIFY(!contains(polygons, {17, 17}) && !contains(polygons, {9.99, 12}) && !contains(polygons, {30, 12}));
        QCOMPARE(insideOf(rasterised(polygons, 0, 0, 40, 40, 1)), std::int64_t(375)); // no pixel more along the borders
    }

    void maskOfParts() {
        const std::vector<Polygon> polygons{{square(10, 10, 20), {}}};
        QCOMPARE(insideOf(rasterised(polygons, 20, 20, 100, 100, 1)), std::int64_t(100));
        QCOMPARE(insideOf(rasterised(polygons, 0, 0, 10, 10, 4)), std::int64_t(25));
        QCOMPARE(insideOf(rasterised(polygons, -500, 0, 100, 100, 1)), std::int64_t(0));
        const auto fine = rasterised(polygons, 9, 9, 44, 44, 0.5);
        QCOMPARE(insideOf(fine), std::int64_t(1600));
        QCOMPARE(int(fine.inside[2 * 44 + 2]), 1);
        QCOMPARE(int(fine.inside[2 * 44 + 1]), 0);
        QCOMPARE(errorOf([&] { rasterised(polygons, 0, 0, 0, 10, 1); }), QByteArray("wrong-use"));
        QCOMPARE(errorOf([&] { rasterised(polygons, 0, 0, 1 << 20, 1 << 20, 1); }), QByteArray("wrong-use"));
        QCOMPARE(errorOf([&] { rasterised(polygons, 0, 0, 10, 10, std::nan("")); }), QByteArray("wrong-use"));
    }

    void manyPolygonsCountOnce() {
        const std::vector<Polygon> polygons{{square(0, 0, 10), {}}, {square(5, 0, 10), {}}, {square(100, 0, 10), {}}};
        QVERIFY(near(areaPx(polygons), 250));
        QVERIFY(contains(polygons, {7, 5})); // in two of them
        QVERIFY(near(coveredShare(polygons, 0, 0, 10), 1));
        QVERIFY(near(coveredShare(polygons, 10, 0, 10), 0.5));
    }

    void selfCrossingIsEvenOdd() {
        const std::vector<Polygon> bowTie{{{{0, 0}, {10, 10}, {10, 0}, {0, 10}}, {}}};
        QVERIFY(near(areaPx(bowTie), 50, 1e-6));
        QVERIFY(contains(bowTie, {1, 5}) && contains(bowTie, {9, 5}) && !contains(bowTie, {5, 1}));
        const std::vector<Polygon> twice{{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}, {10, 0}, {10, 10}, {0, 10}}, {}}};
        QVERIFY(!contains(twice, {5, 5}));
        QCOMPARE(areaPx(twice), 0.0);
    }

    void circleOfManyPoints() { // 100 000 places
        Ring ring;
        for (int i = 0; i < 100000; ++i) {
            const double angle = 2 * std::numbers::pi * i / 100000;
            ring.push_back({5000 + 1000 * std::cos(angle), 5000 + 1000 * std::sin(angle)});
        }
        const std::vector<Polygon> circle{{ring, {}}};
        const double area = std::numbers::pi * 1e6;
        QVERIFY(near(areaPx(circle), area, 1e-5));
        QVERIFY(near(double(insideOf(rasterised(circle, 3900, 3900, 2200, 2200, 1))), area, 1e-3));
        QVERIFY(near(coveredShare(circle, 4000, 4000, 2000), area / 4e6, 1e-3));
        QVERIFY(contains(circle, {5000, 5999}) && !contains(circle, {5000, 6001}));
    }

    void coverageOfTiles() {
        const std::vector<Polygon> half{{{{0, 0}, {100, 0}, {0, 100}}, {}}};
        QVERIFY(near(coveredShare(half, 0, 0, 100), 0.5, 1e-9));
        QVERIFY(near(coveredShare(half, 0, 0, 10), 1));
        QVERIFY(near(coveredShare(half, 100, 100, 10), 0));
        QVERIFY(near(coveredShare(half, -50, 0, 50), 0));
    }

    void nothing() {
        QCOMPARE(areaPx({}), 0.0);
        QVERIFY(!contains({}, {0, 0}));
        QCOMPARE(coveredShare(std::vector<Polygon>(), 0, 0, 10), 0.0);
        QCOMPARE(areaPx({{{{0, 0}, {10, 0}, {20, 0}}, {}}}), 0.0); // a line
        QVERIFY(boundingBox({}).right <= boundingBox({}).left);
    }
};

PHLOXINE_TEST(region_geometry, TestGeometry, NoApplication)
#include "test_geometry.moc"
