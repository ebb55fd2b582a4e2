// The values behind the panes: transform, scale bar, tile geometry, cache. No widgets.
#include <set>

#include <QtTest>

#include "tests/support/test_main.h"
#include "ui/viewer/ScaleBar.h"
#include "ui/viewer/TileCache.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/ViewTransform.h"
#include "ui/viewer/overlay_painting.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {
QImage tileOfBytes(int bytes) { return {bytes / 4, 1, QImage::Format_RGB32}; }

SlideInfo slideInfo(double width, double height, std::vector<double> downsamples) {
    SlideInfo info;
    for (double d : downsamples) info.levels.push_back({std::int64_t(width / d), std::int64_t(height / d), d});
    return info;
}

// Every pixel says where on level 0 it lies, so that a wrong offset shows as a wrong colour.
class Coordinates : public SlideSource {
public:
    Coordinates(double side, std::vector<double> downsamples) : m_info(slideInfo(side, side, std::move(downsamples))) {}
    const SlideInfo& info() const override { return m_info; }
    Image read(int level, std::int64_t x, std::int64_t y, int width, int height) override {
        ++reads;
        largest = std::max(largest, width * height);
        const double d = m_info.levels[std::size_t(level)].downsample;
        Image image(width, height);
        for (int row = 0; row < height; ++row)
            for (int column = 0; column < width; ++column) {
                image.pixel(column, row)[0] = std::uint8_t(std::int64_t(double(x) + column * d) / 64);
                image.pixel(column, row)[1] = std::uint8_t(std::int64_t(double(y) + row * d) / 64);
                image.pixel(column, row)[2] = std::uint8_t(level);
            }
        return image;
    }
    int reads = 0, largest = 0;

private:
    SlideInfo m_info;
};
} // namespace

class TestViewerParts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void transformThereAndBack();
    void orientationsAgree_data();
    void orientationsAgree();
    void turningAndFlippingUndoThemselves();
    void zoomKeepsThePointUnderTheCursor();
    void panFollowsThePointer();
    void fittingTileLeavesTheMargin();
    void centredSquareIsWhole_data();
    void centredSquareIsWhole();
    void powersAreMicronsPerPixel();
    void scaleBarIsRound_data();
    void scaleBarIsRound();
    void scaleBarAlwaysFits();
    void scaleBarSaysWhenAssumed();
    void scaleBarNeedsAScale();
    void numbersAreGrouped();
    void levelIsJustFinerThanTheScreen();
    void levelsComeFromTheFile();
    void coveringIsCompleteAndFromTheMiddle();
    void coveringStaysOnTheSlide();
    void tilesLieWhereTheySay_data();
    void tilesLieWhereTheySay();
    void largeTilesAreReadInPieces();
    void unwantedTilesAreGivenUp();
    void cacheKeepsItsBudget();
    void cacheThrowsOutTheLeastRecentlyUsed();
    void cacheTakesNoStaleTiles();
    void cacheReplaces();
};

void TestViewerParts::orientationsAgree_data() {
    QTest::addColumn<int>("turns");
    QTest::addColumn<bool>("mirrored");
    for (int turns = 0; turns < 4; ++turns)
        for (const bool mirrored : {false, true}) QTest::addRow("%d %d", turns, mirrored) << turns << mirrored;
}

void TestViewerParts::orientationsAgree() {
    QFETCH(int, turns);
    QFETCH(bool, mirrored);
    ViewTransform view{{1000, 700}, 0.5, {640, 480}, {turns, mirrored}};
    for (const QPointF point : {QPointF(0, 0), QPointF(640, 480), QPointF(13, 411)}) {
        const QPointF um = view.toMicrometres(point);
        QVERIFY(QLineF(view.toScreen(um), point).length() < 1e-9);
        QVERIFY(QLineF(view.transform().map(um), point).length() < 1e-9); // what a layer draws with
        QVERIFY(view.visible().adjusted(-1e-9, -1e-9, 1e-9, 1e-9).contains(um));
    }
    QCOMPARE(view.visible().size(), turns % 2 ? QSizeF(240, 320) : QSizeF(320, 240));
    const QPointF under = view.toMicrometres({100, 50});
    view.panBy({30, -20});
    QVERIFY(QLineF(view.toScreen(under), QPointF(130, 30)).length() < 1e-9);
    view.zoomAbout({130, 30}, 0.2);
    QVERIFY(QLineF(view.toScreen(under), QPointF(130, 30)).length() < 1e-9);
    const QSizeF upright = view.orientation.turned(view.size);
    const QTransform back = view.orientation.fromUpright(upright);
    QCOMPARE(back.mapRect(QRectF(QPointF(0, 0), upright)), QRectF(QPointF(0, 0), view.size));
}

