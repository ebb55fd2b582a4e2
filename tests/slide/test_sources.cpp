// What each kind of slide gives when all is well.
#include <cmath>
#include <filesystem>
#include <thread>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Dice.h"
#include "core/image/ImageFile.h"
#include "core/slide/SlideSource.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {
double meanOf(const Image& image) {
    double sum = 0;
    for (const std::uint8_t value : image.rgb) sum += value;
    return sum / double(image.rgb.size());
}
} // namespace

class TestSources : public QObject {
    Q_OBJECT
private slots:
    void aperio() {
        const auto slide = openSlide(smallSlide());
        const SlideInfo& info = slide->info();
        QCOMPARE(info.name, std::string("CMU-1-Small-Region.svs"));
        QCOMPARE(info.vendor, std::string("aperio"));
        QCOMPARE(info.width(), 2220);
        QCOMPARE(info.height(), 2967);
        QVERIFY(std::abs(info.scale.micronsPerPixel - 0.499) < 1e-9);
        QVERIFY(info.scale.source == ScaleSource::Property);
        QCOMPARE(info.objectivePower, 20.0);
        const Image tissue = slide->read(0, 700, 900, 300, 200);
        QCOMPARE(tissue.width, 300);
        QCOMPARE(tissue.scale.micronsPerPixel, info.scale.micronsPerPixel);
        QVERIFY(meanOf(tissue) > 60 && meanOf(tissue) < 240);
        QVERIFY(slide->read(0, 700, 900, 300, 200) == tissue);
        QCOMPARE(slide->unreadableReads(), 0);
    }

    void regionsAtScale() {
        const auto slide = openSlide(smallSlide());
        const Image native = slide->read(0, 600, 600, 448, 448), region = readRegion(*slide, 600, 600, 224, 224, 2 * 0.499);
        const Image reduced = resized(native, 224, 224);
        for (std::size_t i = 0; i < region.rgb.size(); ++i) QVERIFY(std::abs(int(region.rgb[i]) - int(reduced.rgb[i])) <= 1);
        QVERIFY(std::abs(meanOf(readRegion(*slide, 600, 600, 448, 448, 0.25)) - meanOf(slide->read(0, 600, 600, 224, 224))) < 1);
    }

    void outsideIsWhite() {
        const auto slide = openSlide(smallSlide());
        const Image corner = slide->read(0, -10, -10, 20, 20);
        QCOMPARE(int(corner.pixel(0, 0)[0]), 255);
        QCOMPARE(int(corner.pixel(9, 19)[1]), 255);
        QVERIFY(meanOf(slide->read(0, 100000, 100000, 8, 8)) == 255);
        const Image edge = slide->read(0, 2215, 100, 10, 10);
        QCOMPARE(int(edge.pixel(9, 5)[2]), 255);
    }

    void smallReadsArePartsOfLargeOnes() {
        const auto slide = openSlide(smallSlide());
        const Image whole = slide->read(0, -100, -100, 2500, 3200);
        Dice dice{5};
        for (int i = 0; i < 30; ++i) {
            const int x = int(dice.below(2400)) - 100, y = int(dice.below(3100)) - 100;
            const int width = 1 + int(dice.below(500)), height = 1 + int(dice.below(500));
            const Image part = slide->read(0, x, y, width, height);
            Image expected(width, height);
            std::fill(expected.rgb.begin(), expected.rgb.end(), std::uint8_t(255));
            paste(expected, whole, -100 - x, -100 - y);
            QVERIFY2(part == expected, qPrintable(QStringLiteral("%1, %2: %3 x %4").arg(x).arg(y).arg(width).arg(height)));
        }
    }

    void picturesBesideTheSlide() {
        const auto slide = withScale(openSlide(smallSlide()), {1, ScaleSource::User});
        auto names = slide->associatedImages();
        std::sort(names.begin(), names.end());
        QCOMPARE(names, (std::vector<std::string>{"label", "macro", "thumbnail"}));
        const auto thumbnail = slide->associatedImage("thumbnail");
        QVERIFY(thumbnail.width == 574 && thumbnail.height == 768 && !thumbnail.scale.known());
        double apart = 0; // it is the slide in small
        const auto small = resized(overview(*slide, 574, 768), 574, 768);
        for (std::size_t i = 0; i < small.rgb.size(); ++i) apart += std::abs(int(small.rgb[i]) - int(thumbnail.rgb[i]));
        QVERIFY2(apart / double(small.rgb.size()) < 12, qPrintable(QString::number(apart / double(small.rgb.size()))));
        QCOMPARE(errorOf([&] { slide->associatedImage("portrait"); }), "not-found");
        QCOMPARE(slide->read(0, 100, 100, 8, 8).width, 8); // and it reads on
        const auto none = syntheticSlide(1000, 1000);
        QVERIFY(none->associatedImages().empty());
        QCOMPARE(errorOf([&] { none->associatedImage("label"); }), "not-found");
    }

