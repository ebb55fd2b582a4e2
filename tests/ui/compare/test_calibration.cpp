// Clicking nuclei with a real mouse: dots, undo, fields, the file after each of them, going on later, and files that do not fit.
#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/measure/tissue/rendered_fields.h"
#include "tests/support/test_main.h"
#include "ui/compare/CalibrationDialog.h"
#include "ui/compare/ClickField.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

constexpr int calibrationMs = 30'000, tiles = 4;

struct Opened {
    CalibrationDialog dialog;
    explicit Opened(const SetChoice& set, const fs::path& file) : dialog(set, file) { dialog.show(); }
    bool ready() {
        return QTest::qWaitFor([this] { return dialog.ready(); }, calibrationMs);
    }
    template <typename Widget>
    Widget* find(const char* name) {
        return dialog.findChild<Widget*>(QString::fromLatin1(name));
    }
    ClickField& field() { return *find<ClickField>("clickField"); }
    void click(ClickedPoint at, Qt::MouseButton button = Qt::LeftButton) {
        QTest::mouseClick(&field(), button, {}, field().placeOf(at).toPoint());
    }
    void press(const char* button) { QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton); }
    bool nextField() { // true when another field is shown
        const auto before = number();
        press("nextFieldButton");
        return ready() && number() != before;
    }
    QString number() { return find<QLabel>("fieldNumber")->text(); }
};

} // namespace

