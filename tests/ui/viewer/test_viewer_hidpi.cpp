// The panes on a screen with two device pixels per logical pixel.
#include <QtTest>

#include "core/slide/SlideSource.h"
#include "ui/viewer/OverviewNavigator.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"

using namespace phloxine;
using namespace phloxine::ui;

class TestViewerHidpi : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void usesEveryDevicePixel();
    void panesAgree();
    void navigatorIsSharp();
};

void TestViewerHidpi::usesEveryDevicePixel() {
    SlideView view;
    view.resize(300, 300);
    view.show();
    view.openSlide(QStringLiteral("synthetic:20000x16000"));
    view.setViewMicronsPerPixel(0.5); // 0.25 um per device pixel: the slide's own
    QVERIFY(QTest::qWaitFor([&] { return view.hasSlide() && view.pendingTiles() == 0; }, 20000));
    QCOMPARE(view.visibleLevel0().width(), 600.0);
    const QImage shown = view.grab().toImage();
    QCOMPARE(shown.size(), QSize(600, 600));
    const auto slide = syntheticSlide(20000, 16000);
    const Image expected = slide->read(0, 10000 - 300, 8000 - 300, 600, 600);
    for (int y = 100; y < 480; y += 3)
        for (int x = 8; x < 592; x += 3) { // clear of a focus ring
            const std::uint8_t* p = expected.pixel(x, y);
            QCOMPARE(shown.pixelColor(x, y), QColor(p[0], p[1], p[2]));
        }
}

void TestViewerHidpi::panesAgree() {
    SlideView slide;
    TileView tile;
    slide.resize(301, 300);
    tile.resize(301, 300);
    slide.setTileFrame(256, 0.5);
    slide.setViewMicronsPerPixel(0.6);
    slide.openSlide(QStringLiteral("synthetic:20000x16000"));
    QVERIFY(QTest::qWaitFor([&] { return slide.hasSlide() && slide.pendingTiles() == 0; }, 20000));
    QImage picture(256, 256, QImage::Format_RGB32);
    picture.fill(QColor(200, 100, 200));
    tile.setTile(picture, {0.5, ScaleSource::Model}, true);
    tile.setViewMicronsPerPixel(0.6);
    const QRect rect = tile.tileRect();
    QCOMPARE(rect.width(), 427); // 128 um / 0.6 * 2
    const QImage real = slide.grab().toImage(), made = tile.grab().toImage();
    for (int out = 1; out <= 4; ++out) QCOMPARE(real.pixelColor(rect.left() - out, 300), QColor(0x1B, 0x1B, 0x1B));
    QCOMPARE(real.pixelColor(rect.left(), 300), QColor(Qt::white));
    QCOMPARE(made.pixelColor(rect.left(), 300), QColor(200, 100, 200));
    QVERIFY(made.pixelColor(rect.left() - 1, 300) != QColor(200, 100, 200));
}

void TestViewerHidpi::navigatorIsSharp() {
    SlideView view;
    view.resize(300, 300);
    OverviewNavigator navigator(&view);
    navigator.resize(250, 200);
    view.openSlide(QStringLiteral("synthetic:20000x16000"));
    QVERIFY(QTest::qWaitFor([&] { return !view.overview().isNull(); }, 20000));
    QCOMPARE(navigator.grab().toImage().size(), QSize(500, 400));
    QTest::mouseClick(&navigator, Qt::LeftButton, {}, QPoint(125, 100));
    QVERIFY(QLineF(view.centre(), QPointF(10000, 8000)).length() < 81);
}

int test_ui_viewer_hidpi(int count, char** arguments) {
    qputenv("QT_SCALE_FACTOR", "2");
    QApplication application(count, arguments);
    TestViewerHidpi test;
    return QTest::qExec(&test, count, arguments);
}
#include "test_viewer_hidpi.moc"
