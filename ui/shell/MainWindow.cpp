#include "ui/shell/MainWindow.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "core/job/JobQueue.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/compare/ComparePage.h"
#include "ui/generate/GeneratePage.h"
#include "ui/library/LibraryPage.h"
#include "ui/models/ModelsPage.h"
#include "ui/regions/RegionBench.h"
#include "ui/shell/NavRail.h"
#include "ui/shell/SettingsDialog.h"
#include "ui/shell/StatusRow.h"
#include "ui/shell/settings.h"
#include "ui/train/TrainPage.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/keys.h"

namespace phloxine::ui {
namespace {

constexpr QSize smallest(1280, 760), usual(1440, 900);

QString firstLocalFile(const QMimeData* data) {
    for (const QUrl& url : data->urls())
        if (url.isLocalFile()) return url.toLocalFile();
    return {};
}

} // namespace

MainWindow::MainWindow(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent)
    : QMainWindow(parent), m_project(new ProjectBridge(this)), m_rail(new NavRail(this)), m_pages(new QStackedWidget(this)),
      m_page(new GeneratePage(store, bridge, this)), m_library(new LibraryPage(*m_project, this)),
      m_models(new ModelsPage(store, bridge, this)), m_compare(new ComparePage(bridge, this)), m_train(new TrainPage(store, bridge, this)),
      m_status(new StatusRow(this)), m_bridge(bridge), m_projectNote(new Note(Tone::Info, this)) {
    setWindowTitle(tr("Phloxine"));
    setMinimumSize(smallest.boundedTo(screen()->availableSize())); // at a scale of 200 % a screen may hold less
    setAcceptDrops(true);
    addWorkspace("sparkles", tr("Generate"), m_page);
    addWorkspace("library-photo", tr("Library"), m_library);
    addWorkspace("git-compare", tr("Compare"), m_compare);
    addWorkspace("chart-line", tr("Train"), m_train);
    addWorkspace("box", tr("Models"), m_models);

    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    auto* row = new QHBoxLayout;
    for (QBoxLayout* box : std::initializer_list<QBoxLayout*>{column, row}) {
        box->setContentsMargins(0, 0, 0, 0);
        box->setSpacing(0);
    }
    row->addWidget(m_rail);
    auto* body = new QVBoxLayout;
    body->setSpacing(0);
    m_projectNote->setObjectName(QStringLiteral("projectNote"));
    m_projectNote->setBar(true);
    m_projectNote->setClosable(true);
    m_projectNote->hide();
    body->addWidget(m_projectNote);
    body->addWidget(m_pages, 1);
    row->addLayout(body, 1);
    column->addLayout(row, 1);
    column->addWidget(m_status);
    setCentralWidget(centre);

    Keys::inUse().readFrom(openSettings());
    buildMenus();
    connect(m_rail, &NavRail::settingsRequested, this, &MainWindow::showSettings);
    applySettings();
    connectPages();
    connectProject();
    m_page->regions().setSecretFile(QFileInfo(settingsFile()).path() + QStringLiteral("/source.key"));
    m_page->rememberTrainingFolders(openSettings());
    m_page->setProject(m_project);
    openFirstProject();
    showStatus({}, -1);
    restore();
}

MainWindow::~MainWindow() = default;

void MainWindow::addWorkspace(const char* icon, const QString& word, QWidget* page) {
    m_pages->addWidget(page);
    QAbstractButton* button = m_rail->addWorkspace(icon, word);
    connect(button, &QAbstractButton::clicked, m_pages, [this, page] { m_pages->setCurrentWidget(page); });
    connect(m_pages, &QStackedWidget::currentChanged, button,
            [this, page, button] { button->setChecked(m_pages->currentWidget() == page); });
}

void MainWindow::connectPages() {
    connect(m_page, &GeneratePage::statusChanged, this, &MainWindow::showStatus);
    connect(m_status, &StatusRow::cancelRequested, this, &MainWindow::stopHere);
    connect(m_compare, &ComparePage::statusChanged, this, &MainWindow::showStatus);
    connect(m_models, &ModelsPage::modelsChanged, m_page, &GeneratePage::refreshModels);
    connect(m_train, &TrainPage::statusChanged, this, [this](const QString& text, double fraction) {
        if (!m_page->busy() && !m_compare->running()) showStatus(text, fraction); // what is done between its steps comes first
    });
    connect(m_train, &TrainPage::modelsChanged, m_page, &GeneratePage::refreshModels);
    connect(m_train, &TrainPage::modelsChanged, m_models, &ModelsPage::refresh);
    const auto use = [this](const QString& path) {
        if (m_page->useModel(path)) showWorkspace(m_page);
    };
    connect(m_page, &GeneratePage::cardsChanged, m_library, [this] { m_library->setCards(m_page->cards()); });
    m_library->setCards(m_page->cards());
    connect(m_library, &LibraryPage::doNotAskAgain, this, [] { openSettings()->setValue(askTrashSetting, false); });
    connect(m_library, &LibraryPage::generateRequested, this, [this] { showWorkspace(m_page); });
    connect(m_library, &LibraryPage::useSeed, m_page, &GeneratePage::useSeed);
    connect(m_library, &LibraryPage::useAll, m_page, &GeneratePage::useAll);
    connect(m_library, &LibraryPage::remix, m_page, &GeneratePage::remix);
    for (const auto signal : {&LibraryPage::useAll, &LibraryPage::remix})
        connect(m_library, signal, this, [this] { showWorkspace(m_page); });
    connect(m_library, &LibraryPage::useSeed, this, [this] { showWorkspace(m_page); });
    connect(m_models, &ModelsPage::useRequested, this, use);
    connect(m_train, &TrainPage::useRequested, this, use);
}

void MainWindow::showSettings() {
    SettingsDialog dialog(this);
    connect(&dialog, &SettingsDialog::changed, this, &MainWindow::applySettings);
    dialog.exec();
}

void MainWindow::applySettings() {
    const auto settings = openSettings();
    setReducedMotion(settings->value(motionSetting, lessMotionByDefault()).toBool());
    m_library->setAskBeforeTrash(settings->value(askTrashSetting, true).toBool());
    if (auto* queue = m_bridge.queue()) queue->setDevice(settings->value(deviceSetting, QStringLiteral("auto")).toString().toStdString());
}

void MainWindow::runHere() {
    QWidget* page = m_pages->currentWidget();
    if (page == m_train) return m_train->start();
    if (page == m_compare) return m_compare->run();
    showWorkspace(m_page);
    m_page->generateNow();
}

void MainWindow::stopHere() {
    if (m_compare->running()) m_compare->stop();
    else if (m_page->busy()) m_page->stopNow();
    else m_train->pause();
}

void MainWindow::showWorkspace(QWidget* page) { m_pages->setCurrentWidget(page); }

void MainWindow::showStatus(const QString& text, double fraction) {
    m_status->setJob(text, fraction);
    m_stopNow->setEnabled(fraction >= 0);
    m_stopAfterTile->setEnabled(fraction >= 0);
    showDevice();
}

void MainWindow::showDevice() {
    m_status->setDevice(QString::fromStdString(deviceStatus().name)); // what the worker has said last
}

void MainWindow::toggleFullScreen(bool on) {
    setWindowState(on ? windowState() | Qt::WindowFullScreen : windowState() & ~Qt::WindowFullScreen);
}

// The page marks its panels with the property "panel", whose number is their place in the order.
QList<QWidget*> MainWindow::panels() const {
    QList<QWidget*> inside;
    for (QWidget* widget : m_pages->currentWidget()->findChildren<QWidget*>())
        if (widget->property("panel").isValid() && widget->isVisible()) inside.append(widget);
    std::stable_sort(inside.begin(), inside.end(),
                     [](QWidget* a, QWidget* b) { return a->property("panel").toInt() < b->property("panel").toInt(); });
    QList<QWidget*> all{m_rail};
    all += inside;
    all.append(m_status);
    return all;
}

void MainWindow::cyclePanel(int direction) {
    const QList<QWidget*> all = panels();
    const QWidget* focused = QApplication::focusWidget();
    qsizetype here = -1;
    for (qsizetype i = 0; i < all.size(); ++i)
        if (focused && (all[i] == focused || all[i]->isAncestorOf(focused))) here = i;
    for (qsizetype step = 1; step <= all.size(); ++step) {
        const qsizetype at = here < 0 ? (direction > 0 ? step - 1 : all.size() - step) : here + direction * step;
        QWidget* panel = all[(at % all.size() + all.size()) % all.size()];
        QWidget* first = panel->focusPolicy() & Qt::TabFocus ? panel : nullptr;
        // the chain of Tab, not the order of creation
        for (QWidget* next = panel->nextInFocusChain(); !first && next != panel; next = next->nextInFocusChain())
            if (panel->isAncestorOf(next) && (next->focusPolicy() & Qt::TabFocus) && next->isVisible() && next->isEnabled()) first = next;
        if (!first) continue;
        first->setFocus(Qt::TabFocusReason);
        return;
    }
}

void MainWindow::restore() {
    const auto settings = openSettings();
    if (!restoreGeometry(settings->value(QStringLiteral("window/geometry")).toByteArray())) resize(usual);
}

void MainWindow::remember() const {
    const auto settings = openSettings();
    settings->setValue(QStringLiteral("window/geometry"), saveGeometry());
}

bool MainWindow::mayClose() {
    if (!m_page->busy() && !m_train->running()) return true;
    const bool training = !m_page->busy();
    QMessageBox box(QMessageBox::NoIcon, tr("Quit Phloxine"), training ? tr("A training is going on.") : tr("A run is going on."),
                    QMessageBox::NoButton, this);
    box.setInformativeText(training ? tr("Its state is saved before Phloxine ends. You can go on with it at any time.")
                                    : tr("Finished tiles are saved. The queue is kept, and can go on at the next start."));
    auto* stop = box.addButton(training ? tr("Save and quit") : tr("Stop and quit"), QMessageBox::AcceptRole);
    box.setDefaultButton(box.addButton(tr("Keep running"), QMessageBox::RejectRole));
    box.exec();
    return box.clickedButton() == stop;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!mayClose()) {
        event->ignore();
        return;
    }
    m_page->prepareToQuit();
    remember();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!firstLocalFile(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QString path = firstLocalFile(event->mimeData());
    if (path.isEmpty()) return;
    event->acceptProposedAction();
    if (m_pages->currentWidget() == m_models) m_models->addFrom(path);
    else if (m_pages->currentWidget() == m_train) m_train->openPath(path);
    else m_page->openSlide(path);
}

void MainWindow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && m_researchIcon)
        m_researchIcon->setPixmap(iconPixmap(QStringLiteral("shield"), 16, theme().text2, devicePixelRatioF()));
    QMainWindow::changeEvent(event);
}

} // namespace phloxine::ui
