// The panes as widgets, with real events: where they look, what they draw, what they answer to.
#include <QAccessible>
#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QtTest>

#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/viewer/OverviewNavigator.h"
#include "ui/viewer/ScaleBar.h"
#include "ui/viewer/TileView.h"
#include "ui/viewer/overlay_painting.h"

using namespace phloxine;
using namespace phloxine::ui;

class TestViewer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wheelKeepsThePointUnderTheCursor();
    void pinchKeepsThePoint();
    void zoomHasLimits();
    void dragPansByExactMicrometres();
    void viewStaysOnTheSlide();
    void keys();
    void frameCoversExactlyOneTile_data();
    void frameCoversExactlyOneTile();
    void frameKeepsItsPlaceThroughAUserScale();
    void bothPanesDrawTheTileAtTheSamePlace();
    void paintsTheRightPixels_data();
    void paintsTheRightPixels();
    void hidesTheScaleBarWithoutScale();
    void navigatorMovesTheView();
    void tileViewAsksForZoom();
    void tileViewDrawsTheTile();
    void frameOfTheMissingCrossesNoWords();
    void chipsLeaveEachOtherRoom();
    void isAccessible();
};

void TestViewer::wheelKeepsThePointUnderTheCursor() {
    OpenView view;
    view.setViewMicronsPerPixel(1);
    const QPointF cursor(70, 333);
    for (int angle : {120, 120, -120, 240, -60, -360}) {
        const QPointF before = level0At(view, cursor);
        const double mpp = view.viewMicronsPerPixel();
        wheel(view, cursor, angle);
        QVERIFY(QLineF(level0At(view, cursor), before).length() < 1e-6);
        QVERIFY(qFuzzyCompare(view.viewMicronsPerPixel(), mpp * std::exp2(-angle / 240.0)));
    }
}

void TestViewer::pinchKeepsThePoint() {
    OpenView view;
    view.setViewMicronsPerPixel(1);
    const QPointF at(300, 100), before = level0At(view, at);
    QNativeGestureEvent pinch(Qt::ZoomNativeGesture, QPointingDevice::primaryPointingDevice(), 2, at, at, view.mapToGlobal(at), 0.25, {});
    QCoreApplication::sendEvent(&view, &pinch);
    QCOMPARE(view.viewMicronsPerPixel(), 0.8);
    QVERIFY(QLineF(level0At(view, at), before).length() < 1e-6);
}

void TestViewer::zoomHasLimits() {
    OpenView view;
    const QPointF before = level0At(view, {200, 200});
    for (int n = 0; n < 40; ++n) wheel(view, {200, 200}, 480);
    QCOMPARE(view.viewMicronsPerPixel(), syntheticMpp / 32);
    QVERIFY(QLineF(level0At(view, {200, 200}), before).length() < 1e-3);
    for (int n = 0; n < 40; ++n) wheel(view, {200, 200}, -480);
    QVERIFY(view.visibleLevel0().width() < 20000 * 10);
    view.setViewMicronsPerPixel(-1);
    view.setViewMicronsPerPixel(std::nan(""));
    QVERIFY(view.viewMicronsPerPixel() > 0);
    QVERIFY(view.sharp());
}

void TestViewer::dragPansByExactMicrometres() {
    OpenView view;
    view.setViewMicronsPerPixel(0.8);
    const QPointF before = view.centre();
    drag(view, {200, 200}, {150, 237});
    const QPointF moved = (view.centre() - before) * syntheticMpp; // micrometres
    QVERIFY(QLineF(moved, QPointF(50 * 0.8, -37 * 0.8)).length() < 1e-9);
}

void TestViewer::viewStaysOnTheSlide() {
    OpenView view;
    view.setCentre({-1e9, 1e9});
    QCOMPARE(view.centre(), QPointF(0, 16000));
    QVERIFY(view.sharp());
    QVERIFY(!view.grab().isNull());
}

