// PSNR and SSIM with known values; masks and what they keep.
#include <cmath>

#include <QtTest>

#include "core/image/mask.h"
#include "core/image/quality.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestQuality : public QObject {
    Q_OBJECT

    static Image grey(int width, int height, int level) {
        Image image(width, height);
        fill(image, 0, 0, width, height, std::uint8_t(level), std::uint8_t(level), std::uint8_t(level));
        return image;
    }
    // A white rectangle from (8, 8) to (24, 20) on black.
    static Image rectangle() {
        auto image = grey(32, 32, 0);
        fill(image, 8, 8, 16, 12, 255, 255, 255);
        return image;
    }

private slots:
    void equalPictures() {
        const auto picture = testPicture(40, 30);
        QVERIFY(std::isinf(peakSignalToNoise(picture, picture)));
        QCOMPARE(structuralSimilarity(picture, picture), 1.0);
    }

    void constantOffset() {
        // MSE 25: 10 log10(65025 / 25). SSIM of constants: (2 a b + C1) / (a^2 + b^2 + C1), C1 = 6.5025.
        QVERIFY(std::abs(peakSignalToNoise(grey(20, 20, 100), grey(20, 20, 105)) - 34.1514035) < 1e-6);
        const double expected = (2 * 100 * 105 + 6.5025) / (100.0 * 100 + 105 * 105 + 6.5025);
        QVERIFY(std::abs(structuralSimilarity(grey(20, 20, 100), grey(20, 20, 105)) - expected) < 1e-9);
    }

    void oneValueOfAll() {
        auto b = grey(10, 10, 7);
        b.rgb[5] = 17; // MSE 100 / 300
        QVERIFY(std::abs(peakSignalToNoise(grey(10, 10, 7), b) - 10 * std::log10(65025.0 * 3)) < 1e-9);
    }

    // scikit-image 0.26.0, structural_similarity of the same luminances with gaussian_weights and without sample covariance.
    void againstScikitImage() {
        QVERIFY(std::abs(structuralSimilarity(testPicture(48, 37), testPicture(48, 37, 2)) - 0.965358129429) < 1e-9);
    }

    void cannotBeCompared() {
        QCOMPARE(errorOf([] { peakSignalToNoise(grey(20, 20, 1), grey(20, 21, 1)); }), "wrong-use");
        QCOMPARE(errorOf([] { peakSignalToNoise({}, {}); }), "wrong-use");
        QCOMPARE(errorOf([] { structuralSimilarity(grey(20, 20, 1), grey(21, 20, 1)); }), "wrong-use");
        QCOMPARE(errorOf([] { structuralSimilarity(grey(10, 20, 1), grey(10, 20, 1)); }), "wrong-use");
    }

    void maskKeepsWhatIsBlack() {
        const auto mask = maskFrom(rectangle(), 3);
        const auto original = testPicture(32, 32), painted = testPicture(32, 32, 9);
        const auto out = composited(original, painted, mask);
        for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 32; ++x) {
                const bool white = x >= 8 && x < 24 && y >= 8 && y < 20, deep = x >= 12 && x < 20 && y >= 12 && y < 16;
                const float p = mask.paint[std::size_t(y * 32 + x)];
                QVERIFY(white ? p > 0 : p == 0);
                if (deep) QCOMPARE(p, 1.0f);
                for (int c = 0; c < 3; ++c) {
                    if (!white) QCOMPARE(out.pixel(x, y)[c], original.pixel(x, y)[c]);
                    if (deep) QCOMPARE(out.pixel(x, y)[c], painted.pixel(x, y)[c]);
                }
            }
        QVERIFY(mask.paint[8 * 32 + 16] < mask.paint[9 * 32 + 16]); // softer towards the edge
    }

    void greyCountsAsWhatItIsCloserTo() {
        QVERIFY(maskFrom(grey(8, 8, 127), 2).keepsAll());
        const auto all = maskFrom(grey(8, 8, 128), 2);
        QVERIFY(std::all_of(all.paint.begin(), all.paint.end(), [](float p) { return p == 1; })); // the border of the picture is no edge
        QVERIFY(composited(testPicture(8, 8), testPicture(8, 8, 4), all) == testPicture(8, 8, 4));
    }

    void cellsThatHoldOnePaintedPixel() {
        auto picture = grey(32, 16, 0);
        fill(picture, 15, 0, 2, 1, 255, 255, 255); // the last pixel of one cell, the first of the next
        QCOMPARE(paintedCells(maskFrom(picture, 2), 8), (std::vector<std::uint8_t>{0, 1, 1, 0, 0, 0, 0, 0}));
    }
};

PHLOXINE_TEST(image_quality, TestQuality, NoApplication)
#include "test_quality.moc"
