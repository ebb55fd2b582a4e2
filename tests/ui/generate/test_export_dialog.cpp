// The sentences of errors, what the export dialog checks, and how it ends.
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "ui/bridge/error_text.h"
#include "ui/exporting/ExportDialog.h"
#include "ui/exporting/export_checks.h"

#include "page_fixture.h"

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
};

QTEST_MAIN(TestExportDialog)
#include "test_export_dialog.moc"
