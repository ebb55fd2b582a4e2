// Reading at a wanted scale: exact footprints, strips, enlarging, overviews.
#include <cmath>

#include <QtTest>

#include "core/slide/SlideSource.h"
#include "core/slide/resample.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

// A slide whose pixel values are a linear ramp: the mean over any footprint is known in closed form.
class RampSlide : public SlideSource {
public:
    RampSlide() {
        m_info.name = "ramp";
        m_info.vendor = "test";
        m_info.levels = {{2000, 2000, 1}};
        m_info.scale = {0.25, ScaleSource::Property};
    }
    const SlideInfo& info() const override { return m_info; }
    Image read(int, std::int64_t x, std::int64_t y, int width, int height) override {
        ++reads;
        Image image(width, height);
        for (int j = 0; j < height; ++j)
            for (int i = 0; i < width; ++i) {
                std::uint8_t* p = image.pixel(i, j);
                p[0] = std::uint8_t(std::clamp<std::int64_t>(x + i, 0, 255));
                p[1] = std::uint8_t(std::clamp<std::int64_t>(y + j, 0, 255));
                p[2] = 77;
            }
        return image;
    }
    SlideInfo m_info;
    int reads = 0;
};

} // namespace

class TestResample : public QObject {
    Q_OBJECT
private slots:
    void fractionalFootprints() {
        RampSlide slide;
        for (const double mpp : {0.25, 0.26, 0.3333333, 0.5, 0.61, 1.7, 0.75}) {
            const Image region = readRegion(slide, 20, 30, 13, 9, mpp);
            const double step = mpp / 0.25;
            for (int j = 0; j < 9; ++j)
                for (int i = 0; i < 13; ++i) { // the mean of a ramp is its value in the middle
                    const double wantedX = 20 + (i + 0.5) * step - 0.5, wantedY = 30 + (j + 0.5) * step - 0.5;
                    QVERIFY2(std::abs(region.pixel(i, j)[0] - wantedX) < 0.76, qPrintable(QString("mpp %1 x %2").arg(mpp).arg(i)));
                    QVERIFY(std::abs(region.pixel(i, j)[1] - wantedY) < 0.76);
                    QCOMPARE(int(region.pixel(i, j)[2]), 77);
                }
            QCOMPARE(region.scale.micronsPerPixel, mpp);
            QVERIFY(region.scale.source == ScaleSource::Property);
        }
    }

    void weightsAreAreas() { // a step of 1.5: the middle input pixel is shared half and half
        AreaReducer reducer(2, 2, 1.5);
        QCOMPARE(reducer.inputWidth(), 3);
        const std::uint8_t row[] = {0, 0, 0, 90, 90, 90, 240, 240, 240};
        for (int i = 0; i < 3; ++i) reducer.addRow(row);
        const Image out = reducer.take();
        QCOMPARE(int(out.pixel(0, 0)[0]), 30);
        QCOMPARE(int(out.pixel(1, 0)[0]), 190);
        QCOMPARE(int(out.pixel(1, 1)[2]), 190);
    }

    void wholeStepsAgreeWithTheMean() {
        const Image picture = testPicture(60, 40);
        AreaReducer reducer(15, 10, 4);
        QCOMPARE(reducer.inputWidth(), 60);
        for (int y = 0; y < 40; ++y) reducer.addRow(picture.pixel(0, y));
        const Image mine = reducer.take(), theirs = resized(picture, 15, 10);
        for (std::size_t i = 0; i < mine.rgb.size(); ++i) QVERIFY(std::abs(int(mine.rgb[i]) - int(theirs.rgb[i])) <= 1);
    }

    void aStepThatRoundingPushesOver() {
        const double step = 0.3 / 0.1; // 2.9999999999999996
        QCOMPARE(AreaReducer(7, 5, step).inputWidth(), 21);
        QCOMPARE(AreaReducer(7, 5, 3 * (1 + 1e-15)).inputWidth(), 21);
    }

    void neighboursMeet() { // two halves are the whole, when the seam falls on a pixel of the slide
        const auto slide = syntheticSlide(3000, 2000);
        const Image whole = readRegion(*slide, 100, 100, 40, 20, 0.75), right = readRegion(*slide, 100 + 60, 100, 20, 20, 0.75);
        for (int y = 0; y < 20; ++y)
            for (int c = 0; c < 60; ++c) QCOMPARE(whole.pixel(20, y)[c], right.pixel(0, y)[c]);
    }

    void stripsDoNotShow() { // wide enough for many strips
        const auto slide = syntheticSlide(40000, 3000);
        const Image wide = readRegion(*slide, 0, 0, 1000, 250, 2.5), part = readRegion(*slide, 1000, 0, 100, 250, 2.5);
        for (int y = 0; y < 250; ++y)
            for (int c = 0; c < 300; ++c) QCOMPARE(wide.pixel(100, y)[c], part.pixel(0, y)[c]);
    }

    void nativeScaleIsARead() {
        const auto slide = syntheticSlide(500, 500);
        QVERIFY(readRegion(*slide, 50, 60, 40, 30, 0.25) == slide->read(0, 50, 60, 40, 30));
    }

    void wrongUse() {
        RampSlide slide;
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 0, 5, 0.5); }), "wrong-use");
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 5, -5, 0.5); }), "wrong-use");
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 5, 5, 0); }), "wrong-use");
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 5, 5, std::nan("")); }), "wrong-use");
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 1 << 30, 1 << 30, 0.5); }), "wrong-use");
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 5, 5, 1e9); }), "out-of-memory");
        QCOMPARE(slide.reads, 0);
        slide.m_info.scale = {};
        std::string message;
        QCOMPARE(errorOf([&] { readRegion(slide, 0, 0, 5, 5, 0.5); }, &message), "wrong-use");
        QVERIFY(message.find("scale") != std::string::npos);
    }

    void overviews() {
        const auto slide = syntheticSlide(9000, 4000, 3);
        const Image small = overview(*slide, 300, 300);
        QCOMPARE(small.width, 300);
        QCOMPARE(small.height, 133);
        QCOMPARE(small.scale.micronsPerPixel, 0.25 * 30);
        const auto tiny = syntheticSlide(20, 3);
        QCOMPARE(overview(*tiny, 300, 300).width, 20); // not enlarged
        const auto thin = syntheticSlide(100000, 2);
        QCOMPARE(overview(*thin, 100, 100).height, 1);
        QCOMPARE(errorOf([&] { overview(*slide, 0, 10); }), "wrong-use");
    }
};

PHLOXINE_TEST(slide_resample, TestResample, QCoreApplication)
#include "test_resample.moc"