void TestViewer::keys() {
    OpenView view;
    view.setTileFrame(256, 0.5);
    view.setFocus();
    const std::pair<Qt::Key, double> powers[] = {{Qt::Key_1, 4}, {Qt::Key_2, 2}, {Qt::Key_3, 1}, {Qt::Key_4, 0.5}, {Qt::Key_5, 0.25}};
    for (const auto& [key, mpp] : powers) {
        QTest::keyClick(&view, key);
        QCOMPARE(view.viewMicronsPerPixel(), mpp);
    }
    QTest::keyClick(&view, Qt::Key_Minus);
    QCOMPARE(view.viewMicronsPerPixel(), 0.25 * 1.25);
    QTest::keyClick(&view, Qt::Key_Plus);
    QCOMPARE(view.viewMicronsPerPixel(), 0.25);
    QTest::keyClick(&view, Qt::Key_0);
    QCOMPARE(view.viewMicronsPerPixel(), 128.0 / (400 - 24));

    view.setViewMicronsPerPixel(0.5);
    QPointF before = view.centre();
    QTest::keyClick(&view, Qt::Key_Right);
    QCOMPARE(view.centre() - before, QPointF(64 * 0.5 / syntheticMpp, 0));
    before = view.centre();
    QTest::keyClick(&view, Qt::Key_Up, Qt::ShiftModifier);
    QCOMPARE(view.centre() - before, QPointF(0, -512)); // one tile: 128 um
    const double mpp = view.viewMicronsPerPixel();
    QTest::keyClick(&view, Qt::Key_1, Qt::ControlModifier); // not ours
    QCOMPARE(view.viewMicronsPerPixel(), mpp);
}

void TestViewer::frameCoversExactlyOneTile_data() {
    QTest::addColumn<int>("tilePx");
    QTest::addColumn<double>("mpp");
    QTest::newRow("the same scale") << 256 << syntheticMpp;
    QTest::newRow("20x") << 256 << 0.5;
    QTest::newRow("odd") << 224 << 0.4937;
}

void TestViewer::frameCoversExactlyOneTile() {
    QFETCH(int, tilePx);
    QFETCH(double, mpp);
    OpenView view;
    view.setTileFrame(tilePx, mpp);
    view.setCentre({5001.25, 7003.5});
    const QRectF frame = view.tileFrameLevel0();
    QVERIFY(std::abs(frame.width() * syntheticMpp - tilePx * mpp) < 1e-9);
    QCOMPARE(frame.width(), frame.height());
    QVERIFY(QLineF(frame.center(), view.centre()).length() < 1e-9);

    // On the screen: the dark line's inner edge is the region's edge.
    view.setViewMicronsPerPixel(mpp);
    QVERIFY(view.sharp());
    const QImage shown = view.grab().toImage();
    const int left = int(std::lround((400 - tilePx) / 2.0));
    QCOMPARE(shown.pixelColor(left - 1, 200), QColor(0x1B, 0x1B, 0x1B));
    QCOMPARE(shown.pixelColor(left - 2, 200), QColor(0x1B, 0x1B, 0x1B));
    QCOMPARE(shown.pixelColor(left - 3, 200), QColor(Qt::white));
    QCOMPARE(shown.pixelColor(left, 200), QColor(Qt::white));
    QCOMPARE(shown.pixelColor(left + tilePx, 200), QColor(0x1B, 0x1B, 0x1B));
    view.setTileFrame(0, 0);
    QVERIFY(view.tileFrameLevel0().isEmpty());
}

void TestViewer::frameKeepsItsPlaceThroughAUserScale() {
    OpenView view;
    view.setTileFrame(256, 0.5);
    view.setCentre({4000, 3000});
    view.setUserScale(0.5);
    QVERIFY((view.slideScale() == Scale{0.5, ScaleSource::User}));
    QVERIFY(QLineF(view.centre(), QPointF(4000, 3000)).length() < 1e-6);
    QCOMPARE(view.tileFrameLevel0().width(), 256.0);
    view.setUserScale(0);
    QCOMPARE(view.slideScale().micronsPerPixel, syntheticMpp);
    QCOMPARE(view.tileFrameLevel0().width(), 512.0);
}

void TestViewer::bothPanesDrawTheTileAtTheSamePlace() {
    OpenView slide;
    TileView tile;
    tile.resize(slide.size());
    slide.setTileFrame(256, 0.5);
    QImage picture(256, 256, QImage::Format_RGB32);
    picture.fill(QColor(200, 100, 200));
    tile.setTile(picture, {0.5, ScaleSource::Model}, false);
    for (double mpp : {0.5, 0.37, 1.0, 128.0 / 376}) {
        slide.setViewMicronsPerPixel(mpp);
        tile.setViewMicronsPerPixel(mpp);
        const QRect rect = tile.tileRect();
        const QImage real = slide.grab().toImage(), made = tile.grab().toImage();
        const int y = rect.center().y();
        QCOMPARE(real.pixelColor(rect.left() - 1, y), QColor(0x1B, 0x1B, 0x1B));
        QCOMPARE(real.pixelColor(rect.right() + 1, y), QColor(0x1B, 0x1B, 0x1B));
        QCOMPARE(made.pixelColor(rect.left(), y), QColor(200, 100, 200));
        QCOMPARE(made.pixelColor(rect.right(), y), QColor(200, 100, 200));
        QVERIFY(made.pixelColor(rect.left() - 1, y) != QColor(200, 100, 200));
    }
}

