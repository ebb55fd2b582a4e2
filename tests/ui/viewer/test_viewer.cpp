// The panes as widgets, with real events, on the synthetic slide and on a small real one.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <random>
#include <vector>

#include <QAccessible>
#include <QMimeData>
#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QPushButton>
#include <QtTest>

#include "core/slide/SlideSource.h"
#include "ui/viewer/OverviewNavigator.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {
const QString synthetic = QStringLiteral("synthetic:20000x16000");
constexpr double syntheticMpp = 0.25;

QString sampleSlide() { return qEnvironmentVariable("PHLOXINE_RESOURCES") + QStringLiteral("/slides/CMU-1-Small-Region.svs"); }

// A pane of 400 x 400 with a slide, at 1:1.
struct OpenView : SlideView {
    explicit OpenView(const QString& path = synthetic) {
        resize(400, 400);
        show();
        QSignalSpy spy(this, &SlideView::opened);
        openSlide(path);
        ok = spy.wait(20000);
    }
    bool sharp() const {
        return QTest::qWaitFor([this] { return pendingTiles() == 0; }, 30000);
    }
    bool ok = false;
};

void wheel(QWidget& widget, QPointF at, int angle) {
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, angle}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

QPointF level0At(const SlideView& view, QPointF at) {
    const QRectF visible = view.visibleLevel0();
    return visible.topLeft() + QPointF(at.x() / view.width() * visible.width(), at.y() / view.height() * visible.height());
}

void drag(QWidget& widget, QPoint from, QPoint to) {
    QTest::mousePress(&widget, Qt::LeftButton, {}, from);
    QTest::mouseMove(&widget, (from + to) / 2);
    QTest::mouseMove(&widget, to);
    QTest::mouseRelease(&widget, Qt::LeftButton, {}, to);
}

double threadCpuMs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

// The largest and mean difference of two pictures' channels, over `area`, where `expected` starts at its corner.
struct Difference {
    int largest = 0;
    double mean = 0;
};
Difference difference(const QImage& shown, const QRect& area, const Image& expected) {
    Difference d;
    for (int y = 0; y < area.height(); ++y)
        for (int x = 0; x < area.width(); ++x) {
            const QRgb a = shown.pixel(area.left() + x, area.top() + y);
            const std::uint8_t* b = expected.pixel(x, y);
            for (int channel : {std::abs(qRed(a) - b[0]), std::abs(qGreen(a) - b[1]), std::abs(qBlue(a) - b[2])}) {
                d.largest = std::max(d.largest, channel);
                d.mean += channel;
            }
        }
    d.mean /= 3.0 * area.width() * area.height();
    return d;
}
} // namespace

class TestViewer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void startsEmpty();
    void opensASlide();
    void opensTheSample();
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
    void badFileSaysSoAndLivesOn_data();
    void badFileSaysSoAndLivesOn();
    void failedOpeningKeepsTheOpenSlide();
    void latestOpeningWins();
    void closesAndReopens();
    void slideDeletedWhileOpen();
    void corruptTileIsHatched();
    void dropOpens();
    void manyJumpsEndSharp();
    void handlersAndPaintingAreQuick();
    void destroyedWhileReading();
    void navigatorMovesTheView();
    void tileViewAsksForZoom();
    void tileViewDrawsTheTile();
    void isAccessible();
};

void TestViewer::startsEmpty() {
    SlideView view;
    view.resize(400, 400);
    QVERIFY(!view.hasSlide());
    QCOMPARE(view.pendingTiles(), 0);
    QVERIFY(view.overview().isNull());
    const auto buttons = view.findChildren<QPushButton*>();
    QCOMPARE(buttons.size(), 2);
    QSignalSpy open(&view, &SlideView::openRequested), sample(&view, &SlideView::openSampleRequested);
    QTest::mouseClick(buttons[0], Qt::LeftButton);
    QTest::mouseClick(buttons[1], Qt::LeftButton);
    QCOMPARE(open.size(), 1);
    QCOMPARE(sample.size(), 1);
    QVERIFY(!view.grab().isNull());
}

void TestViewer::opensASlide() {
    OpenView view;
    QVERIFY(view.ok);
    QVERIFY(view.hasSlide());
    QCOMPARE(view.slideScale().micronsPerPixel, syntheticMpp);
    QCOMPARE(view.centre(), QPointF(10000, 8000));
    QVERIFY(view.sharp());
    QVERIFY(QTest::qWaitFor([&] { return !view.overview().isNull(); }));
}

