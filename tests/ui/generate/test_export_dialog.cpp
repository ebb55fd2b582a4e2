// The sentences of errors, what the export dialog checks, and how it ends.
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>

#include "tests/support/test_main.h"
#include "ui/bridge/error_text.h"
#include "ui/exporting/ExportDialog.h"
#include "ui/exporting/export_checks.h"
#include "ui/widgets/SegmentedControl.h"

#include "page_fixture.h"
#include "tests/project/made_tiles.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {
QString writeFile(const QString& path) {
    QFile file(path);
    [[maybe_unused]] const bool open = file.open(QIODevice::WriteOnly);
    file.write("tile");
    return path;
}
} // namespace

class TestExportDialog : public QObject {
    Q_OBJECT

    GenerateRequest request() const {
        GenerateRequest r;
        r.classId = "lung_scc";
        return r;
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void everyErrorHasASentence() {
        QSet<QString> headings;
        for (int code = 0; code <= int(ErrorCode::Internal); ++code) {
            const ErrorText words = errorText(ErrorCode(code));
            QVERIFY2(words.heading.endsWith(QLatin1Char('.')) && !words.heading.contains(QLatin1Char('!')), qPrintable(words.heading));
            QCOMPARE(words.action == ErrorAction::None, words.actionText.isEmpty());
            QVERIFY(detailsText(ErrorCode(code), QStringLiteral("more")).contains(QStringLiteral("more")));
            headings.insert(words.heading);
        }
        QCOMPARE(int(headings.size()), int(ErrorCode::Internal) + 1);
    }

    void foldersAreTold() {
        QTemporaryDir dir;
        QVERIFY(!nearestFolder({}).isEmpty());
        QCOMPARE(nearestFolder(dir.filePath(QStringLiteral("a/b"))), dir.path());
        QCOMPARE(folderState({}), FolderState::NotChosen);
        QCOMPARE(folderState(dir.path()), FolderState::Empty);
        QCOMPARE(folderState(dir.filePath(QStringLiteral("a/b/c"))), FolderState::WillBeMade);
        writeFile(dir.filePath(QStringLiteral("x.txt")));
        QCOMPARE(folderState(dir.path()), FolderState::Foreign);
        QCOMPARE(folderState(dir.filePath(QStringLiteral("x.txt"))), FolderState::NotAFolder);
        writeFile(dir.filePath(QStringLiteral("plan.json")));
        QCOMPARE(folderState(dir.path()), FolderState::Resumable);
    }

    void classNamesAreFolderNames() {
        QCOMPARE(sanitisedClassName(QStringLiteral("Lung, SCC (G2)")), QStringLiteral("lung_scc_g2"));
        QCOMPARE(sanitisedClassName(QStringLiteral("../..")), QStringLiteral("tile"));
        QCOMPARE(sanitisedClassName(QString::fromUtf8("\u00dcbergang")), QStringLiteral("bergang"));
        const ExportPlan plan = planFor(QStringLiteral(" Set "), {tileOf(request(), QStringLiteral("/a.png"))});
        QCOMPARE(plan.title, std::string("Set"));
        QCOMPARE(plan.items[0].className, std::string("lung_scc"));
        QCOMPARE(plan.items[0].split, std::string("train"));
        QCOMPARE(plan.items[0].file.string(), std::string("/a.png"));
    }

    void exportWaitsForWhatIsMissing() {
        QTemporaryDir dir;
        PageFixture f;
        const QString file = writeFile(dir.filePath(QStringLiteral("tile.png")));
        ExportDialog dialog(f.bridge, {tileOf(request(), file)}, {}, f.store->find({}).card);
        dialog.show();
        auto* run = dialog.findChild<QPushButton*>(QStringLiteral("exportRunButton"));
        auto* reason = dialog.findChild<QLabel*>(QStringLiteral("exportReason"));
        auto* folder = dialog.findChild<QLineEdit*>(QStringLiteral("exportFolder"));
        auto* title = dialog.findChild<QLineEdit*>(QStringLiteral("exportTitle"));
        QVERIFY(!run->isEnabled() && reason->text().contains(QStringLiteral("folder")));
        folder->setText(dir.path()); // holds the tile itself
        QVERIFY(!run->isEnabled() && reason->text().contains(QStringLiteral("another folder")));
        folder->setText(dir.filePath(QStringLiteral("set")));
        QVERIFY(run->isEnabled() && reason->text().isEmpty());
        title->clear();
        QVERIFY(!run->isEnabled() && reason->text().contains(QStringLiteral("title")));
        title->setText(QStringLiteral("Set"));
        QFile::remove(file);
        folder->setText(dir.filePath(QStringLiteral("set2")));
        QVERIFY(!run->isEnabled() && reason->text().contains(QStringLiteral("file")));
    }

    void exportRunsAndSaysHowItEnded() {
        QTemporaryDir dir;
        PageFixture f;
        ExportDialog dialog(f.bridge, {tileOf(request(), writeFile(dir.filePath(QStringLiteral("tile.png"))))}, {}, f.store->find({}).card);
        dialog.show();
        dialog.findChild<QLineEdit*>(QStringLiteral("exportFolder"))->setText(dir.filePath(QStringLiteral("set")));
        auto* run = dialog.findChild<QPushButton*>(QStringLiteral("exportRunButton"));
        QTest::mouseClick(run, Qt::LeftButton);
        QVERIFY(!run->isEnabled());
        auto* result = dialog.findChild<QWidget*>(QStringLiteral("exportResult"));
        Q_EMIT f.bridge.failed(1, Failure{ErrorCode::DiskFull, QStringLiteral("No room."), {}});
        QVERIFY(result->isVisible());
        QVERIFY(run->isEnabled()); // the same set goes on
        QTest::mouseClick(run, Qt::LeftButton);
        Q_EMIT f.bridge.finished(2);
        QVERIFY(dialog.findChild<QPushButton*>(QStringLiteral("exportOpenButton"))->isVisible());
        QTest::mouseClick(dialog.findChild<QPushButton*>(QStringLiteral("exportCloseButton")), Qt::LeftButton);
        QVERIFY(!dialog.isVisible());
    }

    void rejectedTilesStayOut() {
        QTemporaryDir dir;
        PageFixture f;
        const QString good = writeFile(dir.filePath(QStringLiteral("good.png"))), bad = writeFile(dir.filePath(QStringLiteral("bad.png")));
        ExportDialog dialog(f.bridge, {tileOf(request(), good), tileOf(request(), bad)}, {tileOf(request(), bad)}, f.store->find({}).card);
        dialog.show();
        dialog.findChild<QLineEdit*>(QStringLiteral("exportFolder"))->setText(dir.filePath(QStringLiteral("set")));
        auto* check = dialog.findChild<QLabel*>(QStringLiteral("exportRejected"));
        auto* take = dialog.findChild<QCheckBox*>(QStringLiteral("exportWithRejected"));
        auto* table = dialog.findChild<QTableWidget*>(QStringLiteral("exportClasses"));
        auto* which = dialog.findChild<SegmentedControl*>(QStringLiteral("exportWhich"));
        QVERIFY(!check->isVisible() && !take->isVisible() && dialog.whyNotReady().isEmpty());
        dialog.awaitMarks();
        QVERIFY(!dialog.whyNotReady().isEmpty()); // nothing is exported before it is known
        dialog.setRejectedUnknown();
        QVERIFY(dialog.whyNotReady().contains(QStringLiteral("cannot be read")));
        dialog.awaitMarks();
        dialog.setRejected({bad, QStringLiteral("/elsewhere.png")});
        QVERIFY(dialog.whyNotReady().isEmpty());
        QCOMPARE(check->text(), QStringLiteral("1 rejected tile is left out."));
        QCOMPARE(table->item(0, 1)->text(), QStringLiteral("1"));
        which->setCurrentIndex(1);
        QVERIFY(dialog.whyNotReady().contains(QStringLiteral("rejected")));
        QTest::mouseClick(take, Qt::LeftButton, {}, QPoint(10, take->height() / 2));
        QVERIFY(take->isChecked() && dialog.whyNotReady().isEmpty());
        QCOMPARE(check->text(), QStringLiteral("1 rejected tile is taken in."));
        which->setCurrentIndex(0);
        QCOMPARE(table->item(0, 1)->text(), QStringLiteral("2"));
    }

    void theLibrarySaysWhatIsRejected() {
        QTemporaryDir dir;
        Project project(dir.filePath(QStringLiteral("project")).toStdString());
        std::vector<std::int64_t> ids;
        std::vector<ui::TileRecord> tiles;
        for (const std::uint64_t seed : {1, 2, 3}) {
            const auto single = madeRequest(seed);
            const auto file = writeMadeTile(project.tilesFolder(), single);
            ids.push_back(project.add(file));
            tiles.push_back(tileOf(single, QString::fromStdString(file.string())));
        }
        TileMarks reject;
        reject.rejected = true;
        project.mark(std::vector{ids[0], ids[2]}, reject);
        const auto rejected = rejectedFiles(project);
        QCOMPARE(rejectedTiles(tiles, rejected), 2);
        const auto plan = planFor(QStringLiteral("Set"), withoutRejected(tiles, rejected));
        QCOMPARE(plan.items.size(), std::size_t(1));
        QCOMPARE(plan.items[0].request.seed, std::uint64_t(2));
    }
};

PHLOXINE_TEST(ui_export_dialog, TestExportDialog, QApplication)
#include "test_export_dialog.moc"