void TestViewerParts::turningAndFlippingUndoThemselves() {
    for (int turns = 0; turns < 4; ++turns)
        for (const bool mirrored : {false, true}) {
            const Orientation o{turns, mirrored};
            QCOMPARE(o.turnedBy(1).turnedBy(-1), o);
            QCOMPARE(o.turnedBy(3).turnedBy(1), o);
            QCOMPARE(o.flipped().flipped(), o);
            const QPointF seen = o.turned(QPointF(2, 1)); // on the screen, then flipped there
            QCOMPARE(o.flipped().turned(QPointF(2, 1)), QPointF(-seen.x(), seen.y()));
            QCOMPARE(o.turnedBy(1).turned(QPointF(2, 1)), QPointF(-seen.y(), seen.x()));
        }
}

void TestViewerParts::transformThereAndBack() {
    const ViewTransform view{{100, 50}, 0.5, {400, 300}};
    QCOMPARE(view.toScreen({100, 50}), QPointF(200, 150));
    QCOMPARE(view.toMicrometres({0, 0}), QPointF(0, -25));
    QCOMPARE(view.toMicrometres(view.toScreen({12.25, 7.5})), QPointF(12.25, 7.5));
    QCOMPARE(view.visible(), QRectF(0, -25, 200, 150));
}

void TestViewerParts::zoomKeepsThePointUnderTheCursor() {
    ViewTransform view{{100, 50}, 0.5, {400, 300}};
    const QPointF cursor(31, 277), before = view.toMicrometres(cursor);
    view.zoomAbout(cursor, 0.03);
    QCOMPARE(view.micronsPerPixel, 0.03);
    QVERIFY(QLineF(view.toMicrometres(cursor), before).length() < 1e-9);
}

void TestViewerParts::panFollowsThePointer() {
    ViewTransform view{{100, 50}, 0.5, {400, 300}};
    view.panBy({10, -4});
    QCOMPARE(view.centre, QPointF(95, 52));
}

void TestViewerParts::fittingTileLeavesTheMargin() {
    QCOMPARE(fittingMicronsPerPixel({366, 533}, 171), 0.5); // 366 - 2 * 12 = 342 px
    QVERIFY(fittingMicronsPerPixel({0, 0}, 128) > 0);
}

void TestViewerParts::centredSquareIsWhole_data() {
    QTest::addColumn<QSizeF>("pane");
    QTest::addColumn<double>("ratio");
    for (double ratio : {1.0, 1.25, 1.5, 2.0})
        for (QSizeF pane : {QSizeF(400, 400), QSizeF(401, 333)})
            QTest::addRow("%gx%g at %g", pane.width(), pane.height(), ratio) << pane << ratio;
}

void TestViewerParts::centredSquareIsWhole() {
    QFETCH(QSizeF, pane);
    QFETCH(double, ratio);
    const QRect square = centredSquare(pane, 128, 0.5, ratio);
    QCOMPARE(square.width(), int(256 * ratio));
    QCOMPARE(square.height(), square.width());
    QVERIFY(std::abs(square.left() + square.width() / 2.0 - pane.width() * ratio / 2) <= 0.5);
    QVERIFY(std::abs(square.top() + square.height() / 2.0 - pane.height() * ratio / 2) <= 0.5);
}

void TestViewerParts::powersAreMicronsPerPixel() {
    QCOMPARE(micronsPerPixelForPower(10), 1.0);
    QCOMPARE(micronsPerPixelForPower(40), 0.25);
}

void TestViewerParts::scaleBarIsRound_data() {
    QTest::addColumn<double>("mpp");
    QTest::addColumn<double>("micrometres");
    QTest::addColumn<QString>("label");
    QTest::newRow("design picture") << 0.36 << 50.0 << QStringLiteral("50\u00A0µm");
    QTest::newRow("40x") << 0.25 << 20.0 << QStringLiteral("20\u00A0µm"); // 80 px exactly
    QTest::newRow("upper end") << 5.0 / 180 << 5.0 << QStringLiteral("5\u00A0µm");
    QTest::newRow("overview") << 20.0 << 2000.0 << QStringLiteral("2\u00A0mm");
    QTest::newRow("below a micrometre") << 0.004 << 0.5 << QStringLiteral("0.5\u00A0µm");
}

void TestViewerParts::scaleBarIsRound() {
    QFETCH(double, mpp);
    QFETCH(double, micrometres);
    QFETCH(QString, label);
    const auto bar = scaleBar(mpp, ScaleSource::Property);
    QVERIFY(bar);
    QCOMPARE(bar->micrometres, micrometres);
    QCOMPARE(bar->label, label);
    QCOMPARE(bar->lengthPx, micrometres / mpp);
}

