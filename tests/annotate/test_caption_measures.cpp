// What is measured on a tile to caption it, and the levels.
#include <QtTest>

#include <cmath>

#include "core/annotate/caption_measures.h"
#include "tests/annotate/painted_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

enum { Nuclei, Strength, Tone, Lumen };
double measured(int which, const Painting& painting) { return captionMeasures(paintedTile(painting))[std::size_t(which)]; }

int count(const std::vector<double>& values, const LevelThresholds& t, AttributeLevel level) {
    return int(std::count_if(values.begin(), values.end(), [&](double v) { return levelOf(v, t) == level; }));
}

} // namespace

class CaptionMeasuresTest : public QObject {
    Q_OBJECT

private slots:
    void eachMeasureFollowsItsProperty() {
        QCOMPARE(captionMeasures(paintedTile({})).size(), attributes().size());
        for (int step = 0; step < 4; ++step) {
            QVERIFY(measured(Nuclei, {.nuclei = 10 + 15 * step}) < measured(Nuclei, {.nuclei = 25 + 15 * step}));
            QVERIFY(measured(Strength, {.darker = 12 * step}) < measured(Strength, {.darker = 12 * (step + 1)}));
            QVERIFY(measured(Tone, {.bluer = 12 * (step + 1)}) < measured(Tone, {.bluer = 12 * step})); // purple low, pink high
            QVERIFY(measured(Lumen, {.holes = step}) < measured(Lumen, {.holes = step + 1}));
        }
    }

    void nucleiAreCounted() {
        const double perTile = 112.0 * 112 / 1e4;
        QVERIFY(measured(Nuclei, {.nuclei = 0}) < 0.5);
        const double found = measured(Nuclei, {.nuclei = 30}) * perTile; // some overlap
        QVERIFY2(found > 18 && found < 33, std::to_string(found).c_str());
    }

    void glassHasNoStain() {
        Image white(64, 64);
        std::fill(white.rgb.begin(), white.rgb.end(), std::uint8_t(250));
        const auto measures = captionMeasures(white);
        QVERIFY(std::isnan(measures[Nuclei]) && std::isnan(measures[Strength]) && std::isnan(measures[Tone]));
        QCOMPARE(measures[Lumen], 1.0);
        QCOMPARE(errorOf([] { captionMeasures({}); }), "shape");
        for (const int size : {1, 2, 9})
            QCOMPARE(captionMeasures(paintedTile({.nuclei = 1, .size = size})).size(), std::size_t(4)); // no crash
    }

    void tercilesPartTheSet() {
        std::vector<double> values;
        for (int i = 0; i < 99; ++i) values.push_back((i * 37) % 99);
        const auto t = terciles(values);
        QVERIFY(t.stated && t.tiles == 99);
        for (const auto level : {AttributeLevel::Low, AttributeLevel::Medium, AttributeLevel::High}) QCOMPARE(count(values, t, level), 33);
    }

    void whatIsConstantIsNotStated() {
        QVERIFY(!terciles(std::vector<double>(50, 0.25)).stated);
        QVERIFY(!terciles({}).stated && !terciles({1, 2, 3, 4, 5}).stated);
        QVERIFY(!terciles({1, 2, 3, 4, 5, NAN, NAN, INFINITY}).stated);
        QVERIFY(!terciles(std::vector<double>(9, NAN)).why.empty());
        QVERIFY(!levelOf(0.25, terciles(std::vector<double>(50, 0.25))));
    }

    void tiesLeaveTwoLevels() {
        std::vector<double> mostlyNone(60, 0.0), mostlyFull(60, 1.0);
        for (int i = 1; i <= 15; ++i) mostlyNone.push_back(i / 100.0), mostlyFull.push_back(1 - i / 100.0);
        const auto none = terciles(mostlyNone), full = terciles(mostlyFull);
        QCOMPARE(count(mostlyNone, none, AttributeLevel::Low), 60);
        QCOMPARE(count(mostlyNone, none, AttributeLevel::High), 15);
        QCOMPARE(count(mostlyFull, full, AttributeLevel::High), 60);
        QCOMPARE(count(mostlyFull, full, AttributeLevel::Low), 15);
        QVERIFY(!levelOf(NAN, none));
    }
};

PHLOXINE_TEST(annotate_measures, CaptionMeasuresTest, NoApplication)
#include "test_caption_measures.moc"