class TestCalibration : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path at(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
    SetChoice set() const { return {"real", at("real"), {}}; }

private Q_SLOTS:
    void initTestCase() {
        applyTheme(ThemeChoice::Light);
        for (const char* name : {"real", "other"}) {
            fs::create_directories(at(name));
            for (int i = 0; i < tiles; ++i) {
                FieldSettings settings;
                settings.sidePx = 128, settings.nuclei = 15;
                writePng(at(name) / std::to_string(i).append(".png"), renderField(settings, std::uint64_t(i + 50 * name[0])));
            }
        }
    }

    void dotsComeAndGo() {
        Opened o(set(), at("dots.json"));
        QVERIFY(o.ready());
        auto& field = o.field();
        QVERIFY(field.width() >= 500 && field.points().empty());
        QVERIFY(!o.find<QPushButton>("undoClickButton")->isEnabled());
        o.click({40, 50}), o.click({90, 60}), o.click({64, 100});
        QCOMPARE(field.points().size(), std::size_t(3));
        QVERIFY(std::abs(field.points()[0].x - 40) < 0.3 && std::abs(field.points()[0].y - 50) < 0.3);
        QVERIFY(o.find<QLabel>("clickCount")->text().startsWith(QLatin1Char('3')));
        o.click({90, 60}); // on a dot: away
        QCOMPARE(field.points().size(), std::size_t(2));
        o.click({66, 100}, Qt::RightButton); // near a dot
        QCOMPARE(field.points().size(), std::size_t(1));
        o.click({10, 10}, Qt::RightButton); // near none
        QCOMPARE(field.points().size(), std::size_t(1));
        QTest::keyClick(&o.dialog, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(field.points().size(), std::size_t(2));
        o.press("undoClickButton"), o.press("undoClickButton"), o.press("undoClickButton"), o.press("undoClickButton");
        QVERIFY(field.points().empty() && !field.canUndo());
        QVERIFY(!fs::exists(at("dots.json"))); // nothing to keep yet
    }

    void fieldsAreKeptOneByOne() {
        const auto file = at("kept.json");
        std::string firstTile;
        {
            Opened o(set(), file);
            QSignalSpy saved(&o.dialog, &CalibrationDialog::saved);
            QVERIFY(o.ready());
            o.click({40, 50}), o.click({90, 60});
            QVERIFY(o.nextField());
            auto kept = readNucleiCalibration(file);
            QCOMPARE(kept.done(), 1);
            QCOMPARE(saved.last().at(0).toInt(), 1);
            firstTile = kept.fields[0].tile;
            QCOMPARE(kept.fields[0].points.size(), std::size_t(2));
            QVERIFY(QByteArray::fromStdString(kept.fields[0].time).endsWith('Z'));
            QVERIFY(o.find<QLabel>("calibrationProgress")->text().startsWith(QLatin1String("1 of 50")));
            // paging on without a click is no field without nuclei
            QVERIFY(o.nextField());
            QCOMPARE(readNucleiCalibration(file).done(), 1);
            // but saying so is
            QTest::mouseClick(o.find<QCheckBox>("noNucleiBox"), Qt::LeftButton, {}, QPoint(8, 8));
            QVERIFY(o.find<QCheckBox>("noNucleiBox")->isChecked());
            QVERIFY(o.nextField());
            kept = readNucleiCalibration(file);
            QCOMPARE(kept.done(), 2);
            QVERIFY(kept.fields[1].points.empty());
            o.click({20, 30});
            o.press("closeCalibrationButton"); // in the middle of a field
        }
        const auto kept = readNucleiCalibration(file);
        QCOMPARE(kept.fields.size(), std::size_t(3));
        QVERIFY(kept.done() == 2 && !kept.fields[2].done && kept.fields[2].points.size() == 1);

        Opened o(set(), file); // goes on at the first field that is not done, in the same order
        QVERIFY(o.ready());
        QCOMPARE(o.dialog.calibration().reader, kept.reader);
        QCOMPARE(o.number(), QStringLiteral("Field 2 of 4"));
        QTest::keyClick(&o.dialog, Qt::Key_Left);
        QVERIFY(o.ready() && o.number() == QLatin1String("Field 1 of 4"));
        QCOMPARE(o.field().points().size(), std::size_t(2));
        o.click({70, 30}); // a nucleus that was overlooked
        for (int i = 0; i < 3; ++i) {
            QTest::keyClick(&o.dialog, Qt::Key_Right);
            QVERIFY(o.ready());
        }
        QCOMPARE(o.number(), QStringLiteral("Field 4 of 4"));
        QCOMPARE(o.field().points().size(), std::size_t(1));
        const auto now = readNucleiCalibration(file);
        QVERIFY(now.fields[0].tile == firstTile && now.fields[0].points.size() == 3 && now.fields[0].done);
        QTest::keyClick(&o.dialog, Qt::Key_Right); // the last one: kept, and stays
        QCOMPARE(readNucleiCalibration(file).done(), 3);
        QCOMPARE(o.number(), QStringLiteral("Field 4 of 4"));
    }

    void otherSetsAreRefused() {
        {
            Opened o(set(), at("ours.json"));
            QVERIFY(o.ready());
            o.click({40, 50});
            QVERIFY(o.nextField());
        }
        const auto before = readFile(at("ours.json"));
        Opened o({"other", at("other"), {}}, at("ours.json"));
        auto* note = o.find<Note>("calibrationFailure");
        QTRY_VERIFY_WITH_TIMEOUT(note->isVisible(), calibrationMs);
        QVERIFY2(note->text().contains(QLatin1String("another set, real")), qPrintable(note->text()));
        o.press("nextFieldButton");
        QTest::mouseClick(&o.field(), Qt::LeftButton);
        o.press("closeCalibrationButton");
        QVERIFY(o.field().points().empty());
        QCOMPARE(readFile(at("ours.json")), before);
    }

    void brokenFilesAreLeftAlone() {
        writeFileAtomically(at("broken.json"), std::string_view("{\"format\":"));
        Opened o(set(), at("broken.json"));
        QTRY_VERIFY_WITH_TIMEOUT(o.find<Note>("calibrationFailure")->isVisible(), calibrationMs);
        o.press("closeCalibrationButton");
        QCOMPARE(readFile(at("broken.json")), std::string("{\"format\":"));
    }

    void failedSavingKeepsTheClicks() {
        Opened o(set(), at("nowhere/clicks.json"));
        QVERIFY(o.ready());
        o.click({40, 50});
        o.press("nextFieldButton");
        QVERIFY(o.find<Note>("calibrationFailure")->isVisible());
        QCOMPARE(o.field().points().size(), std::size_t(1));
        QCOMPARE(o.number(), QStringLiteral("Field 1 of 4"));
        fs::create_directories(at("nowhere"));
        QVERIFY(o.nextField()); // the folder is back
        QCOMPARE(readNucleiCalibration(at("nowhere/clicks.json")).done(), 1);
    }

    // Tiles that go away or change while they are clicked do not stop the reader.
    void missingTileIsSaid() {
        Opened o({"other", at("other"), {}}, at("missing.json"));
        QVERIFY(o.ready());
        for (const auto& entry : fs::directory_iterator(at("other"))) fs::remove(entry.path());
        o.press("nextFieldButton");
        QTest::qWait(300);
        QVERIFY(!o.dialog.ready());
        QVERIFY(o.find<QPushButton>("nextFieldButton")->isEnabled());
    }
};

PHLOXINE_TEST(ui_calibration, TestCalibration, QApplication)
#include "test_calibration.moc"