void TestViewer::opensTheSample() {
    OpenView view(sampleSlide());
    QVERIFY(view.ok);
    QCOMPARE(view.slideName(), QStringLiteral("CMU-1-Small-Region.svs"));
    QCOMPARE(view.slideSize(), QSizeF(2220, 2967));
    QVERIFY(view.slideScale().source == ScaleSource::Property);
    QVERIFY(std::abs(view.slideScale().micronsPerPixel - 0.499) < 1e-6);
    QCOMPARE(view.objectivePower(), 20.0);
    QVERIFY(view.sharp());
}

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

void TestViewer::badFileSaysSoAndLivesOn_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("name");
    QTest::newRow("missing") << QByteArray() << QStringLiteral("nothing-here.svs");
    QTest::newRow("text") << QByteArray("this is a letter, not a slide\n") << QStringLiteral("letter.svs");
    QTest::newRow("empty") << QByteArray("") << QStringLiteral("empty.tiff");
    QTest::newRow("half a tiff") << QByteArray("II*\0\x10\0\0\0\xff\xff", 10) << QStringLiteral("half.tif");
    QTest::newRow("half a png") << QByteArray("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) << QStringLiteral("half.png");
}

void TestViewer::badFileSaysSoAndLivesOn() {
    QFETCH(QByteArray, content);
    QFETCH(QString, name);
    QTemporaryDir folder;
    const QString path = folder.filePath(name);
    if (!content.isNull()) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    SlideView view;
    view.resize(400, 400);
    view.show();
    QSignalSpy failed(&view, &SlideView::failed);
    view.openSlide(path);
    QVERIFY(failed.wait(10000));
    QCOMPARE(failed.size(), 1);
    const QString sentence = failed[0][0].toString();
    QVERIFY2(sentence.endsWith('.') && sentence.contains(name), qPrintable(sentence));
    QVERIFY(!sentence.contains(folder.path()));
    QVERIFY(!view.hasSlide());
    QVERIFY(!view.grab().isNull());
    QSignalSpy opened(&view, &SlideView::opened);
    view.openSlide(synthetic);
    QVERIFY(opened.wait(10000));
}

void TestViewer::failedOpeningKeepsTheOpenSlide() {
    OpenView view;
    QSignalSpy failed(&view, &SlideView::failed);
    view.openSlide(QStringLiteral("/nowhere/other.svs"));
    QVERIFY(failed.wait(10000));
    QVERIFY(view.hasSlide());
    QCOMPARE(view.slidePath(), synthetic);
    view.setCentre({300, 300});
    QVERIFY(view.sharp());
}

void TestViewer::latestOpeningWins() {
    SlideView view;
    view.resize(300, 300);
    QSignalSpy opened(&view, &SlideView::opened);
    for (int n = 1; n <= 20; ++n) view.openSlide(QStringLiteral("synthetic:%1x1000").arg(1000 + n));
    QVERIFY(QTest::qWaitFor([&] { return view.hasSlide() && !view.isOpening(); }, 20000));
    QCOMPARE(view.slideSize().width(), 1020.0);
    QTest::qWait(100);
    QCOMPARE(opened.size(), 1);
}

void TestViewer::closesAndReopens() {
    OpenView view;
    view.closeSlide();
    QVERIFY(!view.hasSlide());
    QCOMPARE(view.pendingTiles(), 0);
    QVERIFY(view.slideName().isEmpty());
    view.openSlide(synthetic);
    view.closeSlide(); // before it has opened
    QTest::qWait(200);
    QVERIFY(!view.hasSlide());
    QSignalSpy opened(&view, &SlideView::opened);
    view.openSlide(sampleSlide());
    QVERIFY(opened.wait(10000));
    QVERIFY(QTest::qWaitFor([&] { return view.pendingTiles() == 0; }));
}

void TestViewer::slideDeletedWhileOpen() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("goes.svs"));
    QVERIFY(QFile::copy(sampleSlide(), path));
    OpenView view(path);
    QVERIFY(view.ok);
    view.setViewMicronsPerPixel(0.499);
    view.setCentre({600, 600});
    QVERIFY(view.sharp());
    const QColor before = view.grab().toImage().pixelColor(200, 200);
    QSignalSpy failed(&view, &SlideView::failed);
    QVERIFY(QFile::remove(path));
    for (QPointF at : {QPointF(1800, 2600), QPointF(200, 2600), QPointF(1800, 300)}) {
        view.setCentre(at);
        QVERIFY(view.sharp()); // ends, one way or the other
    }
    QCOMPARE(failed.size(), 1); // said once
    QVERIFY(failed[0][0].toString().contains(QStringLiteral("goes.svs")));
    QVERIFY(view.hasSlide());
    view.setCentre({600, 600});
    QCOMPARE(view.grab().toImage().pixelColor(200, 200), before); // what was read stays
}

