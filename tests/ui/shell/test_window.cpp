// The frame: actions and their keys reach the page, settings survive a restart, panels can be reached by key.
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QMenuBar>
#include <QProgressBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "tests/support/test_main.h"
#include "ui/bridge/JobBridge.h"
#include "ui/generate/GeneratePage.h"
#include "ui/library/LibraryPage.h"
#include "ui/models/ModelsPage.h"
#include "ui/shell/KeysDialog.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/StatusRow.h"
#include "ui/shell/settings.h"
#include "ui/widgets/Theme.h"

#include "window_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

QAction* actionWithKeys(QWidget& window, const QKeySequence& keys) {
    for (QAction* action : window.findChildren<QAction*>())
        if (action->shortcuts().contains(keys)) return action;
    return nullptr;
}

} // namespace

class TestWindow : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        qputenv("PHLOXINE_SETTINGS_DIR", m_folder.path().toLocal8Bit());
        qputenv("PHLOXINE_TILES", m_folder.filePath(QStringLiteral("tiles")).toLocal8Bit());
        applyTheme(ThemeChoice::Light);
    }

    void settingsStayInTheirFolder() { QVERIFY(settingsFile().startsWith(m_folder.path())); }

    void everyKeyHasItsAction() {
        Window w;
        for (const char* keys : {"Ctrl+O", "Ctrl+Shift+O", "Ctrl+E", "Ctrl+Return", "Ctrl+Enter", "Ctrl+.", "Ctrl+Shift+.", "F1", "F6",
                                 "Shift+F6", "F11", "Ctrl+Q", "Alt+1", "Alt+5", "Alt+6", "Alt+7", "Ctrl+Z", "Ctrl+F"})
            QVERIFY2(actionWithKeys(w.window, QKeySequence(QString::fromLatin1(keys))), keys);
        QSet<QKeySequence> seen;
        for (QAction* action : w.window.findChildren<QAction*>())
            for (const QKeySequence& keys : action->shortcuts()) {
                QVERIFY2(!seen.contains(keys), qPrintable(keys.toString()));
                seen.insert(keys);
            }
        QVERIFY(!seen.contains(QKeySequence(Qt::Key_1))); // digits must not interrupt typing
    }

    void saysThatItIsForResearch() {
        Window w;
        w.window.resize(1280, 760);
        w.window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&w.window));
        const QWidget* corner = w.window.menuBar()->cornerWidget(Qt::TopRightCorner);
        QVERIFY(corner && corner->isVisible());
        QCOMPARE(w.window.menuBar()->height(), 32);
        bool said = false;
        for (const QLabel* label : corner->findChildren<QLabel*>())
            said |= label->text() == QStringLiteral("Research use only, not for diagnosis");
        QVERIFY(said);
        QVERIFY(corner->geometry().right() <= w.window.width());
    }

    void statusRowFollowsTheJob() {
        StatusRow row;
        auto* bar = row.findChild<QProgressBar*>();
        auto* cancel = row.findChild<QToolButton*>();
        row.show();
        QVERIFY(bar->isHidden() && cancel->isHidden());
        row.setJob(QStringLiteral("Tile 4 of 8, step 31 of 50"), 0.5);
        QVERIFY(bar->isVisible() && cancel->isVisible());
        QCOMPARE(bar->value(), 500);
        QSignalSpy asked(&row, &StatusRow::cancelRequested);
        QTest::mouseClick(cancel, Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
        row.setJob(QStringLiteral("8 tiles saved"), -1);
        QVERIFY(bar->isHidden());
        QCOMPARE(row.findChild<QLabel*>(QStringLiteral("statusJob"))->text(), QStringLiteral("8 tiles saved"));
        QVERIFY(!bar->accessibleName().isEmpty());
    }

    void stopIsOfferedWhileARunGoesOnOnly() {
        Window w;
        QAction* stop = actionWithKeys(w.window, QKeySequence(Qt::CTRL | Qt::Key_Period));
        QVERIFY(!stop->isEnabled());
        Q_EMIT w.window.page()->statusChanged(QStringLiteral("Tile 1 of 2"), 0.1);
        QVERIFY(stop->isEnabled());
        Q_EMIT w.window.page()->statusChanged(QStringLiteral("2 tiles saved"), -1);
        QVERIFY(!stop->isEnabled());
    }

    void geometryAndThemeAreRemembered() {
        {
            Window w;
            w.window.resize(1400, 820);
            w.window.show();
            for (QAction* action : w.window.findChildren<QAction*>())
                if (action->text() == QStringLiteral("&Dark theme")) action->trigger();
            QVERIFY(theme().dark);
            w.window.close();
        }
        QCOMPARE(openSettings()->value(QStringLiteral("window/theme")).toInt(), int(ThemeChoice::Dark));
        QVERIFY(openSettings()->contains(QStringLiteral("window/geometry")));
        applyTheme(ThemeChoice::Light);
    }

    void f6GoesThroughThePanels() {
        Window w;
        w.window.show();
        QVERIFY(QTest::qWaitForWindowActive(&w.window));
        QSet<QWidget*> reached;
        for (int i = 0; i < 12; ++i) {
            QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &w.window, Qt::Key_F6);
            if (QApplication::focusWidget()) reached.insert(QApplication::focusWidget());
        }
        QVERIFY2(reached.size() >= 4, qPrintable(QString::number(reached.size())));
    }

    void keysOfWorkspacesShowThem() {
        Window w;
        w.window.show();
        QVERIFY(QTest::qWaitForWindowActive(&w.window));
        QTest::keyClick(&w.window, Qt::Key_6, Qt::AltModifier);
        QVERIFY(w.window.models()->isVisible() && !w.window.page()->isVisible());
        QTest::keyClick(&w.window, Qt::Key_7, Qt::AltModifier);
        QVERIFY(w.window.library()->isVisible());
        QTest::keyClick(&w.window, Qt::Key_F, Qt::ControlModifier);
        QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("librarySearch"));
        QTest::keyClick(&w.window, Qt::Key_6, Qt::AltModifier);
        QTest::keyClick(&w.window, Qt::Key_F6);
        QVERIFY(QApplication::focusWidget());
        QTest::keyClick(&w.window, Qt::Key_1, Qt::AltModifier);
        QVERIFY(w.window.page()->isVisible());
        actionWithKeys(w.window, QKeySequence(Qt::ALT | Qt::Key_6))->trigger();
        actionWithKeys(w.window, QKeySequence(Qt::CTRL | Qt::Key_O))->trigger(); // what it does is seen on the other page
        QVERIFY(w.window.page()->isVisible());
    }

    void buttonsHaveNames_data() {
        QTest::addColumn<int>("page");
        QTest::newRow("generate") << 0;
        QTest::newRow("models") << 1;
        QTest::newRow("library") << 2;
    }
    void buttonsHaveNames() {
        QFETCH(int, page);
        Window w;
        w.window.show();
        if (page == 1) w.window.showWorkspace(w.window.models());
        if (page == 2) w.window.showWorkspace(w.window.library());
        QVERIFY(QTest::qWaitForWindowExposed(&w.window));
        for (QAbstractButton* button : w.window.findChildren<QAbstractButton*>()) {
            if (!button->isVisible()) continue;
            const QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(button);
            const QByteArray what = QByteArray(button->metaObject()->className()) + " " + button->objectName().toUtf8();
            QVERIFY2(interface && !interface->text(QAccessible::Name).isEmpty(), what.constData());
        }
    }

    void keysCanBeSearched() {
        KeysDialog dialog;
        QVERIFY(!dialog.windowTitle().isEmpty());
        QVERIFY(!dialog.grab().isNull());
    }

private:
    QTemporaryDir m_folder;
};

PHLOXINE_TEST(ui_window, TestWindow, QApplication)
#include "test_window.moc"