void TestViewer::paintsTheRightPixels_data() {
    QTest::addColumn<double>("mpp");
    QTest::addColumn<QPointF>("centre");
    QTest::addColumn<int>("largest");
    QTest::addColumn<double>("mean");
    QTest::newRow("1:1") << 0.25 << QPointF(10000, 8000) << 0 << 0.0;
    QTest::newRow("1:1, across tiles") << 0.25 << QPointF(512, 768) << 0 << 0.0;
    QTest::newRow("half") << 0.5 << QPointF(10000, 8000) << 2 << 0.6;
    QTest::newRow("between levels") << 0.375 << QPointF(10000, 8000) << 100 << 2.0;
}

void TestViewer::paintsTheRightPixels() {
    QFETCH(double, mpp);
    QFETCH(QPointF, centre);
    QFETCH(int, largest);
    QFETCH(double, mean);
    OpenView view;
    view.setViewMicronsPerPixel(mpp);
    view.setCentre(centre);
    QVERIFY(view.sharp());
    const QImage shown = view.grab().toImage();
    const auto slide = syntheticSlide(20000, 16000);
    const QRect area(40, 40, 320, 280); // clear of the chips
    const double scale = mpp / syntheticMpp;
    const auto left = std::llround(centre.x() + (area.left() - 200) * scale), top = std::llround(centre.y() + (area.top() - 200) * scale);
    const Image expected = readRegion(*slide, left, top, area.width(), area.height(), mpp);
    const Difference d = difference(shown, area, expected);
    qInfo("largest difference %d, mean %.3f", d.largest, d.mean);
    QVERIFY(d.largest <= largest);
    QVERIFY(d.mean <= mean);
}

void TestViewer::hidesTheScaleBarWithoutScale() {
    QTemporaryDir folder;
    QImage plain(600, 500, QImage::Format_RGB32);
    plain.fill(QColor(180, 90, 150));
    plain.setDotsPerMeterX(0);
    plain.setDotsPerMeterY(0);
    const QString path = folder.filePath(QStringLiteral("plain.png"));
    QVERIFY(plain.save(path));
    OpenView view(path);
    QVERIFY(view.ok);
    view.setTileFrame(256, 0.5);
    QVERIFY(!view.slideScale().known());
    QCOMPARE(view.tileFrameLevel0().width(), 256.0); // pixel for pixel beside the tile
    view.setViewMicronsPerPixel(0.25);
    QVERIFY(view.sharp());
    const QRect corner(12, 400 - 44, 60, 32);
    QCOMPARE(view.grab().toImage().pixelColor(corner.center()), QColor(180, 90, 150));
    view.setUserScale(0.5);
    view.setViewMicronsPerPixel(0.25);
    QVERIFY(view.sharp());
    QVERIFY(view.grab().toImage().pixelColor(corner.center()) != QColor(180, 90, 150)); // the chip
}

void TestViewer::navigatorMovesTheView() {
    OpenView view;
    OverviewNavigator navigator(&view);
    navigator.resize(248, 192);
    navigator.show();
    QVERIFY(QTest::qWaitFor([&] { return !view.overview().isNull(); }));
    const QRectF picture = navigator.pictureRect();
    QCOMPARE(picture.size(), QSizeF(240, 192)); // 20000 x 16000
    view.setViewMicronsPerPixel(2);
    QTest::mouseClick(&navigator, Qt::LeftButton, {}, picture.topLeft().toPoint() + QPoint(60, 48));
    QVERIFY(QLineF(view.centre(), QPointF(5000, 4000)).length() < 84); // one pixel of the overview
    QVERIFY(navigator.boxRect().contains(picture.topLeft().toPoint() + QPoint(60, 48)));
    const QPointF before = view.centre();
    navigator.setFocus();
    QTest::keyClick(&navigator, Qt::Key_Right);
    QVERIFY(std::abs((view.centre() - before).x() - view.visibleLevel0().width() / 5) < 1e-6);
    QTest::keyClick(&navigator, Qt::Key_Home);
    QCOMPARE(view.centre(), QPointF(10000, 8000));
    view.setViewMicronsPerPixel(0.05);
    QVERIFY(navigator.boxRect().width() >= 8);
    view.closeSlide();
    QVERIFY(navigator.boxRect().isEmpty());
    QVERIFY(!navigator.grab().isNull());
}

