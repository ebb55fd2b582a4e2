// The Library workspace with real key and mouse events on a project of made tiles.
#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeWidget>
#include <QUrl>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "tests/project/made_tiles.h"
#include "tests/support/test_main.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/library/ChipGroup.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"
#include "ui/viewer/EmptyState.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

struct Page {
    QTemporaryDir folder;
    ProjectBridge project;
    std::unique_ptr<LibraryPage> page;
    TileGallery* gallery = nullptr;

    explicit Page(int tiles) {
        const std::filesystem::path root = folder.path().toStdString();
        for (int i = 0; i < tiles; ++i) writeMadeTile(root / "tiles", madeRequest(std::uint64_t(i), i % 2 ? "lung_scc" : "colon_n"));
        page = std::make_unique<LibraryPage>(project);
        page->setAskBeforeTrash(false);
        page->resize(1360, 700);
        page->show();
        page->activateWindow();
        project.open(folder.path());
        gallery = page->findChild<TileGallery*>();
    }
    LibraryModel& model() const { return page->model(); }
    bool ready(int tiles) { // sorted by seed, with records and pictures
        find<QComboBox>("libraryOrder")->setCurrentIndex(3);
        return QTest::qWaitFor(
            [&] { return model().count() == tiles && (tiles == 0 || (model().record(0) && model().record(0)->seed == 0)); });
    }
    template <typename Widget>
    Widget* find(const char* name) const {
        return page->findChild<Widget*>(QString::fromLatin1(name));
    }
    void click(int index, Qt::KeyboardModifiers modifiers = {}) const {
        QTest::mouseClick(gallery->viewport(), Qt::LeftButton, modifiers, gallery->cardRect(index).center());
    }
    void key(int key, Qt::KeyboardModifiers modifiers = {}) const { QTest::keyClick(gallery, Qt::Key(key), modifiers); }
};

template <typename Done>
void answer(const char* button, Done done) { // the next message box
    QTimer::singleShot(50, [button, done] {
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        if (!box) return;
        for (auto* b : box->buttons())
            if (b->text() == QString::fromLatin1(button)) b->click();
        done();
    });
}

} // namespace

class LibraryPageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void keysMarkTheSelected() {
        Page p(30);
        QVERIFY(p.ready(30));
        p.gallery->setFocus();
        p.click(2);
        p.key(Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(p.model().selection().indices(), (std::vector{2, 3}));
        p.key(Qt::Key_S);
        QTRY_VERIFY(p.model().record(2)->star && p.model().record(3)->star);
        p.key(Qt::Key_S);
        QTRY_VERIFY(!p.model().record(2)->star);
        p.key(Qt::Key_X);
        QTRY_VERIFY(p.model().record(3)->rejected);
        p.key(Qt::Key_2, Qt::ShiftModifier);
        QTRY_COMPARE(p.model().record(2)->tags, std::vector<std::string>{"nuclei"});
        p.key(Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(p.model().selection().size(), 30);
        p.key(Qt::Key_Home);
        QCOMPARE(p.model().selection().indices(), std::vector{0});
        p.key(Qt::Key_End);
        QCOMPARE(p.model().selection().current(), 29);
        QVERIFY(p.gallery->viewport()->rect().contains(p.gallery->cardRect(29))); // scrolled to it
        p.key(Qt::Key_PageUp);
        QVERIFY(p.model().selection().current() < 29);
        QVERIFY(p.gallery->viewport()->rect().contains(p.gallery->cardRect(p.model().selection().current())));
    }

    void filtersNarrow() {
        Page p(21);
        QVERIFY(p.ready(21));
        QTRY_VERIFY(p.page->findChild<ChipGroup*>(QStringLiteral("classChips"))->chip("lung_scc"));
        auto* classes = p.page->findChild<ChipGroup*>(QStringLiteral("classChips"));
        QTest::mouseClick(classes->chip("lung_scc"), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), 10);
        QTRY_COMPARE(p.find<QLabel>("libraryCount")->text(), QStringLiteral("10 of 21 tiles"));
        QTest::keyClicks(p.find<QLineEdit>("librarySearch"), QStringLiteral("colon"));
        QTRY_COMPARE(p.model().count(), 0);
        QTRY_VERIFY(p.page->findChild<EmptyState*>()->isVisible());
        QCOMPARE(p.page->findChild<EmptyState*>()->title(), QStringLiteral("No tile fits"));
        QTest::mouseClick(p.find<QPushButton>("libraryEmptyButton"), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), 21);
        QVERIFY(!p.find<QPushButton>("clearFilters")->isEnabled());
        QTest::keyClicks(p.find<QLineEdit>("librarySearch"), QStringLiteral("1 3")); // a seed, with or without spaces
        QTRY_COMPARE(p.model().count(), 1);
        QTRY_VERIFY(p.model().record(0) && p.model().record(0)->seed == 13);
        p.find<QLineEdit>("librarySearch")->clear();
        QTRY_COMPARE(p.model().count(), 21);
        auto* marks = p.page->findChild<ChipGroup*>(QStringLiteral("markChips"));
        QTest::mouseClick(marks->chip("kept"), Qt::LeftButton);
        QTest::mouseClick(marks->chip("rejected"), Qt::LeftButton); // excludes the other
        QCOMPARE(marks->chosen(), std::vector<std::string>{"rejected"});
        QTRY_COMPARE(p.model().count(), 0);
    }

    void trashIsAskedUndoneAndEmptied() {
        Page p(12);
        QVERIFY(p.ready(12));
        p.page->setAskBeforeTrash(true);
        p.gallery->setFocus();
        p.click(0);
        p.click(3, Qt::ShiftModifier);
        bool asked = false;
        answer("Keep", [&] { asked = true; });
        p.key(Qt::Key_Delete);
        QTRY_VERIFY(asked);
        QCOMPARE(p.model().count(), 12);
        answer("Move to the trash", [] {});
        p.key(Qt::Key_Delete);
        QTRY_COMPARE(p.model().count(), 8);
        auto* note = p.page->findChild<Note*>(QStringLiteral("libraryNote"));
        QVERIFY(note->isVisible() && note->text().contains(QStringLiteral("4 tiles")));
        QTest::mouseClick(note->actionButton(), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), 12);
        p.page->setAskBeforeTrash(false);
        p.key(Qt::Key_Delete);
        QTRY_VERIFY(p.model().count() < 12);
        const int left = p.model().count();
        QTest::mouseClick(p.find<QPushButton>("trashButton"), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), 12 - left);
        QVERIFY(p.find<QPushButton>("emptyTrashButton")->isVisible());
        p.click(0);
        p.key(Qt::Key_Delete); // does not bring it back, and takes nothing further
        QTest::qWait(100);
        QCOMPARE(p.model().count(), 12 - left);
        QTest::mouseClick(p.find<QPushButton>("trashTiles"), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), 12 - left - 1);
        answer("Delete for good", [] {});
        QTest::mouseClick(p.find<QPushButton>("emptyTrashButton"), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), 0);
        QTRY_COMPARE(p.page->findChild<EmptyState*>()->title(), QStringLiteral("The trash is empty"));
        QTest::mouseClick(p.find<QPushButton>("libraryEmptyButton"), Qt::LeftButton);
        QTRY_COMPARE(p.model().count(), left + 1);
    }

    void theRecordIsShownAndUsed() {
        Page p(6);
        QVERIFY(p.ready(6));
        p.click(5);
        auto* useAll = p.find<QPushButton>("useAllButton");
        QTRY_VERIFY(useAll->isVisible());
        GenerateRequest used;
        connect(p.page.get(), &LibraryPage::useAll, this, [&](const GenerateRequest& r) { used = r; });
        QTest::mouseClick(useAll, Qt::LeftButton);
        QCOMPARE(used.seed, std::uint64_t(5));
        quint64 seed = 0;
        connect(p.page.get(), &LibraryPage::useSeed, this, [&](quint64 s) { seed = s; });
        p.gallery->setFocus();
        p.key(Qt::Key_U);
        QCOMPARE(seed, quint64(5));
        QTest::mouseClick(p.find<QPushButton>("copyRequest"), Qt::LeftButton);
        const auto copied = generateRequestFromJson(Json::parse(QGuiApplication::clipboard()->text().toStdString()), "the clipboard");
        QCOMPARE(copied.seed, std::uint64_t(5));
        QTest::mouseClick(p.find<QPushButton>("copyImage"), Qt::LeftButton);
        QVERIFY(QGuiApplication::clipboard()->mimeData()->hasImage() && QGuiApplication::clipboard()->mimeData()->hasUrls());
        QTest::keyClicks(p.find<QLineEdit>("newTag"), QStringLiteral("for the talk"));
        QTest::keyClick(p.find<QLineEdit>("newTag"), Qt::Key_Return);
        QTRY_COMPARE(p.model().record(5)->tags, std::vector<std::string>{"for the talk"});
        QTRY_VERIFY(p.page->findChild<ChipGroup*>(QStringLiteral("recordTags"))->chip("for the talk"));
    }

    void tilesAreDraggedOut() {
        Page p(5);
        QVERIFY(p.ready(5));
        QVERIFY(!p.gallery->dragData()); // none is chosen
        p.click(1);
        auto data = p.gallery->dragData();
        QVERIFY(data && data->hasImage());
        QCOMPARE(data->urls(), QList{QUrl::fromLocalFile(p.folder.filePath(QStringLiteral("tiles/lung_scc-1.png")))});
        p.click(3, Qt::ControlModifier);
        data = p.gallery->dragData();
        QCOMPARE(data->urls().size(), 2);
        for (const QUrl& url : data->urls()) QVERIFY(QFile::exists(url.toLocalFile()));
    }

    void twoAreCompared() {
        Page p(6);
        QVERIFY(p.ready(6));
        p.click(1);
        QVERIFY(!p.find<QPushButton>("compareTiles")->isEnabled());
        p.click(4, Qt::ControlModifier);
        QTRY_VERIFY(p.find<QPushButton>("compareTiles")->isEnabled());
        p.gallery->setFocus();
        p.key(Qt::Key_Return);
        QTRY_VERIFY(p.find<QDialog>("tilesDialog"));
        auto* table = p.find<QDialog>("tilesDialog")->findChild<QTreeWidget*>(QStringLiteral("differenceTable"));
        QVERIFY(table);
        QCOMPARE(table->topLevelItemCount(), 2); // class and seed
        QTest::keyClick(p.find<QDialog>("tilesDialog"), Qt::Key_Escape);
        QTRY_VERIFY(!p.find<QDialog>("tilesDialog"));
    }

    void aReaderHearsAList() {
        Page p(9);
        QVERIFY(p.ready(9));
        auto* list = QAccessible::queryAccessibleInterface(p.gallery);
        QVERIFY(list && list->role() == QAccessible::List);
        QCOMPARE(list->childCount(), 9);
        auto* card = list->child(1);
        QCOMPARE(card->role(), QAccessible::ListItem);
        QVERIFY2(card->text(QAccessible::Name).startsWith(QStringLiteral("Synthetic tile, lung_scc, seed 1")),
                 qPrintable(card->text(QAccessible::Name)));
        QVERIFY(!card->state().selected);
        card->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
        QVERIFY(card->state().selected);
        QCOMPARE(list->indexOfChild(card), 1);
        QVERIFY(p.gallery->spoken(1) == card->text(QAccessible::Name));
    }

    void anEmptyProjectSaysWhatWillBeHere() {
        Page p(0);
        QTRY_VERIFY(p.page->findChild<EmptyState*>()->isVisible());
        QVERIFY(p.page->findChild<EmptyState*>()->title().contains(QStringLiteral("appear here")));
        QSignalSpy asked(p.page.get(), &LibraryPage::generateRequested);
        QTest::mouseClick(p.find<QPushButton>("libraryEmptyButton"), Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
    }

    void aProjectForReadingIsOnlyLookedAt() {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        for (int i = 0; i < 3; ++i) writeMadeTile(root / "tiles", madeRequest(std::uint64_t(i)));
        const Project other(root); // has it open
        ProjectBridge bridge;
        LibraryPage page(bridge);
        page.resize(1200, 700);
        page.show();
        bridge.open(folder.path());
        QTRY_COMPARE(page.model().count(), 3);
        page.model().select([](Selection& s) { s.choose(0, false, false); });
        QTRY_VERIFY(page.model().record(0));
        QVERIFY(!page.findChild<QPushButton*>(QStringLiteral("starButton"))->isEnabled());
        QVERIFY(!page.findChild<QPushButton*>(QStringLiteral("trashTiles"))->isEnabled());
        QTest::keyClick(page.findChild<TileGallery*>(), Qt::Key_Delete);
        QTest::qWait(200);
        QCOMPARE(page.model().count(), 3);
    }
};

PHLOXINE_TEST(ui_library_page, LibraryPageTest, QApplication)
#include "test_library_page.moc"
