// The fields over the prompt: they write it until a person does, and come back with one button that can be undone.
#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>

#include "tests/support/test_main.h"
#include "ui/generate/ConditionPanel.h"
#include "ui/generate/PromptPanel.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/SegmentedControl.h"

#include "page_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

ModelCard cardOf(const char* vocabulary) {
    ModelCard card;
    card.tileSizePx = 224, card.conditions = {"text"}, card.promptVocabulary = vocabulary;
    card.classes = {{"colon_n", "Colon, benign", "CN", "#F0E442", "benign colon", 0}, {"x", "No prompt", "XX", "#000000", "", 0}};
    return card;
}

struct Panel : PromptPanel {
    explicit Panel(const char* vocabulary = "class-levels") {
        setCard(cardOf(vocabulary));
        resize(288, 500);
        show();
    }
    QPlainTextEdit* edit() const { return findChild<QPlainTextEdit*>(QStringLiteral("promptEdit")); }
    Badge* origin() const { return findChild<Badge*>(QStringLiteral("promptOrigin")); }
    QPushButton* again() const { return findChild<QPushButton*>(QStringLiteral("composeAgainButton")); }
    QComboBox* combo(const char* field) const { return findChild<QComboBox*>(QStringLiteral("field-") + QLatin1String(field)); }
    void choose(const char* field, const char* value) const {
        const int row = combo(field)->findData(QString::fromLatin1(value));
        QVERIFY2(row > 0, value);
        combo(field)->setCurrentIndex(row);
    }
};

} // namespace

class TestPromptPanel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void fieldsWriteThePrompt() {
        Panel panel;
        QVERIFY(!panel.origin()->isVisible() && !panel.again()->isVisible());
        QCOMPARE(panel.combo("class")->count(), 2); // not stated, and the class that has a prompt
        panel.choose("class", "benign colon");
        panel.choose("lumen", "high");
        QCOMPARE(panel.prompt(), QStringLiteral("benign colon, high lumen"));
        QCOMPARE(panel.origin()->text(), QStringLiteral("Composed from the fields"));
        panel.combo("lumen")->setCurrentIndex(0);
        QCOMPARE(panel.prompt(), QStringLiteral("benign colon"));
        for (const char* field : {"class", "nuclear-density", "stain-strength", "tone", "lumen"})
            QVERIFY2(!panel.combo(field)->accessibleName().isEmpty(), field);
    }

    void whatIsWrittenByHandStaysUntilItIsComposedAgain() {
        Panel panel;
        panel.choose("tone", "high");
        panel.edit()->moveCursor(QTextCursor::End);
        QTest::keyClicks(panel.edit(), QStringLiteral(", my own words"));
        QCOMPARE(panel.origin()->text(), QStringLiteral("Edited by hand"));
        panel.choose("lumen", "low");
        QCOMPARE(panel.prompt(), QStringLiteral("pink tone, my own words"));
        QVERIFY(panel.again()->isVisible());
        QTest::mouseClick(panel.again(), Qt::LeftButton);
        QCOMPARE(panel.prompt(), QStringLiteral("pink tone, low lumen"));
        QCOMPARE(panel.origin()->text(), QStringLiteral("Composed from the fields"));
        QVERIFY(!panel.again()->isVisible());
        QTest::keyClick(panel.edit(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(panel.prompt(), QStringLiteral("pink tone, my own words"));
        QCOMPARE(panel.origin()->text(), QStringLiteral("Edited by hand"));
        QTest::keyClick(panel.edit(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(panel.prompt(), QStringLiteral("pink tone, low lumen"));
    }

    void aReusedPromptFillsTheFields() {
        Panel panel;
        panel.setPrompt(QStringLiteral("benign colon, low nuclear density, dark stain"), {});
        QCOMPARE(panel.combo("nuclear-density")->currentData().toString(), QStringLiteral("low"));
        QCOMPARE(panel.combo("stain-strength")->currentData().toString(), QStringLiteral("high"));
        QCOMPARE(panel.combo("tone")->currentIndex(), 0);
        QCOMPARE(panel.origin()->text(), QStringLiteral("Composed from the fields"));
        panel.choose("tone", "low");
        QCOMPARE(panel.prompt(), QStringLiteral("benign colon, low nuclear density, dark stain, purple tone"));
        panel.setPrompt(QStringLiteral("many nuclei, a torn edge"), {}); // understood in part
        QCOMPARE(panel.combo("nuclear-density")->currentData().toString(), QStringLiteral("high"));
        QCOMPARE(panel.prompt(), QStringLiteral("many nuclei, a torn edge"));
        QCOMPARE(panel.origin()->text(), QStringLiteral("Edited by hand"));
    }

    void wordsAndLevelsOfPathldm() {
        Panel panel("pathldm");
        auto* tumour = panel.findChild<SegmentedControl*>(QStringLiteral("field-tumour"));
        QCOMPARE(tumour->currentIndex(), 2); // not stated
        tumour->button(1)->click();
        QTest::keyClicks(panel.findChild<QLineEdit*>(QStringLiteral("field-diagnosis")), QStringLiteral("ductal carcinoma"));
        QTest::keyClicks(panel.findChild<QLineEdit*>(QStringLiteral("field-features")), QStringLiteral("focal necrosis"));
        QCOMPARE(panel.prompt(), QStringLiteral("high tumor; ductal carcinoma; focal necrosis"));
        QVERIFY(!panel.combo("lumen")->isVisible());
    }

    void noVocabularyNoFields() {
        Panel panel("");
        QTest::keyClicks(panel.edit(), QStringLiteral("a text"));
        QVERIFY(!panel.combo("class")->isVisible() && !panel.origin()->isVisible() && !panel.again()->isVisible());
        panel.setCard(cardOf("class-levels")); // the text stays, as one by hand
        QCOMPARE(panel.prompt(), QStringLiteral("a text"));
        QVERIFY(panel.combo("class")->isVisible());
        panel.setCard(cardOf("not yet known"));
        QVERIFY(!panel.combo("class")->isVisible());
    }

    void thePageComposesForTheEmbeddedModel() {
        PageFixture f;
        f.find<SegmentedControl>("conditionSegments")->button(1)->click();
        auto* tissue = f.find<QComboBox>("field-class");
        QVERIFY(tissue && tissue->isVisible());
        QCOMPARE(tissue->count(), 6);
        tissue->setCurrentIndex(tissue->findData(QStringLiteral("lung adenocarcinoma")));
        f.page->generateNow();
        QCOMPARE(f.page->jobs().rows().back().request.prompt, std::string("lung adenocarcinoma"));
        GenerateRequest earlier;
        earlier.prompt = "benign lung, high lumen";
        f.page->useAll(earlier);
        QCOMPARE(tissue->currentData().toString(), QStringLiteral("benign lung"));
        QCOMPARE(f.find<QComboBox>("field-lumen")->currentData().toString(), QStringLiteral("high"));
    }
};

PHLOXINE_TEST(ui_generate_prompt, TestPromptPanel, QApplication)
#include "test_prompt_panel.moc"
