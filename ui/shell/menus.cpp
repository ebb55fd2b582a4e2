// The menu bar of the window.
#include <functional>

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>

#include "ui/compare/ComparePage.h"
#include "ui/generate/GeneratePage.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/models/ModelsPage.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"
#include "ui/shell/AboutDialog.h"
#include "ui/shell/ActionFinder.h"
#include "ui/shell/KeysDialog.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/settings.h"
#include "ui/train/TrainPage.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/keys.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

void MainWindow::buildMenus() {
    menuBar()->setFixedHeight(32);
    menuBar()->setNativeMenuBar(false); // the research notice sits in its corner
    buildFileMenu();
    buildEditMenu();
    buildViewMenu();
    buildSlideMenu();
    buildRunMenu();
    buildHelpMenu();
    buildCorner();
}

QAction* MainWindow::addAction(QMenu* menu, const QString& text, const char* keys, void (GeneratePage::*slot)(), bool seen) {
    QAction* action = menu->addAction(text);
    if (keys) Keys::inUse().give(action, keys);
    connect(action, &QAction::triggered, m_page, [this, slot, seen] {
        if (seen) showWorkspace(m_page);
        std::invoke(slot, m_page); // (m_page->*slot)() is compiled wrongly by GCC 12 under -fsanitize=undefined
    });
    return action;
}

void MainWindow::buildFileMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    addProjectChoices(menu);
    menu->addSeparator();
    addAction(menu, tr("&Open slide..."), "slide.open", &GeneratePage::openSlideDialog);
    addAction(menu, tr("Open &sample slide"), nullptr, &GeneratePage::openSampleSlide)->setObjectName(QStringLiteral("openSampleSlide"));
    addRecentSlides(menu);
    QAction* addModel = menu->addAction(tr("&Add model..."));
    addModel->setObjectName(QStringLiteral("addModel"));
    connect(addModel, &QAction::triggered, this, [this] {
        showWorkspace(m_models);
        m_models->addModel();
    });
    menu->addSeparator();
    addAction(menu, tr("&Export tiles..."), "tiles.export", &GeneratePage::exportTiles)->setObjectName(QStringLiteral("exportTiles"));
    menu->addSeparator();
    QAction* quit = menu->addAction(tr("&Quit"));
    Keys::inUse().give(quit, "window.quit");
    quit->setMenuRole(QAction::QuitRole);
    connect(quit, &QAction::triggered, this, &QWidget::close);
}

void MainWindow::addRecentSlides(QMenu* menu) {
    QMenu* recent = menu->addMenu(tr("Recent &slides"));
    recent->setObjectName(QStringLiteral("recentSlides"));
    recent->setToolTipsVisible(true);
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
        recent->clear();
        const QStringList slides = recentPaths(recentSlidesSetting);
        for (const QString& slide : slides) {
            QAction* action = recent->addAction(QFileInfo(slide).fileName().simplified().replace(QLatin1Char('&'), QStringLiteral("&&")));
            action->setToolTip(QDir::toNativeSeparators(slide));
            connect(action, &QAction::triggered, this, [this, slide] {
                showWorkspace(m_page);
                m_page->openSlide(slide); // one that is gone says so
            });
        }
        if (slides.isEmpty()) recent->addAction(tr("None yet"))->setEnabled(false);
    });
    connect(m_page, &GeneratePage::slideOpened, this, [](const QString& path) {
        if (QFileInfo::exists(path)) rememberPath(recentSlidesSetting, QFileInfo(path).absoluteFilePath());
    });
}

void MainWindow::buildEditMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Edit"));
    QAction* undo = menu->addAction(tr("&Undo: back from the trash"));
    undo->setObjectName(QStringLiteral("undoTrash"));
    Keys::inUse().give(undo, "edit.undo");
    connect(undo, &QAction::triggered, m_library, [this] {
        if (m_library->isVisible()) m_library->undo(); // nobody would see it elsewhere
    });
    connect(menu, &QMenu::aboutToShow, this, [this, undo] { undo->setEnabled(m_library->isVisible() && m_library->model().canUndo()); });
    connect(menu, &QMenu::aboutToHide, undo, [undo] { undo->setEnabled(true); }); // the key acts whatever the menu showed last
    QAction* find = menu->addAction(tr("&Find in the library"));
    Keys::inUse().give(find, "library.find");
    connect(find, &QAction::triggered, this, [this] {
        showWorkspace(m_library);
        m_library->find();
    });
    menu->addSeparator();
    QAction* action = menu->addAction(tr("Find an &action..."));
    Keys::inUse().give(action, "window.findAction");
    connect(action, &QAction::triggered, this, [this] { ActionFinder(menuBar(), this).exec(); });
    QAction* settings = menu->addAction(tr("&Settings..."));
    settings->setObjectName(QStringLiteral("settings"));
    settings->setMenuRole(QAction::PreferencesRole);
    Keys::inUse().give(settings, "window.settings");
    connect(settings, &QAction::triggered, this, &MainWindow::showSettings);
}

void MainWindow::buildViewMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    addWorkspaceChoice(menu, tr("&Generate"), "workspace.generate", m_page);
    addWorkspaceChoice(menu, tr("&Compare"), "workspace.compare", m_compare);
    addWorkspaceChoice(menu, tr("&Train"), "workspace.train", m_train);       // 3 and 4 belong to workspaces to come
    addWorkspaceChoice(menu, tr("&Library"), "workspace.library", m_library); // the others keep the digits they have
    addWorkspaceChoice(menu, tr("&Models"), "workspace.models", m_models);
    menu->addSeparator();
    addThemeChoices(menu->addMenu(tr("&Theme")));
    QAction* full = menu->addAction(tr("&Full screen"));
    full->setCheckable(true);
    Keys::inUse().give(full, "window.fullScreen");
    connect(full, &QAction::toggled, this, &MainWindow::toggleFullScreen);
    menu->addSeparator();
    for (const int direction : {1, -1}) {
        QAction* action = menu->addAction(direction > 0 ? tr("&Next panel") : tr("&Previous panel"));
        Keys::inUse().give(action, direction > 0 ? "panel.next" : "panel.previous");
        connect(action, &QAction::triggered, this, [this, direction] { cyclePanel(direction); });
    }
}

