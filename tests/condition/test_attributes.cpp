// Levels of attributes, as captions state them.
#include <QtTest>

#include "core/condition/attributes.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class AttributesTest : public QObject {
    Q_OBJECT

private slots:
    void everyPhraseIsReadBack() {
        for (std::size_t i = 0; i < attributes().size(); ++i)
            for (std::size_t level = 0; level < 3; ++level)
                for (const char* phrase : attributes()[i].phrases[level]) {
                    const auto found = attributeLevelsIn("Colon adenocarcinoma, " + std::string(phrase) + ", H&E");
                    for (std::size_t k = 0; k < found.size(); ++k) QCOMPARE(found[k].has_value(), k == i);
                    QCOMPARE(*found[i], AttributeLevel(level));
                }
    }

    void wordsAreWhole() {
        QVERIFY(!attributeLevelsIn("yellow lumens, a few nucleic acids, mildly dark stainless steel")[0]);
        QVERIFY(!attributeLevelsIn("yellow lumens")[3]);
        QVERIFY(!attributeLevelsIn("dark stainless")[1]);
        QVERIFY(!attributeLevelsIn("")[0]);
        QCOMPARE(*attributeLevelsIn("HIGH Lumen")[3], AttributeLevel::High);
    }

    void lastOneHolds() {
        QCOMPARE(*attributeLevelsIn("pale stain, dark stain")[1], AttributeLevel::High);
        QCOMPARE(*attributeLevelsIn("dark stain, pale stain")[1], AttributeLevel::Low);
    }
};

PHLOXINE_TEST(condition_attributes, AttributesTest, NoApplication)
#include "test_attributes.moc"