void TestViewer::corruptTileIsHatched() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("hurt.svs"));
    QVERIFY(QFile::copy(sampleSlide(), path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    file.seek(file.size() / 2);
    file.write(QByteArray(100000, '\0'));
    file.close();
    OpenView view(path);
    QVERIFY(view.ok);
    QSignalSpy bad(&view, &SlideView::badTiles), failed(&view, &SlideView::failed);
    view.fitSlide();
    QVERIFY(view.sharp());
    QVERIFY(bad.size() > 0);
    QVERIFY(bad.last()[0].toInt() > 0);
    QCOMPARE(failed.size(), 0);
    QVERIFY(view.hasSlide());
    view.setViewMicronsPerPixel(0.5);
    view.setCentre({300, 300}); // clean tissue is still read
    QVERIFY(view.sharp());
}

void TestViewer::dropOpens() {
    SlideView view;
    view.resize(400, 400);
    view.show();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(sampleSlide())});
    QDragEnterEvent enter({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&view, &enter);
    QVERIFY(enter.isAccepted());
    QSignalSpy opened(&view, &SlideView::opened);
    QDropEvent drop({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&view, &drop);
    QVERIFY(opened.wait(10000));
    QMimeData text;
    text.setText(QStringLiteral("no file"));
    QDragEnterEvent other({200, 200}, Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
    other.ignore();
    QCoreApplication::sendEvent(&view, &other);
    QVERIFY(!other.isAccepted());
}

void TestViewer::manyJumpsEndSharp() {
    OpenView view(QStringLiteral("synthetic:200000x150000"));
    QVERIFY(view.ok);
    std::mt19937 random(7);
    const auto uniform = [&](double low, double high) { return low + (high - low) * double(random()) / double(random.max()); };
    for (int n = 0; n < 200; ++n) {
        view.setViewMicronsPerPixel(0.25 * std::exp2(uniform(-2, 5)));
        view.setCentre({uniform(0, 200000), uniform(0, 150000)});
        if (n % 10 == 0) view.grab();
        QCoreApplication::processEvents();
    }
    view.setViewMicronsPerPixel(0.25);
    view.setCentre({123456, 65432});
    QVERIFY(view.sharp());
    QCOMPARE(view.pendingTiles(), 0);
    const auto slide = syntheticSlide(200000, 150000);
    const QRect area(40, 40, 320, 280);
    const Image expected = slide->read(0, 123456 - 160, 65432 - 160, 320, 280);
    QCOMPARE(difference(view.grab().toImage(), area, expected).largest, 0);
}

void TestViewer::handlersAndPaintingAreQuick() {
    OpenView view(QStringLiteral("synthetic:200000x150000"));
    view.resize(960, 1000);
    view.setTileFrame(256, 0.5);
    view.setViewMicronsPerPixel(0.4);
    QVERIFY(view.sharp());
    std::vector<double> paints, handlers;
    QImage screen(view.size(), QImage::Format_RGB32);
    const auto timed = [](std::vector<double>& into, auto action) {
        const double before = threadCpuMs();
        action();
        into.push_back(threadCpuMs() - before);
    };
    for (int n = 0; n < 150; ++n) {
        timed(handlers, [&] {
            if (n % 5 == 4)
                wheel(view, {300, 300}, n % 2 ? 120 : -120);
            else
                drag(view, {500, 500}, {500 - 13 * (n % 7), 520});
        });
        timed(paints, [&] { view.render(&screen); });
        timed(handlers, [] { QCoreApplication::processEvents(); }); // tiles that arrive
    }
    for (auto* times : {&paints, &handlers}) std::sort(times->begin(), times->end());
    const double paint95 = paints[paints.size() * 95 / 100], handler95 = handlers[handlers.size() * 95 / 100];
    qInfo("painting 960 x 1000: median %.1f, p95 %.1f, largest %.1f ms CPU", paints[paints.size() / 2], paint95, paints.back());
    qInfo("handlers: p95 %.2f, largest %.1f ms CPU", handler95, handlers.back());
    QVERIFY(paint95 < 50);
    QVERIFY(handlers.back() < 50);
}

void TestViewer::destroyedWhileReading() {
    for (int n = 0; n < 10; ++n) {
        SlideView view;
        view.resize(800, 800);
        view.openSlide(QStringLiteral("synthetic:100000x100000"));
        QTest::qWait(n * 5);
    }
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

QTEST_MAIN(TestViewer)
#include "test_viewer.moc"
