// By keyboard alone: in each workspace and dialog Tab reaches every control that can be used, the walk comes round, and each control says
// its name and what it is to a screen reader. What takes clicks takes the focus, or is in the menus.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QApplication>
#include <QButtonGroup>
#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>

#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "tests/support/test_main.h"
#include "ui/bridge/JobBridge.h"
#include "ui/compare/ComparePage.h"
#include "ui/compare/SaveReportDialog.h"
#include "ui/exporting/ExportDialog.h"
#include "ui/generate/GeneratePage.h"
#include "ui/generate/GridDialog.h"
#include "ui/generate/PresetDialogs.h"
#include "ui/library/LibraryPage.h"
#include "ui/models/AddModelDialog.h"
#include "ui/models/CardEditor.h"
#include "ui/models/Inspections.h"
#include "ui/models/ModelsPage.h"
#include "ui/regions/CutDialog.h"
#include "ui/regions/LabelDialog.h"
#include "ui/shell/AboutDialog.h"
#include "ui/shell/ActionFinder.h"
#include "ui/shell/KeysDialog.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/NewProjectDialog.h"
#include "ui/shell/SettingsDialog.h"
#include "ui/train/RecipeDialog.h"
#include "ui/train/TrainPage.h"
#include "ui/viewer/SlidePictures.h"
#include "ui/widgets/SideDrawer.h"
#include "ui/widgets/Theme.h"

#include "window_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

QString described(const QWidget* widget) {
    QString text = QString::fromLatin1(widget->metaObject()->className()) + QStringLiteral(" \"") + widget->objectName() + QLatin1Char('"');
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) text += QStringLiteral(" (") + button->text() + QLatin1Char(')');
    for (const QWidget* up = widget->parentWidget(); up; up = up->parentWidget())
        text += QStringLiteral(" < ") + QString::fromLatin1(up->metaObject()->className());
    return text;
}

bool isControl(const QWidget* widget) {
    if (qobject_cast<const QScrollBar*>(widget) || qobject_cast<const QHeaderView*>(widget)) return false; // the area scrolls by keys
    const QWidget* whole = widget->parentWidget();
    if (qobject_cast<const QAbstractSpinBox*>(whole) || qobject_cast<const QComboBox*>(whole) || qobject_cast<const QLineEdit*>(whole))
        return false; // a part of it
    return qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QLineEdit*>(widget) ||
           qobject_cast<const QComboBox*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget) ||
           qobject_cast<const QAbstractSlider*>(widget) || qobject_cast<const QAbstractItemView*>(widget) ||
           qobject_cast<const QPlainTextEdit*>(widget) || qobject_cast<const QTabBar*>(widget);
}

// One of several of which one is on: Tab enters at that one, arrows do the rest.
bool reachedByArrows(const QWidget* widget, const QSet<const QWidget*>& reached) {
    const auto chosenOfMany = [](const QWidget* one) {
        const auto* button = qobject_cast<const QAbstractButton*>(one);
        return button && button->isCheckable() && (button->autoExclusive() || (button->group() && button->group()->exclusive()));
    };
    return chosenOfMany(widget) && std::any_of(reached.begin(), reached.end(), [&](const QWidget* other) {
               return chosenOfMany(other) && other->parentWidget() == widget->parentWidget();
           });
}

QSet<const QWidget*> walk(QWidget& window) {
    QSet<const QWidget*> reached;
    const QWidget* first = nullptr;
    for (int i = 0; i < 400; ++i) {
        QWidget* focus = QApplication::focusWidget();
        QTest::keyClick(focus ? focus : &window, Qt::Key_Tab);
        focus = QApplication::focusWidget();
        if (!focus) continue;
        if (focus == first) break; // it comes round
        if (!first) first = focus;
        reached.insert(focus);
    }
    return reached;
}

void check(QWidget& window, const QSet<const QWidget*>& reached) {
    for (const QWidget* widget : reached) {
        if (qobject_cast<const QScrollArea*>(widget)) continue;
        auto* interface = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
        QVERIFY2(interface && !interface->text(QAccessible::Name).trimmed().isEmpty(),
                 qPrintable(QStringLiteral("no name: ") + described(widget)));
        QVERIFY2(interface->role() != QAccessible::Client && interface->role() != QAccessible::NoRole,
                 qPrintable(QStringLiteral("no role: ") + described(widget)));
    }
    for (const QWidget* widget : window.findChildren<QWidget*>()) {
        if (!widget->isVisible() || !widget->isEnabled() || !isControl(widget)) continue;
        QVERIFY2(reached.contains(widget) || reached.contains(widget->focusProxy()) || reachedByArrows(widget, reached),
                 qPrintable(QStringLiteral("not reached by Tab: ") + described(widget)));
    }
}

} // namespace

