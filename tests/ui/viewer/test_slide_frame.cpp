// The frame that moves with the view: painted in parts it must be the picture that is painted at once.
#include <QtTest>

#include "core/base/Dice.h"
#include "tests/support/test_main.h"
#include "ui/viewer/SlideFrame.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr int side = 400; // of the slide, level-0 pixels, one picture
const QColor surround(10, 20, 30);

QImage noise(int width, int height) {
    QImage picture(width, height, QImage::Format_RGB32);
    Dice dice{1};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) picture.setPixel(x, y, qRgb(int(dice.below(256)), int(dice.below(256)), int(dice.below(256))));
    return picture;
}

SlideMapping mappingOf(double left, double top, double scale, Orientation orientation = {}) {
    return {left, top, scale, QRect(0, 0, 97, 61), orientation};
}

// Paints what `follow` asks for. Returns how many pixels that were.
int paint(SlideFrame& frame, const SlideMapping& mapping, const QImage& picture) {
    const QRegion stale = frame.follow(mapping, surround);
    const QRegion slide = stale & mapping.toDevice(QRectF(0, 0, side, side));
    for (const QRect& part : stale - slide) frame.fill(part, surround);
    for (const QRect& part : slide) frame.draw(part, {picture, {0, 0}, {double(side) / picture.width(), double(side) / picture.height()}});
    int pixels = 0;
    for (const QRect& part : stale) pixels += part.width() * part.height();
    return pixels;
}

} // namespace

class TestSlideFrame : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pixelForPixelIsTheSlide() {
        const QImage picture = noise(side, side);
        SlideFrame frame;
        paint(frame, mappingOf(-20, -30, 1), picture);
        for (int y = 0; y < 61; ++y)
            for (int x = 0; x < 97; ++x) QCOMPARE(frame.image().pixel(x, y), picture.pixel(x + 20, y + 30));
    }

    void everyOrientationIsTheTurnedPicture_data() {
        QTest::addColumn<int>("turns");
        QTest::addColumn<bool>("mirrored");
        for (int turns = 0; turns < 4; ++turns)
            for (const bool mirrored : {false, true}) QTest::addRow("%d turns%s", turns, mirrored ? ", flipped" : "") << turns << mirrored;
    }
    void everyOrientationIsTheTurnedPicture() {
        QFETCH(int, turns);
        QFETCH(bool, mirrored);
        const QImage picture = noise(side / 2, side / 2);
        SlideFrame upright, turned;
        const Orientation orientation{turns, mirrored};
        paint(upright, mappingOf(-20, 5, 0.8), picture); // a part of the pane lies beside the slide
        paint(turned, mappingOf(-20, 5, 0.8, orientation), picture);
        const QTransform transform = orientation.fromUpright(QSizeF(97, 61));
        QCOMPARE(turned.image(), upright.image().transformed(transform).convertToFormat(QImage::Format_RGB32));
    }

    void movedIsPaintedAnew_data() { everyOrientationIsTheTurnedPicture_data(); }
    void movedIsPaintedAnew() { // moves of all sizes, at a zoom that falls between the pixels
        QFETCH(int, turns);
        QFETCH(bool, mirrored);
        const QImage picture = noise(side, side);
        Dice dice{std::uint64_t(turns)};
        SlideFrame frame;
        double left = -100, top = -100;
        int painted = 0;
        constexpr int moves = 200;
        for (int i = 0; i < moves; ++i) {
            const int reach = i % 20 == 19 ? 120 : 6;
            left = std::clamp(left + double(dice.below(std::uint64_t(2 * reach + 1))) - reach, -280.0, 60.0);
            top = std::clamp(top + double(dice.below(std::uint64_t(2 * reach + 1))) - reach, -280.0, 60.0);
            if (i % 50 == 25) frame.outdate(QRectF(130, 120, 40, 50));
            const SlideMapping mapping = mappingOf(left, top, 0.77, {turns, mirrored});
            painted += paint(frame, mapping, picture);
            SlideFrame whole;
            paint(whole, mapping, picture);
            QCOMPARE(frame.image(), whole.image());
        }
        QVERIFY2(painted < moves * 97 * 61 / 3, qPrintable(QString::number(painted))); // and cheaper than painting it all
    }

    void onlyAnotherZoomSizeOrSurroundAsksForAll() {
        const QImage picture = noise(side, side);
        SlideFrame frame;
        constexpr int all = 97 * 61;
        QCOMPARE(paint(frame, mappingOf(-20, -20, 1), picture), all);
        QCOMPARE(paint(frame, mappingOf(-20, -20, 1), picture), 0);
        QCOMPARE(paint(frame, mappingOf(-25, -20, 1), picture), 5 * 61);
        QCOMPARE(paint(frame, mappingOf(-25, -20, 0.9), picture), all);
        QCOMPARE(paint(frame, mappingOf(-5000, -20, 0.9), picture), all); // nothing of it is left
        frame.clear();
        QCOMPARE(paint(frame, mappingOf(-5000, -20, 0.9), picture), all);
        QVERIFY(!frame.follow(mappingOf(-5000, -20, 0.9), Qt::white).isEmpty());
    }

    void outdatedFarAwayCostsNothing() {
        const QImage picture = noise(side, side);
        SlideFrame frame;
        frame.outdate(QRectF(0, 0, 10, 10)); // nothing is shown yet
        paint(frame, mappingOf(0, 0, 1), picture);
        frame.outdate(QRectF(1e7, 1e7, 1e6, 1e6));
        QCOMPARE(paint(frame, mappingOf(0, 0, 1), picture), 0);
        frame.outdate(QRectF(10, 10, 20, 20));
        QCOMPARE(paint(frame, mappingOf(0, 0, 1), picture), 22 * 22);
    }
};

PHLOXINE_TEST(ui_slide_frame, TestSlideFrame, QApplication)
#include "test_slide_frame.moc"
