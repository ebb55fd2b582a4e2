// Real pixels of a slide as what a request starts from: where the canvas lies, what it holds, and everything that it may not be.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/base/keyed_hash.h"
#include "core/generate/Generator.h"
#include "core/generate/real_pixels.h"
#include "core/image/ImageFile.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestRealPixels : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const char* name) const { return fs::path(m_dir.path().toStdString()) / name; }

    static RealPixelsWish wish(double left, double top, double side) {
        RealPixelsWish w;
        w.box = {left, top, left + side, top + side};
        w.tilePx = 64, w.micronsPerPixel = 0.5;
        w.slideKey = "slide of Doe", w.patient = "Doe_John", w.key = "secret";
        return w;
    }
    static std::vector<Polygon> square(double left, double top, double side) {
        return {{{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}, {}}};
    }

private slots:
    void pixelsAreThoseOfReadRegion() {
        const auto slide = syntheticSlide(3000, 2000); // 0.25 um/px: a tile is 128 px
        const auto taken = takeRealPixels(*slide, wish(500, 600, 128), at("inputs"));
        QCOMPARE(taken.source.x, 500.0);
        QCOMPARE(taken.source.y, 600.0);
        QCOMPARE(taken.source.widthPx, 128.0);
        QVERIFY(taken.mask.empty());
        QVERIFY(readImage(taken.image) == readRegion(*slide, 500, 600, 64, 64, 0.5));
        const auto again = takeRealPixels(*slide, wish(500, 600, 128), at("inputs")); // finds its file
        QVERIFY(again.image == taken.image);
        QCOMPARE(std::distance(fs::directory_iterator(at("inputs")), fs::directory_iterator()), std::ptrdiff_t(1));
    }

    void canvasGrowsWithTheBoxAndStaysOnTheSlide() {
        const auto slide = syntheticSlide(3000, 2000);
        auto taken = takeRealPixels(*slide, wish(400, 400, 300), at("large")); // 150 px of the model: 192
        QCOMPARE(taken.widthPx, 192);
        GenerateRequest request;
        request.classId = "a";
        taken.writeTo(request);
        QCOMPARE(request.heightPx, 192);
        validate(request);
        taken = takeRealPixels(*slide, wish(2950, 1950, 40), at("large"));
        QCOMPARE(taken.source.x + taken.source.widthPx, 3000.0);
        QCOMPARE(taken.source.y + taken.source.heightPx, 2000.0);
        taken.writeTo(request);
        QCOMPARE(request.widthPx, 0); // a plain tile has one request only
    }

    void maskIsTheRegion() {
        const auto slide = syntheticSlide(3000, 2000);
        auto w = wish(1000, 1000, 60);
        w.replace = square(1000, 1000, 60);
        const auto taken = takeRealPixels(*slide, w, at("mask"));
        QCOMPARE(taken.widthPx, 64); // 30 px and their margin fit
        const Image mask = readImage(taken.mask);
        int white = 0;
        for (std::size_t i = 0; i < mask.rgb.size(); i += 3) white += mask.rgb[i] == 255;
        QCOMPARE(white, 30 * 30);
        QVERIFY(std::abs(taken.paintedShare - 900.0 / (64 * 64)) < 1e-9);
    }

    void nothingNamesThePatient() {
        const auto slide = syntheticSlide(3000, 2000);
        const auto taken = takeRealPixels(*slide, wish(500, 600, 128), at("inputs"));
        GenerateRequest request;
        request.classId = "a";
        taken.writeTo(request);
        resolveFiles(request);
        validate(request);
        for (const auto& chunk : provenance(request)) QVERIFY2(chunk.text.find("Doe") == chunk.text.npos, chunk.text.c_str());
        QVERIFY(generateRequestFromJson(toJson(request), "x").source == request.source);
        QVERIFY(request.source.patient == keyedHash("secret", "patient Doe_John"));
        auto other = wish(500, 600, 128);
        other.key = "another key";
        QVERIFY(takeRealPixels(*slide, other, at("inputs")).source.patient != request.source.patient);
    }

    void refused_data() {
        QTest::addColumn<double>("left");
        QTest::addColumn<double>("side");
        QTest::addColumn<double>("ownScale");
        QTest::addColumn<double>("modelScale");
        QTest::addColumn<double>("replaced");
        QTest::addColumn<QString>("word");
        QTest::newRow("no scale") << 500.0 << 128.0 << 0.0 << 0.5 << 0.0 << "states no scale";
        QTest::newRow("model without scale") << 500.0 << 128.0 << 0.25 << 0.0 << 0.0 << "The model states no scale";
        QTest::newRow("coarse slide") << 500.0 << 128.0 << 1.0 << 0.5 << 0.0 << "higher power";
        QTest::newRow("off the slide") << 9000.0 << 128.0 << 0.25 << 0.5 << 0.0 << "off the slide";
        QTest::newRow("left of the slide") << -900.0 << 128.0 << 0.25 << 0.5 << 0.0 << "off the slide";
        QTest::newRow("too large") << 10.0 << 5000.0 << 0.05 << 0.05 << 0.0 << "draw a smaller one";
        QTest::newRow("slide smaller than a tile") << 10.0 << 20.0 << 0.25 << 20.0 << 0.0 << "smaller than";
        QTest::newRow("less than a pixel") << 500.0 << 0.4 << 0.25 << 0.5 << 0.4 << "smaller than one pixel";
    }
    void refused() {
        QFETCH(double, left);
        QFETCH(double, side);
        QFETCH(double, ownScale);
        QFETCH(double, modelScale);
        QFETCH(double, replaced);
        QFETCH(QString, word);
        const auto slide = withScale(syntheticSlide(modelScale == 0.05 ? 9000 : 3000, 2000),
                                     {ownScale, ownScale > 0 ? ScaleSource::User : ScaleSource::Unknown});
        auto w = wish(left, 500, side);
        w.micronsPerPixel = modelScale;
        if (replaced > 0) w.replace = square(left, 500, replaced);
        std::string message;
        QCOMPARE(errorOf([&] { takeRealPixels(*slide, w, at("refused")); }, &message), "wrong-use");
        QVERIFY2(QString::fromStdString(message).contains(word), message.c_str());
        QVERIFY(!isThere(at("refused")));
    }
};

PHLOXINE_TEST(generate_real_pixels, TestRealPixels, QCoreApplication)
#include "test_real_pixels.moc"
