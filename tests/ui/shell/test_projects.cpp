// Projects in the window: what is opened at the start, what is said when one cannot be used as it should, and that tiles reach them.
#include <fstream>

#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "core/job/JobQueue.h"
#include "tests/project/made_tiles.h"
#include "tests/support/test_main.h"
#include "tests/ui/generate/page_fixture.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/bridge/project_folder.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/NewProjectDialog.h"
#include "ui/shell/settings.h"
#include "ui/viewer/SlideView.h"
#include "ui/widgets/Note.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace fs = std::filesystem;

namespace {

struct ProjectWindow {
    std::shared_ptr<ModelStore> store =
        std::make_shared<ModelStore>(std::vector{fs::path(qgetenv("PHLOXINE_RESOURCES").toStdString()) / "models"});
    JobBridge bridge;
    MainWindow window{store, bridge};
    Note* note = window.findChild<Note*>(QStringLiteral("projectNote"));
    bool opens() {
        QSignalSpy opened(window.project(), &ProjectBridge::opened);
        return opened.wait(10000);
    }
    int tiles(TileFilter filter = {}) {
        int count = -1;
        window.project()->ask(
            &window, [filter](Project& p) { return int(p.find(filter).size()); }, [&](int n) { count = n; });
        return QTest::qWaitFor([&] { return count >= 0; }, 10000) ? count : -1;
    }
    bool says(const char* words) { return !note->isHidden() && note->text().contains(QString::fromLatin1(words)); }
};

} // namespace

class ProjectsTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;
    QString at(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)); }
    static fs::path path(const QString& text) { return text.toStdString(); }

