// Presets: what they keep, their file with its failures, and the button in the Sampling panel.
#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>

#include "core/base/Files.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "ui/generate/PresetButton.h"
#include "ui/generate/PresetDialogs.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/SegmentedControl.h"

#include "page_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

GenerateRequest fullRequest() {
    GenerateRequest r;
    r.model = "lc25000", r.seed = 77, r.sampler = "ddim", r.steps = 33, r.guidance = 3.5, r.count = 9, r.eta = 0.5, r.spacing = "trailing";
    r.prompt = "benign lung", r.negative = "fold";
    r.initialImage = "/home/somebody/patient.png";
    return r;
}

} // namespace

class TestPresets : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_settings;

    QAction* action(const PageFixture& f, const QString& beginning) const {
        auto* menu = f.find<QPushButton>("presetButton")->menu();
        Q_EMIT menu->aboutToShow();
        for (QAction* a : menu->actions())
            if (a->text().startsWith(beginning)) return a;
        return nullptr;
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }
    void init() {
        m_settings = std::make_unique<QTemporaryDir>();
        qputenv("PHLOXINE_SETTINGS_DIR", m_settings->path().toLocal8Bit());
    }

    void keepsSamplingAndNothingOfTheTissue() {
        const auto plain = presetOf(QStringLiteral("  My  way "), fullRequest(), false);
        QCOMPARE(plain.name, QStringLiteral("My way"));
        QVERIFY(plain.request.prompt.empty() && plain.request.seed == 0 && plain.request.initialImage.empty() &&
                plain.request.model.empty());
        QCOMPARE(plain.request.steps, 33);
        QCOMPARE(plain.request.eta.value_or(0), 0.5);
        QCOMPARE(presetOf({}, fullRequest(), true).request.negative, std::string("fold"));
    }

    void theProgramsFollowTheModel() {
        ModelCard card;
        card.defaultSteps = 20, card.defaultGuidance = 1.75, card.defaultSampler = "ddim";
        QStringList steps;
        for (const auto& row : builtInPresets()) steps << QString::number(requestOf(row, card).steps);
        QCOMPARE(steps.join(QLatin1Char(' ')), QStringLiteral("10 20 40"));
        card.defaultSteps = 1;
        for (const auto& row : builtInPresets()) QVERIFY(requestOf(row, card).steps >= 1 && requestOf(row, card).guidance == 1.75);
    }

    void fileComesBack() {
        QVERIFY(loadPresets(presetsFile()).presets.empty());
        const std::vector<Preset> presets{presetOf(QStringLiteral("A"), fullRequest(), true),
                                          presetOf(QStringLiteral("\u00dc"), {}, false)};
        savePresets(presetsFile(), presets);
        const auto loaded = loadPresets(presetsFile());
        QVERIFY(loaded.presets == presets && loaded.problem.isEmpty() && loaded.writable);
        QCOMPARE(presetsFile().parent_path().string(), m_settings->path().toStdString());
    }

    void damagedFilesAreKeptAside_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut") << QByteArray("{\"format\":\"phloxine-presets/1\",\"presets\":[{");
        QTest::newRow("another file") << QByteArray(R"({"format":"phloxine-request/1"})");
        QTest::newRow("no list") << QByteArray(R"({"format":"phloxine-presets/1"})");
        QTest::newRow("name is a number") << QByteArray(R"({"format":"phloxine-presets/1","presets":[{"name":5}]})");
        QTest::newRow("impossible steps") << QByteArray(
            R"({"format":"phloxine-presets/1","presets":[{"name":"a","request":{"format":"phloxine-request/1","steps":-4}}]})");
        QTest::newRow("bytes") << QByteArray("\xff\xfe\x00\x01", 4);
    }
    void damagedFilesAreKeptAside() {
        QFETCH(QByteArray, text);
        for (int n = 0; n < 2; ++n) { // the second does not replace the first
            writeFileAtomically(presetsFile(), std::string_view(text.constData(), std::size_t(text.size())));
            const auto loaded = loadPresets(presetsFile());
            QVERIFY(loaded.presets.empty() && loaded.writable);
            QVERIFY(loaded.problem.contains(QStringLiteral("presets-damaged")) && !loaded.problem.contains(QLatin1Char('\n')));
            QVERIFY(!isThere(presetsFile()));
        }
        const fs::path folder = m_settings->path().toStdString();
        QCOMPARE(readFile(folder / "presets-damaged.json"), text.toStdString());
        QCOMPARE(readFile(folder / "presets-damaged-2.json"), text.toStdString());
    }

    void newerFilesStay() {
        writeFileAtomically(presetsFile(), std::string_view(R"({"format":"phloxine-presets/2"})"));
        const auto loaded = loadPresets(presetsFile());
        QVERIFY(!loaded.writable && !loaded.problem.isEmpty() && isThere(presetsFile()));
    }

    void names() {
        const std::vector<Preset> presets{presetOf(QStringLiteral("Mine"), {}, false)};
        for (const auto& bad : {QString(), QStringLiteral("  "), QStringLiteral("mine"), QStringLiteral("quick look"), QString(61, u'x')})
            QVERIFY2(!whyNotAName(bad, presets).isEmpty(), qPrintable(bad));
        QVERIFY(whyNotAName(QStringLiteral("Other"), presets).isEmpty());
        QVERIFY(whyNotAName(QStringLiteral("mine"), presets, QStringLiteral("Mine")).isEmpty()); // itself
    }

    void applyFromTheMenu() {
        PageFixture f;
        auto* button = f.find<QPushButton>("presetButton");
        QCOMPARE(button->text(), QStringLiteral("Model default"));
        const int own = f.page->card().defaultSteps;
        f.find<QSpinBox>("tilesSpin")->setValue(7);
        action(f, QStringLiteral("Fine"))->trigger();
        QCOMPARE(f.find<QSpinBox>("stepsSpin")->value(), 2 * own);
        QCOMPARE(f.find<QSpinBox>("tilesSpin")->value(), 7);
        QCOMPARE(button->text(), QStringLiteral("Fine"));
        f.find<QSpinBox>("stepsSpin")->setValue(17);
        QCOMPARE(button->text(), QStringLiteral("Own values"));
        QVERIFY(!button->accessibleName().isEmpty() && button->accessibleDescription() == button->text());
        button->setFocus();
        QVERIFY(button->focusPolicy() & Qt::TabFocus);
    }

    void saveThroughTheDialogAndUseElsewhere() {
        {
            PageFixture f;
            f.find<SegmentedControl>("conditionSegments")->button(1)->click();
            f.find<QPlainTextEdit>("promptEdit")->setPlainText(QStringLiteral("benign lung"));
            f.find<QSpinBox>("stepsSpin")->setValue(13);
            f.find<QDoubleSpinBox>("guidanceSpin")->setValue(4);
            f.find<QSpinBox>("tilesSpin")->setValue(6);
            action(f, QStringLiteral("Save"))->trigger();
            auto* dialog = f.page->findChild<SavePresetDialog*>();
            auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save);
            auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("presetName"));
            auto* problem = dialog->findChild<QLabel*>(QStringLiteral("presetProblem"));
            QVERIFY(!ok->isEnabled() && !problem->isVisible());
            QTest::keyClicks(name, QStringLiteral("Fine"));
            QVERIFY(!ok->isEnabled() && problem->isVisible());
            QTest::keyClicks(name, QStringLiteral(" & slow"));
            dialog->findChild<QCheckBox*>(QStringLiteral("presetWithCondition"))->setChecked(true);
            QVERIFY(ok->isEnabled());
            QTest::mouseClick(ok, Qt::LeftButton);
            QCOMPARE(f.find<PresetButton>("presetButton")->presets().size(), std::size_t(1));
            QCOMPARE(f.find<QPushButton>("presetButton")->accessibleDescription(), QStringLiteral("Fine & slow"));
        }
        PageFixture f; // another window of this machine
        const auto seed = f.find<QLineEdit>("seedEdit")->text();
        action(f, QStringLiteral("Fine &&"))->trigger();
        QCOMPARE(f.find<QSpinBox>("stepsSpin")->value(), 13);
        QCOMPARE(f.find<QSpinBox>("tilesSpin")->value(), 6);
        QCOMPARE(f.find<QPlainTextEdit>("promptEdit")->toPlainText(), QStringLiteral("benign lung"));
        QVERIFY(f.find<QPlainTextEdit>("promptEdit")->isVisible());
        QCOMPARE(f.find<QLineEdit>("seedEdit")->text(), seed);
    }

    void whatTheModelDoesNotKnowIsSaid() {
        auto request = fullRequest();
        request.prompt.clear(), request.classId = "breast";
        savePresets(presetsFile(), {presetOf(QStringLiteral("Breast"), request, true)});
        PageFixture f;
        action(f, QStringLiteral("Breast"))->trigger();
        QCOMPARE(f.find<QSpinBox>("stepsSpin")->value(), 33);
        QVERIFY(f.find<Note>("runNotice")->isVisible());
    }

    void renameAndDelete() {
        savePresets(presetsFile(), {presetOf(QStringLiteral("One"), {}, false), presetOf(QStringLiteral("Two"), {}, false)});
        PageFixture f;
        auto* button = f.find<PresetButton>("presetButton");
        const auto open = [&] {
            action(f, QStringLiteral("Rename"))->trigger();
            ManagePresetsDialog* last = nullptr;
            for (auto* dialog : f.page->findChildren<ManagePresetsDialog*>())
                if (dialog->isVisible()) last = dialog;
            return last;
        };
        auto* dialog = open();
        auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("presetName"));
        auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save);
        name->selectAll();
        QTest::keyClicks(name, QStringLiteral("Two"));
        QVERIFY(!ok->isEnabled() && dialog->findChild<QLabel*>(QStringLiteral("presetProblem"))->isVisible());
        QTest::keyClicks(name, QStringLiteral(" b"));
        QVERIFY(ok->isEnabled());
        dialog->reject(); // Cancel is the undo
        QCOMPARE(button->presets()[0].name, QStringLiteral("One"));
        dialog = open();
        name = dialog->findChild<QLineEdit*>(QStringLiteral("presetName"));
        name->selectAll();
        QTest::keyClicks(name, QStringLiteral("First"));
        dialog->findChild<QListWidget*>(QStringLiteral("presetList"))->setCurrentRow(1);
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("deletePreset")), Qt::LeftButton);
        dialog->accept();
        const auto loaded = loadPresets(presetsFile());
        QCOMPARE(loaded.presets.size(), std::size_t(1));
        QCOMPARE(loaded.presets[0].name, QStringLiteral("First"));
    }

    void aDamagedFileIsSaidInTheWindow() {
        writeFileAtomically(presetsFile(), std::string_view("not JSON"));
        PageFixture f;
        QTRY_VERIFY(f.find<Note>("runNotice")->isVisible());
        QVERIFY(f.find<Note>("runNotice")->text().contains(QStringLiteral("presets-damaged.json")));
    }
};

PHLOXINE_TEST(ui_generate_presets, TestPresets, QApplication)
#include "test_presets.moc"
