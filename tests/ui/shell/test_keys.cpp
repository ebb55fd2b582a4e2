// The table of keys: none is there twice where both act, none interrupts typing, changes act at once, are kept, and can be taken back.
#include <QAction>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "core/base/Error.h"
#include "tests/support/test_main.h"
#include "ui/shell/ActionFinder.h"
#include "ui/shell/KeysDialog.h"
#include "ui/widgets/keys.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

QKeyEvent press(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier, quint32 scanCode = 0) {
    return {QEvent::KeyPress, key, modifiers, scanCode, 0, 0};
}

QString idOf(const KeyRow* row) { return row ? QString::fromLatin1(row->id) : QString(); }

} // namespace

class TestKeys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { Keys::inUse().resetAll(); }

    void defaultsAreSound() {
        for (const auto& row : keyRows()) {
            QVERIFY(!Keys::inUse().of(row.id).isEmpty());
            QVERIFY(!keyText(row).isEmpty() && !keyPlaceText(row.place).isEmpty());
            for (const auto& key : Keys::inUse().of(row.id)) QCOMPARE(Keys::inUse().objection(row.id, key), QString());
        }
        QVERIFY_EXCEPTION_THROWN((void)Keys::inUse().of("no.such"), Error);
    }

    void objections() {
        auto& keys = Keys::inUse();
        const KeyRow* taken = nullptr;
        QVERIFY(keys.objection("slide.open", QKeySequence(Qt::Key_O), &taken).contains(QStringLiteral("while you type")));
        QVERIFY(!taken);
        QVERIFY(keys.objection("slide.open", QKeySequence(Qt::CTRL | Qt::Key_E), &taken).contains(QStringLiteral("Export tiles")));
        QCOMPARE(idOf(taken), QStringLiteral("tiles.export"));
        QVERIFY(keys.objection("slide.open", QKeySequence()).contains(QStringLiteral("Press")));
        QVERIFY(keys.objection("slide.open", QKeySequence(Qt::CTRL | Qt::Key_B, Qt::CTRL | Qt::Key_C))
                    .contains(QStringLiteral("One combination")));
        QCOMPARE(keys.objection("image.fit", QKeySequence(Qt::Key_S)), QString()); // S of the tiles acts elsewhere
        QVERIFY(!keys.objection("image.fit", QKeySequence(Qt::Key_F1)).isEmpty()); // of the window: everywhere
    }

    void actionsFollow() {
        QAction action;
        Keys::inUse().give(&action, "slide.open");
        QCOMPARE(action.shortcut(), QKeySequence(Qt::CTRL | Qt::Key_O));
        Keys::inUse().set("slide.open", {QKeySequence(Qt::CTRL | Qt::Key_E)});
        QCOMPARE(action.shortcut(), QKeySequence(Qt::CTRL | Qt::Key_E));
        QVERIFY(Keys::inUse().of("tiles.export").isEmpty()); // taken from there
        Keys::inUse().reset("slide.open");
        QCOMPARE(action.shortcut(), QKeySequence(Qt::CTRL | Qt::Key_O));
        Keys::inUse().resetAll();
        QCOMPARE(Keys::inUse().of("tiles.export").size(), 1);
    }

    void areKept() {
        QTemporaryDir folder;
        const auto open = [&] { return std::make_unique<QSettings>(folder.filePath(QStringLiteral("keys.ini")), QSettings::IniFormat); };
        Keys::inUse().readFrom(open());
        Keys::inUse().set("tiles.star", {QKeySequence(Qt::Key_F)});
        Keys::inUse().readFrom(open());
        QCOMPARE(Keys::inUse().of("tiles.star"), QList<QKeySequence>{QKeySequence(Qt::Key_F)});
        Keys::inUse().reset("tiles.star");
        QVERIFY(open()->allKeys().isEmpty());
        {
            auto settings = open();
            settings->setValue(QStringLiteral("keys/tiles.star"), QStringLiteral("not a key at all|||"));
            settings->setValue(QStringLiteral("keys/invented.later"), QStringLiteral("Ctrl+9"));
        }
        Keys::inUse().readFrom(open()); // nonsense is no key, what is not known stays where it is
        QVERIFY(Keys::inUse().of("tiles.star").isEmpty());
        QVERIFY(open()->contains(QStringLiteral("keys/invented.later")));
        Keys::inUse().resetAll();
    }

    void pressedKeysAreFound() {
        const auto image = [](const QKeyEvent& event) { return idOf(Keys::inUse().pressed(KeyPlace::Image, event)); };
        const auto tiles = [](const QKeyEvent& event) { return idOf(Keys::inUse().pressed(KeyPlace::Tiles, event)); };
        QCOMPARE(image(press(Qt::Key_Plus, Qt::ShiftModifier)), QStringLiteral("image.larger"));
        QCOMPARE(image(press(Qt::Key_Plus, Qt::KeypadModifier)), QStringLiteral("image.larger"));
        QCOMPARE(image(press(Qt::Key_Left, Qt::ShiftModifier)), QStringLiteral("image.tileLeft"));
        QCOMPARE(image(press(Qt::Key_3)), QStringLiteral("image.power3"));
        QCOMPARE(image(press(Qt::Key_3, Qt::ShiftModifier)), QString());
        QCOMPARE(image(press(Qt::Key_0, Qt::ControlModifier)), QString());
        QCOMPARE(tiles(press(Qt::Key_Exclam, Qt::ShiftModifier)), QStringLiteral("tiles.blur"));
        QCOMPARE(tiles(press(Qt::Key_section, Qt::ShiftModifier, 12)),
                 QStringLiteral("tiles.stain")); // the third of the row, on any keyboard
        QCOMPARE(tiles(press(Qt::Key_S)), QStringLiteral("tiles.star"));
        QCOMPARE(image(press(Qt::Key_S)), QString());
    }

    void dialogChangesThem() {
        KeysDialog dialog;
        auto* list = dialog.findChild<QTreeWidget*>();
        auto* search = dialog.findChild<QLineEdit*>(QStringLiteral("keySearch"));
        auto* edit = dialog.findChild<QKeySequenceEdit*>();
        QTest::keyClicks(search, QStringLiteral("export"));
        int seen = 0;
        for (int i = 0; i < list->topLevelItemCount(); ++i)
            if (!list->topLevelItem(i)->isHidden()) list->setCurrentItem(list->topLevelItem(i)), ++seen;
        QCOMPARE(seen, 1);
        edit->setKeySequence(QKeySequence(Qt::CTRL | Qt::Key_B));
        const auto button = [&](const QString& text) -> QPushButton* {
            for (auto* found : dialog.findChildren<QPushButton*>())
                if (found->text() == text) return found;
            return nullptr;
        };
        QVERIFY(button(QStringLiteral("Set"))->isEnabled());
        button(QStringLiteral("Set"))->click();
        QCOMPARE(Keys::inUse().of("tiles.export"), QList<QKeySequence>{QKeySequence(Qt::CTRL | Qt::Key_B)});
        edit->setKeySequence(QKeySequence(Qt::CTRL | Qt::Key_O)); // of another row
        QVERIFY(button(QStringLiteral("Take it from there"))->isEnabled());
        edit->setKeySequence(QKeySequence(Qt::Key_B)); // would interrupt typing
        QVERIFY(!button(QStringLiteral("Set"))->isEnabled());
        button(QStringLiteral("As at first"))->click();
        QVERIFY(Keys::inUse().areDefault("tiles.export"));
    }

    void actionsAreFoundByWords() {
        QMenuBar menus;
        QMenu* file = menus.addMenu(QStringLiteral("&File"));
        QAction* open = file->addAction(QStringLiteral("&Open slide..."));
        QAction* close = file->addAction(QStringLiteral("&Close slide"));
        close->setEnabled(false);
        QMenu* recent = file->addMenu(QStringLiteral("&Recent"));
        QAction* first = recent->addAction(QStringLiteral("First"));
        QSignalSpy opened(open, &QAction::triggered), closed(close, &QAction::triggered), firstOpened(first, &QAction::triggered);
        const auto find = [&](const QString& words) {
            ActionFinder finder(&menus);
            auto* search = finder.findChild<QLineEdit*>();
            QTest::keyClicks(search, words);
            QTest::keyClick(search, Qt::Key_Return);
            QCoreApplication::processEvents();
        };
        find(QStringLiteral("slide op"));
        QCOMPARE(opened.count(), 1);
        find(QStringLiteral("close")); // not possible now
        QCOMPARE(closed.count(), 0);
        find(QStringLiteral("recent first"));
        QCOMPARE(firstOpened.count(), 1);
        find(QStringLiteral("there is no such"));
        QCOMPARE(opened.count() + closed.count() + firstOpened.count(), 2);
    }
};

PHLOXINE_TEST(ui_keys, TestKeys, QApplication)
#include "test_keys.moc"
