// Colours by the profile of the scanner: what it means, what no profile is, and what happens to a damaged one.
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "core/slide/SlideSource.h"
#include "core/slide/colour_profile.h"
#include "tests/support/errors.h"
#include "tests/support/profiled_slide.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestColourProfile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aDarkerScannerBecomesLighter() {
        const ColourProfile profile(profileOfGamma(1.0)); // linear light
        std::vector<std::uint8_t> pixels = {0, 0, 0, 7, 55, 55, 55, 8, 255, 255, 255, 9, 128, 55, 0, 10};
        profile.toSrgb(pixels.data(), 4);
        const auto near = [](int a, int b) { return std::abs(a - b) <= 1; };
        QVERIFY(near(pixels[0], 0) && near(pixels[8], 255));
        QVERIFY2(near(pixels[4], 128), qPrintable(QString::number(pixels[4])));           // sRGB of 0.2157
        QVERIFY(near(pixels[12], 188) && near(pixels[13], 128) && near(pixels[14], 0));   // blue, green, red keep their places
        for (int i = 0; i < 4; ++i) QCOMPARE(int(pixels[std::size_t(4 * i + 3)]), 7 + i); // the fourth byte stays
    }

    void threadsShareOne() {
        const ColourProfile profile(profileOfGamma(1.8));
        std::vector<std::uint8_t> first(4000, 90);
        profile.toSrgb(first.data(), 1000);
        std::vector<std::thread> threads;
        std::atomic<int> wrong = 0;
        for (int t = 0; t < 2; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i) {
                    std::vector<std::uint8_t> pixels(4000, 90);
                    profile.toSrgb(pixels.data(), 1000);
                    wrong += pixels != first;
                }
            });
        for (auto& thread : threads) thread.join();
        QCOMPARE(wrong.load(), 0);
    }

    void whatIsNoneIsSaid() {
        QCOMPARE(errorOf([] { ColourProfile({}); }), "corrupt");
        auto bytes = profileOfGamma(2.2);
        bytes.resize(100);
        QCOMPARE(errorOf([&] { ColourProfile{bytes}; }), "corrupt");
        const cmsHPROFILE lab = cmsCreateLab4Profile(nullptr); // a profile, but not of RGB
        cmsUInt32Number size = 0;
        cmsSaveProfileToMem(lab, nullptr, &size);
        std::vector<std::uint8_t> other(size);
        cmsSaveProfileToMem(lab, other.data(), &size);
        cmsCloseProfile(lab);
        QCOMPARE(errorOf([&] { ColourProfile{other}; }), "corrupt");
    }

    void aSlideBringsIt() {
        const QTemporaryDir folder;
        const auto file = std::filesystem::path(folder.path().toStdString()) / "profiled.tiff";
        writeProfiledSlide(file, 55, profileOfGamma(1.0));
        const auto profile = colourProfileOf(*openSlide(file));
        QVERIFY(profile);
        QCOMPARE(int(openSlide(file)->read(0, 10, 10, 4, 4).pixel(0, 0)[0]), 55); // the numbers in the file stay
        std::uint8_t pixel[4] = {55, 55, 55, 255};
        profile->toSrgb(pixel, 1);
        QVERIFY(std::abs(pixel[0] - 128) <= 1);
        std::filesystem::remove(file);
        writeProfiledSlide(file, 55, {1, 2, 3, 4, 5, 6, 7, 8});
        QCOMPARE(errorOf([&] { colourProfileOf(*openSlide(file)); }), "corrupt");
    }

    void slidesWithoutOne() {
        QVERIFY(!colourProfileOf(*openSlide(smallSlide())));
        QVERIFY(!colourProfileOf(*syntheticSlide(1000, 1000)));
    }
};

PHLOXINE_TEST(slide_colour_profile, TestColourProfile, NoApplication)
#include "test_colour_profile.moc"