void TestViewerParts::scaleBarAlwaysFits() {
    for (double mpp = 0.001; mpp < 1000; mpp *= 1.003) {
        const auto bar = scaleBar(mpp, ScaleSource::Property);
        QVERIFY(bar);
        QVERIFY2(bar->lengthPx >= 71.9 && bar->lengthPx <= 180.001, qPrintable(QString::number(mpp)));
        const double mantissa = bar->micrometres / std::pow(10, std::floor(std::log10(bar->micrometres) + 1e-9));
        QVERIFY(qFuzzyCompare(mantissa, 1.0) || qFuzzyCompare(mantissa, 2.0) || qFuzzyCompare(mantissa, 5.0));
    }
}

void TestViewerParts::scaleBarSaysWhenAssumed() {
    QCOMPARE(scaleBar(0.36, ScaleSource::Assumed)->label, QStringLiteral("~50\u00A0µm"));
    QVERIFY(!scaleBar(0.36, ScaleSource::User)->label.startsWith('~'));
}

void TestViewerParts::scaleBarNeedsAScale() {
    QVERIFY(!scaleBar(0.5, ScaleSource::Unknown));
    QVERIFY(!scaleBar(0, ScaleSource::Property));
    QVERIFY(!scaleBar(-1, ScaleSource::Property));
    QVERIFY(!scaleBar(std::nan(""), ScaleSource::Property));
    QVERIFY(!scaleBar(INFINITY, ScaleSource::Property));
}

void TestViewerParts::numbersAreGrouped() {
    QCOMPARE(groupedNumber(0), QStringLiteral("0"));
    QCOMPARE(groupedNumber(999), QStringLiteral("999"));
    QCOMPARE(groupedNumber(1006), QStringLiteral("1\u00A0006"));
    QCOMPARE(groupedNumber(-1234567), QStringLiteral("\u22121\u00A0234\u00A0567"));
}

void TestViewerParts::levelIsJustFinerThanTheScreen() {
    const TilePyramid pyramid(slideInfo(40000, 30000, {1, 4, 16}));
    QCOMPARE(pyramid.levelFor(0.1), 0);
    QCOMPARE(pyramid.levelFor(1), 0);
    QCOMPARE(pyramid.levelFor(1.99), 0);
    QCOMPARE(pyramid.levelFor(2), 1);
    QCOMPARE(pyramid.levelFor(5), 2);
    QCOMPARE(pyramid.levelFor(1e9), pyramid.topLevel());
    QCOMPARE(pyramid.topLevel(), 8); // 256 * 2^8 >= 40000
}

void TestViewerParts::levelsComeFromTheFile() {
    const TilePyramid pyramid(slideInfo(40000, 30000, {1, 4.0001, 16.002}));
    QCOMPARE(pyramid.nativeLevel(0), 0);
    QCOMPARE(pyramid.nativeLevel(1), 0);
    QCOMPARE(pyramid.nativeLevel(2), 1);
    QCOMPARE(pyramid.nativeLevel(3), 1);
    QCOMPARE(pyramid.nativeLevel(4), 2);
    QCOMPARE(pyramid.quickCoarserLevel(0), std::optional(2));
    QCOMPARE(pyramid.quickCoarserLevel(2), std::optional(4));
    QVERIFY(!pyramid.quickCoarserLevel(4));
    const TilePyramid twos(slideInfo(40000, 30000, {1, 2, 4, 8}));
    QCOMPARE(twos.nativeLevel(1), 0); // near the models' scale: from level 0
    QCOMPARE(twos.nativeLevel(2), 2);
}

void TestViewerParts::coveringIsCompleteAndFromTheMiddle() {
    const TilePyramid pyramid(slideInfo(10000, 10000, {1}));
    const auto keys = pyramid.covering(QRectF(300, 600, 700, 300), 0, 7);
    QCOMPARE(keys.size(), std::size_t(3 * 2)); // columns 1..3, rows 2..3
    std::set<std::pair<int, int>> places;
    for (const TileKey& key : keys) {
        QCOMPARE(key.slide, 7);
        places.insert({key.column, key.row});
    }
    QVERIFY(places.contains({1, 2}) && places.contains({3, 3}) && places.size() == 6);
    QVERIFY(TilePyramid::tileLevel0(keys.front()).contains(QPointF(650, 750)));
}