Q_DECLARE_METATYPE(std::function<QDialog*()>)

class TestFocusWalk : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        qputenv("PHLOXINE_SETTINGS_DIR", m_folder.path().toLocal8Bit());
        qputenv("PHLOXINE_TILES", m_folder.filePath(QStringLiteral("tiles")).toLocal8Bit());
        applyTheme(ThemeChoice::Light);
    }

    void workspaces_data() {
        QTest::addColumn<QString>("page");
        for (const char* page : {"generate", "generate by text", "generate with a slide", "generate, narrow", "generate, drawer out",
                                 "library", "compare", "train", "models"})
            QTest::newRow(page) << QString::fromLatin1(page);
    }
    void workspaces() {
        QFETCH(QString, page);
        Window whole;
        MainWindow& window = whole.window;
        const bool narrow = page.startsWith(QStringLiteral("generate, "));
        window.resize(narrow ? QSize(1280, 760) : QSize(1440, 900));
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        if (page == QLatin1String("library")) window.showWorkspace(window.library());
        if (page == QLatin1String("compare")) window.showWorkspace(window.compare());
        if (page == QLatin1String("train")) window.showWorkspace(window.train());
        if (page == QLatin1String("models")) window.showWorkspace(window.models());
        if (page == QLatin1String("generate by text")) {
            auto* segments = window.page()->findChild<QWidget*>(QStringLiteral("conditionSegments"));
            QVERIFY(segments);
            QTest::mouseClick(segments->findChildren<QAbstractButton*>().at(1), Qt::LeftButton);
        }
        if (page == QLatin1String("generate with a slide")) window.page()->openSlide(QStringLiteral("synthetic:4000x3000"));
        if (page == QLatin1String("generate, drawer out")) window.page()->findChild<SideDrawer*>()->setOpen(true);
        QTest::qWait(600); // models are looked at, facts come in
        check(window, walk(window));
    }

    void dialogs_data() {
        QTest::addColumn<std::function<QDialog*()>>("make");
        const auto add = [](const char* name, std::function<QDialog*()> make) { QTest::newRow(name) << std::move(make); };
        static const ModelEntry entry = ModelStore().find({});
        add("settings", [] { return new SettingsDialog; });
        add("keys", [] { return new KeysDialog; });
        add("about", [] { return new AboutDialog; });
        add("new project", [this] { return new NewProjectDialog(m_folder.path()); });
        add("label", [] { return new LabelDialog(RegionLabels()); });
        add("cut tiles", [this] { return new CutDialog(224, 0.5, 3, 1, m_folder.filePath(QStringLiteral("cut"))); });
        add("save a preset", [] { return new SavePresetDialog({}); });
        add("presets", [] { return new ManagePresetsDialog({{"Fast", {}}, {"Fine", {}}}); });
        add("grid", [] { return new GridDialog(GenerateRequest(), entry.card, 1); });
        add("card of a model", [] { return new CardEditor(entry); });
        add("export", [this] {
            ui::TileRecord tile;
            tile.request.classId = "lung_scc", tile.file = m_folder.filePath(QStringLiteral("tile.png"));
            return new ExportDialog(m_bridge, {tile, tile}, {tile}, entry.card);
        });
        add("recipe", [] { return new RecipeDialog(TrainRecipe(), false); });
        add("add a model", [this] { return new AddModelDialog(m_bridge, m_inspections, AddModelDialog::Add); });
        add("inspect a model", [this] { return new AddModelDialog(m_bridge, m_inspections, AddModelDialog::Inspect); });
        add("find an action", [this] { return new ActionFinder(&m_menus); });
        add("save a report", [] { return new SaveReportDialog; });
        add("pictures of a slide", [] { return new SlidePictures(QStringLiteral("synthetic:1000x1000")); });
    }
    void dialogs() {
        QFETCH(std::function<QDialog*()>, make);
        const std::unique_ptr<QDialog> dialog(make());
        dialog->show();
        QVERIFY(QTest::qWaitForWindowActive(dialog.get()));
        QTest::qWait(200);
        check(*dialog, walk(*dialog));
    }

private:
    QTemporaryDir m_folder;
    JobBridge m_bridge; // without a queue
    Inspections m_inspections{m_bridge};
    QMenuBar m_menus;
};

PHLOXINE_TEST(ui_focus_walk, TestFocusWalk, QApplication)
#include "test_focus_walk.moc"