    void overviewOfARealSlide() {
        const auto slide = openSlide(smallSlide());
        const Image small = overview(*slide, 200, 200);
        QCOMPARE(small.height, 200);
        QCOMPARE(small.width, 150);
        QVERIFY(std::abs(meanOf(small) - meanOf(slide->read(0, 0, 0, 2220, 2967))) < 1);
    }

    void dicom() {
        const auto slide = openSlide(dicomSlide());
        QCOMPARE(slide->info().vendor, std::string("dicom"));
        QCOMPARE(slide->info().width(), 1152);
        QVERIFY(slide->info().scale.known());
        QVERIFY(meanOf(slide->read(0, 0, 0, 1152, 700)) < 254);
        QCOMPARE(slide->unreadableReads(), 0);
    }

    void plainImages() {
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "picture.bin";
        const Image picture = testPicture(2500, 1300);
        writePng(path, picture);
        const auto slide = openSlide(path);
        QCOMPARE(slide->info().vendor, std::string("image"));
        QCOMPARE(slide->info().levels.size(), 3u);
        QVERIFY(!slide->info().scale.known());
        QVERIFY(slide->read(0, 0, 0, 2500, 1300) == picture);
        const Image corner = slide->read(0, -3, 1295, 10, 10);
        QCOMPARE(int(corner.pixel(2, 0)[0]), 255);
        QCOMPARE(corner.pixel(3, 4)[1], picture.pixel(0, 1299)[1]);
        QCOMPARE(int(corner.pixel(3, 5)[1]), 255);
        QCOMPARE(slide->read(2, 1250, 650, 5, 5).width, 5);
        QVERIFY(meanOf(slide->read(1, 90000, 0, 5, 5)) == 255);
        QCOMPARE(errorOf([&] { readRegion(*slide, 0, 0, 10, 10, 0.5); }), "wrong-use");
    }

    void synthetic() {
        const auto slide = syntheticSlide(100000, 80000);
        QVERIFY(slide->info().levels.back().width <= 1024);
        QCOMPARE(slide->info().scale.micronsPerPixel, 0.25);
        const Image image = slide->read(0, 30000, 30000, 256, 256);
        QVERIFY(image == syntheticSlide(100000, 80000)->read(0, 30000, 30000, 256, 256));
        QVERIFY(!(image == syntheticSlide(100000, 80000, 2)->read(0, 30000, 30000, 256, 256)));
        Image pieces(256, 256); // any way to read it gives the same pixels
        for (int y = 0; y < 256; y += 64)
            for (int x = 0; x < 256; x += 32) paste(pieces, slide->read(0, 30000 + x, 30000 + y, 32, 64), x, y);
        QVERIFY(pieces == image);
        QVERIFY(std::abs(meanOf(resized(slide->read(0, 4000, 4000, 2048, 2048), 64, 64)) - meanOf(slide->read(5, 4000, 4000, 64, 64))) <
                25);
        QElapsedTimer timer;
        timer.start();
        slide->read(0, 0, 0, 1024, 1024);
        QVERIFY2(timer.elapsed() < 3000, "a synthetic megapixel must be quick");
        QCOMPARE(errorOf([] { syntheticSlide(0, 5); }), "wrong-use");
    }

    void eachThreadItsOwn() {
        std::vector<Image> images(4);
        std::vector<std::thread> threads;
        for (Image& image : images) threads.emplace_back([&image] { image = openSlide(smallSlide())->read(0, 500, 500, 700, 700); });
        for (std::thread& thread : threads) thread.join();
        for (const Image& image : images) QVERIFY(image == images[0]);
    }
};

PHLOXINE_TEST(slide_sources, TestSources, QCoreApplication)
#include "test_sources.moc"
