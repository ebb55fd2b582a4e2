// One picture in the stain of another.
#include <QtTest>

#include "core/measure/tissue/rendered_fields.h"
#include "core/measure/tissue/stain_match.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

// Fields of one stain, made paler and bluer where `shift` is 1.
Image field(std::uint64_t seed, double shift) {
    FieldSettings settings;
    settings.sidePx = 128, settings.nuclei = 20;
    auto image = renderField(settings, seed);
    for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
        image.rgb[i] = std::uint8_t(image.rgb[i] * (1 - 0.25 * shift));
        image.rgb[i + 1] = std::uint8_t(image.rgb[i + 1] + (255 - image.rgb[i + 1]) * 0.3 * shift);
    }
    return image;
}

double worst(const StainLook& a, const StainLook& b) {
    double d = 0;
    for (std::size_t c = 0; c < 3; ++c) d = std::max({d, std::abs(a.mean[c] - b.mean[c]), std::abs(a.spread[c] - b.spread[c])});
    return d;
}

} // namespace

class StainMatchTest : public QObject {
    Q_OBJECT
private slots:
    void theLookOfTheOtherIsTakenOver() {
        const auto pale = field(3, 1), wanted = field(9, 0);
        const auto own = stainLook(pale), target = stainLook(wanted);
        QVERIFY(own && target);
        QVERIFY(worst(*own, *target) > 0.05);
        const auto matched = inStainOf(pale, *own, *target);
        QCOMPARE(matched.width, pale.width);
        const auto after = stainLook(matched);
        QVERIFY(after);
        QVERIFY2(worst(*after, *target) < 0.25 * worst(*own, *target), qPrintable(QString::number(worst(*after, *target))));
    }

    void itsOwnLookChangesNothing() {
        const auto image = field(5, 0);
        const auto look = stainLook(image);
        QVERIFY(look);
        QVERIFY(inStainOf(image, *look, *look).rgb == image.rgb);
    }

    void glassStaysGlass() {
        auto image = field(5, 1);
        for (int y = 0; y < 20; ++y)
            std::fill_n(image.rgb.begin() + std::ptrdiff_t(y) * image.width * 3, image.width * 3, std::uint8_t(255));
        const auto matched = inStainOf(image, *stainLook(image), *stainLook(field(7, 0)));
        for (int i = 0; i < 20 * image.width * 3; ++i) QCOMPARE(int(matched.rgb[std::size_t(i)]), 255);
    }

    void whatHasNoStainHasNoLook() {
        Image glass(64, 64);
        std::fill(glass.rgb.begin(), glass.rgb.end(), std::uint8_t(250));
        QVERIFY(!stainLook(glass));
        QVERIFY(!stainLook({}));
        const StainLook look;
        QCOMPARE(errorOf([&] { inStainOf({}, look, look); }), "wrong-use");
        Image flat(32, 32); // one colour is moved to the other mean and stays one colour
        std::fill(flat.rgb.begin(), flat.rgb.end(), std::uint8_t(120));
        const auto wanted = *stainLook(field(9, 0));
        const auto moved = inStainOf(flat, *stainLook(flat), wanted);
        QVERIFY(std::equal(moved.rgb.begin() + 3, moved.rgb.end(), moved.rgb.begin()));
    }
};

PHLOXINE_TEST(measure_stain_match, StainMatchTest, QCoreApplication)
#include "test_stain_match.moc"