void TestViewer::tileViewAsksForZoom() {
    TileView view;
    view.resize(400, 400);
    view.setViewMicronsPerPixel(0.5);
    QSignalSpy zoom(&view, &TileView::zoomRequested), fit(&view, &TileView::fitRequested);
    wheel(view, {200, 200}, 240);
    QCOMPARE(zoom.takeLast()[0].toDouble(), 0.25);
    QTest::keyClick(&view, Qt::Key_3);
    QCOMPARE(zoom.takeLast()[0].toDouble(), 1.0);
    QTest::keyClick(&view, Qt::Key_0);
    QCOMPARE(fit.size(), 1);
    QCOMPARE(view.viewMicronsPerPixel(), 0.5); // it owns no zoom
}

void TestViewer::tileViewDrawsTheTile() {
    TileView view;
    view.resize(400, 400);
    QImage picture(256, 256, QImage::Format_RGB888);
    for (int y = 0; y < 256; ++y)
        for (int x = 0; x < 256; ++x) picture.setPixelColor(x, y, QColor(x, y, 128));
    view.setTile(picture, {0.5, ScaleSource::Assumed}, false);
    view.setViewMicronsPerPixel(0.5);
    QCOMPARE(view.tileRect(), QRect(72, 72, 256, 256));
    const QImage shown = view.grab().toImage();
    QCOMPARE(shown.copy(72, 72, 256, 256).convertToFormat(QImage::Format_RGB888), picture); // 1:1 and not blurred
    QCOMPARE(shown.pixelColor(72, 71), QColor(0x0B, 0x67, 0x70));                           // a dash, outside the tile
    view.setViewMicronsPerPixel(4);                                                         // far out: area-reduced, still centred
    QCOMPARE(view.tileRect(), QRect(184, 184, 32, 32));
    QVERIFY(!view.grab().isNull());
    view.clear();
    QVERIFY(!view.hasTile());
    QVERIFY(view.tileRect().isEmpty());
}

void TestViewer::frameOfTheMissingCrossesNoWords() {
    TileView view;
    view.resize(400, 400);
    view.setExpectedTile(256, 0.5);
    const auto shown = [&](double micronsPerPixel) {
        view.setViewMicronsPerPixel(micronsPerPixel);
        return view.grab().toImage();
    };
    const QImage around = shown(0.36), inside = shown(4), nearlyNone = shown(400);
    QVERIFY(around != inside);
    QCOMPARE(inside, nearlyNone); // 32 px would lie in the middle of the words, as one pixel does
}

void TestViewer::chipsLeaveEachOtherRoom() {
    for (const int width : {240, 300, 420, 800}) {
        OpenView view(sampleSlide());
        view.resize(width, 400);
        view.setTileFrame(256, 0.5);
        view.setViewMicronsPerPixel(0.57);
        QVERIFY(view.sharp());
        const auto bar = scaleBar(0.57, view.slideScale().source);
        QVERIFY(bar);
        const QImage shown = view.grab().toImage();
        QCOMPARE(shown.pixelColor(12 + 8 + int(std::round(bar->lengthPx)) - 1, 400 - 12 - 7 - 4), overlayTextColor); // the end of the bar
    }
}

void TestViewer::isAccessible() {
    OpenView view(sampleSlide());
    view.setViewMicronsPerPixel(0.28);
    QCOMPARE(view.accessibleName(), QStringLiteral("Real slide CMU-1-Small-Region.svs, 0.50 µm per pixel, 112 µm wide"));
    QCOMPARE(view.focusPolicy(), Qt::StrongFocus);
    QCOMPARE(QAccessible::queryAccessibleInterface(&view)->role(), QAccessible::Graphic);
    TileView tile;
    QVERIFY(!tile.accessibleName().isEmpty() && !tile.accessibleDescription().isEmpty());
    QImage picture(256, 256, QImage::Format_RGB32);
    tile.setTileName(QStringLiteral("lung adenocarcinoma, seed 41"));
    tile.setTile(picture, {0.5, ScaleSource::Assumed}, false);
    QCOMPARE(tile.accessibleName(), QStringLiteral("Synthetic tile, lung adenocarcinoma, seed 41"));
    QCOMPARE(tile.accessibleDescription(), QStringLiteral("0.50 µm per pixel, assumed, 128 µm wide."));
    QFocusEvent tab(QEvent::FocusIn, Qt::TabFocusReason), mouse(QEvent::FocusIn, Qt::MouseFocusReason);
    view.setTileFrame(256, 0.5);
    QCoreApplication::sendEvent(&view, &mouse);
    const QImage without = view.grab().toImage();
    QCoreApplication::sendEvent(&view, &tab);
    QVERIFY(view.grab().toImage().pixelColor(0, 200) != without.pixelColor(0, 200)); // the ring, for keyboard focus only
}

PHLOXINE_TEST(ui_viewer, TestViewer, QApplication)
#include "test_viewer.moc"