void TestViewerParts::coveringStaysOnTheSlide() {
    const TilePyramid pyramid(slideInfo(1000, 500, {1}));
    QCOMPARE(pyramid.covering(QRectF(-1e6, -1e6, 2e6, 2e6), 0, 1).size(), std::size_t(4 * 2));
    QVERIFY(pyramid.covering(QRectF(2000, 0, 10, 10), 0, 1).empty());
    QVERIFY(TilePyramid().covering(QRectF(0, 0, 10, 10), 0, 1).empty());
}

void TestViewerParts::tilesLieWhereTheySay_data() {
    QTest::addColumn<int>("level");
    QTest::addColumn<int>("native");
    for (int level = 0; level <= 5; ++level) QTest::addRow("downsample %d", 1 << level) << level << (level < 2 ? 0 : level < 4 ? 1 : 2);
}

void TestViewerParts::tilesLieWhereTheySay() {
    QFETCH(int, level);
    QFETCH(int, native);
    Coordinates slide(16384, {1, 4, 16});
    const TilePyramid pyramid(slide.info());
    const TileKey key{1, level, 1, 0};
    const QImage tile = readTile(slide, pyramid, key, [] { return true; });
    QCOMPARE(tile.size(), QSize(258, 258));
    const QColor color = tile.pixelColor(tileGutterPx + 200, tileGutterPx + 100);
    QCOMPARE(color.blue(), native);
    QVERIFY(std::abs(color.red() - (((256 + 200) << level) / 64)) <= 1);
    QVERIFY(std::abs(color.green() - ((100 << level) / 64)) <= 1);
}

void TestViewerParts::largeTilesAreReadInPieces() {
    Coordinates slide(16384, {1});
    const TilePyramid pyramid(slide.info());
    readTile(slide, pyramid, {1, 5, 0, 0}, [] { return true; });
    QVERIFY(slide.reads > 50);
    QVERIFY(slide.largest <= 1024 * 1024);
}

void TestViewerParts::unwantedTilesAreGivenUp() {
    Coordinates slide(16384, {1});
    const TilePyramid pyramid(slide.info());
    int asked = 0;
    QVERIFY(readTile(slide, pyramid, {1, 5, 0, 0}, [&] { return ++asked <= 3; }).isNull());
    QCOMPARE(slide.reads, 3);
}

void TestViewerParts::cacheKeepsItsBudget() {
    TileCache cache(1000);
    cache.begin(1);
    for (int n = 0; n < 50; ++n) {
        QVERIFY(cache.insert({1, 0, n, 0}, tileOfBytes(96)));
        QVERIFY(cache.bytes() <= 1000);
    }
    QCOMPARE(cache.count(), std::size_t(10));
    QVERIFY(!cache.insert({1, 0, 99, 0}, tileOfBytes(1004))); // alone too large: nothing is thrown out for it
    QCOMPARE(cache.count(), std::size_t(10));
    QCOMPARE(cache.bytes(), std::size_t(960));
}

void TestViewerParts::cacheThrowsOutTheLeastRecentlyUsed() {
    TileCache cache(300);
    cache.begin(1);
    for (int n = 0; n < 3; ++n) cache.insert({1, 0, n, 0}, tileOfBytes(100));
    QVERIFY(cache.find({1, 0, 0, 0})); // a use
    cache.insert({1, 0, 3, 0}, tileOfBytes(100));
    QVERIFY(cache.contains({1, 0, 0, 0}));
    QVERIFY(!cache.contains({1, 0, 1, 0}));
    QVERIFY(cache.contains({1, 0, 2, 0}));
    QVERIFY(!cache.find({1, 0, 1, 0}));
}

void TestViewerParts::cacheTakesNoStaleTiles() {
    TileCache cache(1000);
    cache.begin(1);
    QVERIFY(cache.insert({1, 0, 0, 0}, tileOfBytes(100)));
    cache.begin(2);
    QCOMPARE(cache.count(), std::size_t(0));
    QCOMPARE(cache.bytes(), std::size_t(0));
    QVERIFY(!cache.insert({1, 0, 0, 0}, tileOfBytes(100))); // arrives late, of the slide before
    QVERIFY(cache.insert({2, 0, 0, 0}, tileOfBytes(100)));
}

void TestViewerParts::cacheReplaces() {
    TileCache cache(1000);
    cache.begin(1);
    cache.insert({1, 0, 0, 0}, tileOfBytes(100));
    cache.insert({1, 0, 0, 0}, tileOfBytes(200));
    QCOMPARE(cache.count(), std::size_t(1));
    QCOMPARE(cache.bytes(), std::size_t(200));
}

PHLOXINE_TEST(ui_viewer_parts, TestViewerParts, QCoreApplication)
#include "test_viewer_parts.moc"