void MainWindow::addWorkspaceChoice(QMenu* menu, const QString& text, const char* keys, QWidget* page) {
    QAction* action = menu->addAction(text);
    Keys::inUse().give(action, keys);
    connect(action, &QAction::triggered, this, [this, page] { showWorkspace(page); });
}

void MainWindow::addThemeChoices(QMenu* menu) {
    m_themes = new QActionGroup(this);
    const std::pair<QString, ThemeChoice> choices[] = {{tr("&System theme"), ThemeChoice::System},
                                                       {tr("&Light theme"), ThemeChoice::Light},
                                                       {tr("&Dark theme"), ThemeChoice::Dark},
                                                       {tr("&High contrast"), ThemeChoice::Contrast}};
    for (const auto& [text, choice] : choices) {
        QAction* action = menu->addAction(text);
        action->setCheckable(true);
        action->setChecked(themeChoice() == choice);
        m_themes->addAction(action);
        connect(action, &QAction::triggered, this, [choice = choice] { chooseTheme(choice); });
    }
    connect(menu, &QMenu::aboutToShow, this, [this] { m_themes->actions()[int(themeChoice())]->setChecked(true); });
}

void MainWindow::buildSlideMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Slide"));
    const QString names[] = {tr("2.5×"), tr("5×"), tr("10×"), tr("20×"), tr("40×")};
    for (int power = 0; power < 5; ++power) {
        QAction* action = menu->addAction(names[power]);
        // The key is shown and not set as a shortcut: it acts in the image panes only, never while somebody types.
        const auto show = [action, name = names[power], id = QByteArray("image.power") + QByteArray::number(power + 1)] {
            action->setText(name + QLatin1Char('\t') + shownKeys(Keys::inUse().of(id.constData())));
        };
        show();
        connect(&Keys::inUse(), &Keys::changed, action, show);
        connect(action, &QAction::triggered, m_page, [this, power] { m_page->setMagnification(power); });
    }
    menu->addSeparator();
    addAction(menu, tr("Find real &tissue like this tile"), "tile.findTissue", &GeneratePage::findTissue)
        ->setObjectName(QStringLiteral("findTissue"));
    addAction(menu, tr("&Pictures beside the slide\u2026"), nullptr, &GeneratePage::showSlidePictures);
    menu->addSeparator();
    QMenu* regions = m_page->regions().panel().menu();
    menu->addMenu(regions);
    connect(menu, &QMenu::aboutToShow, this, [this, regions] { regions->menuAction()->setEnabled(m_page->regions().hasSlide()); });
}

void MainWindow::buildRunMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Run"));
    QAction* run = menu->addAction(tr("&Run what is set up here"));
    Keys::inUse().give(run, "run.here");
    connect(run, &QAction::triggered, this, &MainWindow::runHere);
    addAction(menu, tr("&Grid of two parameters..."), "run.grid", &GeneratePage::openGrid)->setObjectName(QStringLiteral("openGrid"));
    menu->addSeparator();
    QAction* train = menu->addAction(tr("&Open training\u2026"));
    connect(train, &QAction::triggered, this, [this] {
        showWorkspace(m_train);
        m_train->openRunDialog();
    });
    menu->addSeparator();
    m_stopNow = menu->addAction(tr("&Stop now"));
    Keys::inUse().give(m_stopNow, "run.stop");
    connect(m_stopNow, &QAction::triggered, this, &MainWindow::stopHere);
    m_stopAfterTile = addAction(menu, tr("Stop &after this tile"), "run.stopAfterTile", &GeneratePage::stopAfterTile, false);
}

void MainWindow::buildHelpMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    QAction* keys = menu->addAction(tr("&Keys..."));
    Keys::inUse().give(keys, "help.keys");
    connect(keys, &QAction::triggered, this, [this] { KeysDialog(this).exec(); });
    QAction* about = menu->addAction(tr("&About and licences"));
    connect(about, &QAction::triggered, this, [this] { AboutDialog(this).exec(); });
}

void MainWindow::buildCorner() {
    auto* corner = new QWidget(this);
    corner->setFixedHeight(menuBar()->height()); // else the bar puts it at its upper edge
    auto* row = new QHBoxLayout(corner);
    row->setContentsMargins(0, 0, 16, 0);
    row->setSpacing(8);
    m_researchIcon = new QLabel(corner);
    m_researchIcon->setPixmap(iconPixmap(QStringLiteral("shield"), 16, theme().text2, devicePixelRatioF()));
    auto* words = new QLabel(tr("Research use only, not for diagnosis"), corner);
    words->setProperty("role", QStringLiteral("secondary"));
    m_projectName = new QLabel(corner);
    m_projectName->setObjectName(QStringLiteral("projectName"));
    m_projectName->setProperty("role", QStringLiteral("value"));
    m_projectName->setTextFormat(Qt::PlainText);
    row->addWidget(m_projectName);
    row->addWidget(separatorLine(corner, true));
    row->addWidget(m_researchIcon);
    row->addWidget(words);
    menuBar()->setCornerWidget(corner, Qt::TopRightCorner);
}

} // namespace phloxine::ui
