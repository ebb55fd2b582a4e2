#include <QtTest>

#include "core/image/Image.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestPixels : public QObject {
    Q_OBJECT
private slots:
    void words() {
        for (const ScaleSource source :
             {ScaleSource::Unknown, ScaleSource::Property, ScaleSource::Tags, ScaleSource::User, ScaleSource::Model, ScaleSource::Assumed})
            QVERIFY(scaleSourceFrom(toString(source)) == source);
        QVERIFY(scaleSourceFrom("guessed") == ScaleSource::Unknown);
    }

    void shrinkingIsAMean() {
        Image image(4, 2);
        for (int i = 0; i < 8; ++i) fill(image, i % 4, i / 4, 1, 1, std::uint8_t(i * 10), 100, std::uint8_t(200 - i));
        image.scale = {0.5, ScaleSource::User};
        const Image half = resized(image, 2, 1);
        QCOMPARE(int(half.pixel(0, 0)[0]), 25);
        QCOMPARE(int(half.pixel(1, 0)[0]), 45);
        QCOMPARE(int(half.pixel(0, 0)[1]), 100);
        QCOMPARE(half.scale.micronsPerPixel, 1.0);
        QVERIFY(half.scale.source == ScaleSource::User);
    }

    void oneSideMayGrow() {
        const Image image = testPicture(40, 40);
        const Image mixed = resized(image, 80, 10);
        QCOMPARE(mixed.width, 80);
        QCOMPARE(mixed.height, 10);
        QVERIFY(resized(image, 40, 40) == image);
        Image flat(7, 5);
        fill(flat, 0, 0, 7, 5, 9, 8, 7);
        const Image large = resized(flat, 70, 51);
        QCOMPARE(int(large.pixel(69, 50)[0]), 9);
        QCOMPARE(int(large.pixel(0, 0)[2]), 7);
    }

    void badSizes() {
        const Image image = testPicture(4, 4);
        QCOMPARE(errorOf([&] { resized(image, 0, 4); }), "wrong-use");
        QCOMPARE(errorOf([&] { resized(image, 4, -1); }), "wrong-use");
        QCOMPARE(errorOf([&] { resized(Image(), 4, 4); }), "wrong-use");
    }

    void pastingIsClipped() {
        Image target(4, 4);
        Image source(3, 3);
        fill(source, 0, 0, 3, 3, 1, 2, 3);
        paste(target, source, -2, -2);
        paste(target, source, 3, 2);
        paste(target, source, 100, 0);
        paste(target, source, -100, 0);
        paste(target, source, 2147483647, 2147483647);
        QCOMPARE(int(target.pixel(0, 0)[2]), 3);
        QCOMPARE(int(target.pixel(1, 0)[2]), 0);
        QCOMPARE(int(target.pixel(3, 2)[2]), 3);
        QCOMPARE(int(target.pixel(3, 1)[2]), 0);
        fill(target, -5, -5, 100, 100, 7, 7, 7);
        QCOMPARE(int(target.pixel(3, 3)[0]), 7);
    }
};

PHLOXINE_TEST(image_pixels, TestPixels, QCoreApplication)
#include "test_pixels.moc"