private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("PHLOXINE_SETTINGS_DIR", at("settings").toLocal8Bit());
        qputenv("PHLOXINE_TILES", at("first/tiles").toLocal8Bit());
    }

    void theFirstProjectTakesInWhatWasMade() {
        writeMadeTile(path(at("first/tiles")), madeRequest(1));
        ProjectWindow w;
        QVERIFY(w.opens());
        QCOMPARE(w.window.project()->folder(), at("first"));
        QCOMPARE(w.tiles(), 1);
        QVERIFY(w.note->isHidden());
        QCOMPARE(w.window.page()->tileFolder(), at("first/tiles"));
    }

    void aFolderOfTilesIsTakenInWhereItIs() {
        for (int i = 0; i < 3; ++i) writeMadeTile(path(at("flat")), madeRequest(std::uint64_t(i)));
        ProjectWindow w;
        QVERIFY(w.opens());
        w.window.openProject(at("flat"));
        QVERIFY(w.opens());
        QCOMPARE(w.tiles(), 3);
        QVERIFY(QFile::exists(at("flat/lung_scc-1.png")));   // not moved
        qputenv("PHLOXINE_TILES", at("mine").toLocal8Bit()); // the files themselves lie where the variable says
        QCOMPARE(prepareProjectFolder(at("mine")), at("mine"));
        std::ofstream(path(at("mine/tiles/x.png")));
        QVERIFY(QFile::exists(at("mine/x.png")));
    }

    void otherFoldersAreLeftAlone() {
        QDir().mkpath(at("photos"));
        writePng(path(at("photos/a.png")), Image(4, 4));
        QVERIFY(!holdsTiles(at("photos")));
        QVERIFY(!holdsTiles(at("nowhere")));
        QVERIFY(QDir(at("photos")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot).size() == 1);
        writeMadeTile(path(at("photos")), madeRequest(1));
        QVERIFY(holdsTiles(at("photos")));
        { const Project made(path(at("made"))); }
        QVERIFY(holdsTiles(at("made")) && holdsTiles(at("made/tiles")));
        openSettings()->setValue(QStringLiteral("project/recent"), QStringList{at("gone")});
        ProjectWindow w;
        QVERIFY(w.opens());
        auto* recent = w.window.findChild<QMenu*>(QStringLiteral("recentProjects"));
        Q_EMIT recent->aboutToShow();
        for (QAction* action : recent->actions())
            if (action->text() == QStringLiteral("gone")) action->trigger();
        QVERIFY2(w.says("not there any more"), qPrintable(w.note->text()));
        QVERIFY(!QDir(at("gone")).exists());
    }

    void slidesAreOfferedAgain() {
        QDir().mkpath(at("slides"));
        const QString slide = at("slides/a & b\nc.svs");
        QVERIFY(QFile::copy(qEnvironmentVariable("PHLOXINE_RESOURCES") + QStringLiteral("/slides/CMU-1-Small-Region.svs"), slide));
        ProjectWindow w;
        QVERIFY(w.opens());
        auto* view = w.window.findChild<SlideView*>();
        QSignalSpy opened(view, &SlideView::opened), failed(view, &SlideView::failed);
        w.window.page()->openSlide(slide);
        QVERIFY(opened.wait(20'000));
        w.window.page()->openSlide(QStringLiteral("synthetic:4000x3000")); // no file: not remembered
        QVERIFY(opened.wait(20'000));
        auto* recent = w.window.findChild<QMenu*>(QStringLiteral("recentSlides"));
        Q_EMIT recent->aboutToShow();
        QCOMPARE(recentPaths(recentSlidesSetting), QStringList{slide});
        QCOMPARE(recent->actions().size(), 1);
        recent->actions().first()->trigger();
        QVERIFY(opened.wait(20'000));
        QCOMPARE(view->slidePath(), slide);
        w.window.page()->openSlide(QStringLiteral("synthetic:4000x3000"));
        QVERIFY(opened.wait(20'000));
        QVERIFY(QFile::remove(slide));
        Q_EMIT recent->aboutToShow();
        recent->actions().first()->trigger();
        QVERIFY(failed.wait(20'000));
        QVERIFY2(failed.first().first().toString().contains(QStringLiteral("was not found")),
                 qPrintable(failed.first().first().toString()));
        QVERIFY(view->hasSlide()); // what was open stays
    }

    void aFinishedTileIsAdded() {
        ProjectWindow w;
        QVERIFY(w.opens());
        QSignalSpy changed(w.window.project(), &ProjectBridge::changed);
        w.window.page()->jobs().add(900, madeRequest(5));
        const auto file = writeMadeTile(path(w.window.page()->tileFolder()), madeRequest(5));
        Q_EMIT w.bridge.started(900);
        Q_EMIT w.bridge.tile(900, 0, tileOf(madeRequest(5), QString::fromStdString(file.string())));
        Q_EMIT w.bridge.finished(900);
        QVERIFY(changed.wait(10000));
        QCOMPARE(w.tiles(), 1);
    }

    void theLastOneIsOpenedAgain() {
        qunsetenv("PHLOXINE_TILES");
        qputenv("XDG_DATA_HOME", at("data").toLocal8Bit());
        {
            ProjectWindow w;
            QVERIFY(w.opens());
            w.window.openProject(at("second"));
            QVERIFY(w.opens());
            QCOMPARE(w.window.findChild<QLabel*>(QStringLiteral("projectName"))->text(), QStringLiteral("second"));
        }
        {
            ProjectWindow w;
            QVERIFY(w.opens());
            QCOMPARE(w.window.project()->folder(), at("second"));
            QCOMPARE(openSettings()->value(QStringLiteral("project/recent")).toStringList().front(), at("second"));
        }
        QVERIFY(QDir(at("second")).removeRecursively());
        ProjectWindow w; // it is not there any more
        QVERIFY(w.says("second"));
        QVERIFY(w.opens());
        QVERIFY(w.window.project()->folder().startsWith(at("data")));
        QVERIFY(w.says("not there any more"));
    }

    void aLockedOneIsShown() {
        writeMadeTile(path(at("first/tiles")), madeRequest(1));
        const Project other(path(at("first")));
        ProjectWindow w;
        QVERIFY(w.opens());
        QVERIFY(w.window.project()->isReadOnly());
        QVERIFY2(w.says("another window"), qPrintable(w.note->text()));
        QCOMPARE(w.tiles(), 1);
        QCOMPARE(w.window.page()->tileFolder(), at("first/tiles")); // taken in when it is next opened
        QVERIFY(w.window.findChild<QLabel*>(QStringLiteral("projectName"))->text().contains(QStringLiteral("for reading")));
        QSignalSpy failed(w.window.project(), &ProjectBridge::failed);
        w.window.project()->change([](Project& p) { p.emptyTrash(); });
        QVERIFY(failed.wait(10000));
        QVERIFY(w.says("can only be looked at"));
    }

    void aNewerOneIsRefused() {
        { const Project made(path(at("newer"))); }
        auto bytes = readFile(path(at("newer/project.sqlite")));
        bytes[63] = 99;
        writeFileAtomically(path(at("newer/project.sqlite")), bytes, IfExists::Replace);
        ProjectWindow w;
        QVERIFY(w.opens());
        QSignalSpy refused(w.window.project(), &ProjectBridge::openFailed);
        w.window.openProject(at("newer"));
        QVERIFY(refused.wait(10000));
        QVERIFY2(w.says("newer Phloxine") && w.says("stays open"), qPrintable(w.note->text()));
        QCOMPARE(w.window.project()->folder(), at("first"));
        QCOMPARE(w.tiles(), 0);
    }

    void aDamagedOneIsMadeAgain() {
        writeMadeTile(path(at("first/tiles")), madeRequest(1));
        std::ofstream(path(at("first/project.sqlite"))) << std::string(4000, 'x');
        ProjectWindow w;
        QVERIFY(w.opens());
        QVERIFY2(w.says("made again") && !w.window.project()->isReadOnly(), qPrintable(w.note->text()));
        QCOMPARE(w.tiles(), 1);
    }

    void switchingWaitsForTheRun() {
        ProjectWindow w;
        QVERIFY(w.opens());
        w.window.page()->jobs().add(900, madeRequest(5));
        Q_EMIT w.bridge.started(900);
        w.window.openProject(at("second"));
        QVERIFY(w.says("A run is going on"));
        QCOMPARE(w.window.project()->folder(), at("first"));
    }

    void aNewProjectIsNamed() {
        NewProjectDialog dialog(m_folder->path());
        auto* name = dialog.findChild<QLineEdit*>(QStringLiteral("projectName"));
        auto* make = dialog.findChild<QPushButton*>(QStringLiteral("makeProjectButton"));
        QVERIFY(!make->isEnabled());
        name->setText(QStringLiteral("Lung 2"));
        QVERIFY(make->isEnabled());
        QCOMPARE(dialog.folder(), at("Lung 2"));
        for (const char* bad : {"", "a/b", ".hidden", "full"}) {
            QDir(m_folder->path()).mkpath(QStringLiteral("full/inside"));
            name->setText(QString::fromLatin1(bad));
            QVERIFY2(!make->isEnabled(), bad);
        }
    }
};

PHLOXINE_TEST(ui_projects, ProjectsTest, QApplication)
#include "test_projects.moc"
