// The part of MainWindow that opens projects and says what came of it.
#include <QAction>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QStandardPaths>

#include "ui/bridge/ProjectBridge.h"
#include "ui/bridge/error_text.h"
#include "ui/bridge/project_folder.h"
#include "ui/generate/GeneratePage.h"
#include "ui/generate/JobList.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/NewProjectDialog.h"
#include "ui/shell/settings.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/keys.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

const QString folderKey = QStringLiteral("project/folder");

QString nameOf(const QString& folder) {
    return folder == projectFolderOf(firstProjectFolder()) ? MainWindow::tr("First project") : QFileInfo(folder).fileName();
}

void remember(const QString& folder) {
    openSettings()->setValue(folderKey, folder);
    rememberPath(recentProjectsSetting, folder);
}

} // namespace

void MainWindow::addProjectChoices(QMenu* menu) {
    QAction* make = menu->addAction(tr("&New project..."));
    make->setObjectName(QStringLiteral("newProject"));
    connect(make, &QAction::triggered, this, &MainWindow::newProject);
    QAction* open = menu->addAction(tr("Open &project..."));
    open->setObjectName(QStringLiteral("openProject"));
    Keys::inUse().give(open, "project.open");
    connect(open, &QAction::triggered, this, &MainWindow::openProjectDialog);
    QMenu* recent = menu->addMenu(tr("&Recent projects"));
    recent->setObjectName(QStringLiteral("recentProjects"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
        recent->clear();
        const QStringList folders = recentPaths(recentProjectsSetting);
        for (const QString& folder : folders) {
            QAction* action = recent->addAction(nameOf(folder));
            action->setToolTip(QDir::toNativeSeparators(folder));
            action->setCheckable(true);
            action->setChecked(m_project->isOpen() && folder == m_project->folder());
            connect(action, &QAction::triggered, this, [this, folder] { openFound(folder); });
        }
        if (folders.isEmpty()) recent->addAction(tr("None yet"))->setEnabled(false);
    });
    recent->setToolTipsVisible(true);
}

void MainWindow::connectProject() {
    connect(m_project, &ProjectBridge::opening, this, [this] { m_projectNote->hide(); });
    connect(m_project, &ProjectBridge::progress, this,
            [this](double fraction) { nameProject(tr("Taking in tiles, %1\u00a0%", "percent").arg(int(fraction * 100))); });
    connect(m_project, &ProjectBridge::opened, this, [this](const QStringList& notices) {
        phloxine::ui::remember(m_project->folder());
        showProjectName();
        if (notices.isEmpty()) return;
        QString text = notices.front();
        if (notices.size() > 1) text = tr("%1 (%n more of this kind)", "first notice", int(notices.size()) - 1).arg(text);
        sayOfProject(m_project->isReadOnly() ? Tone::Warn : Tone::Info, text, m_project->isReadOnly() ? tr("Open again") : QString());
    });
    connect(m_project, &ProjectBridge::openFailed, this, [this](const QString& folder, const Failure& failure) {
        showProjectName();
        m_projectTried = folder;
        const QString what = failure.message.isEmpty() ? errorText(failure.code).heading : failure.message;
        const QString safe = m_project->isOpen() ? tr("The project that was open stays open.")
                                                 : tr("Tiles that you make are saved, and can be taken in later.");
        sayOfProject(Tone::Err, tr("%1 %2", "what happened, what is safe").arg(what, safe), tr("Try again"));
    });
    connect(m_project, &ProjectBridge::failed, this, [this](const Failure& failure) {
        sayOfProject(Tone::Err, failure.message.isEmpty() ? errorText(failure.code).heading : failure.message, {});
    });
    connect(m_projectNote, &Note::actionTriggered, this, [this] {
        m_projectNote->hide();
        openProject(m_project->isOpen() && m_projectTried.isEmpty() ? m_project->folder() : m_projectTried);
    });
}

void MainWindow::sayOfProject(Tone tone, const QString& text, const QString& action) {
    m_projectNote->setTone(tone);
    m_projectNote->setText(text);
    m_projectNote->setAction(action);
    m_projectNote->show();
}

void MainWindow::nameProject(const QString& text) {
    m_projectName->setText(text);
    menuBar()->setCornerWidget(menuBar()->cornerWidget()); // it takes its new width
}

void MainWindow::showProjectName() {
    const QString name = m_project->isOpen() ? nameOf(m_project->folder()) : tr("No project");
    nameProject(m_project->isReadOnly() && m_project->isOpen() ? tr("%1 (for reading)").arg(name) : name);
    m_projectName->setToolTip(m_project->isOpen() ? QDir::toNativeSeparators(m_project->folder()) : QString());
}

// The environment first, for programs that start this one; then what was open last; then where tiles have always gone.
void MainWindow::openFirstProject() {
    const QString last = openSettings()->value(folderKey).toString();
    const bool asked = !qEnvironmentVariable("PHLOXINE_TILES").isEmpty();
    const bool there = !last.isEmpty() && QFileInfo(last).isDir();
    m_project->open(asked || !there ? firstProjectFolder() : last);
    if (!asked && !last.isEmpty() && !there)
        sayOfProject(
            Tone::Warn,
            tr("The last project, %1, is not there any more. Open it where it lies now with File, Open project.").arg(nameOf(last)), {});
}

void MainWindow::openProject(const QString& folder) {
    if (folder.isEmpty()) return;
    if (m_page->busy()) {
        sayOfProject(Tone::Info,
                     tr("A run is going on, and its tiles belong to the project that is open. Stop it, or wait until it is done."), {});
        return;
    }
    m_projectTried.clear();
    m_page->jobs().leave();
    m_project->open(folder);
}

void MainWindow::openFound(const QString& folder) {
    if (holdsTiles(folder)) return openProject(folder);
    const QString name = QFileInfo(folder).fileName();
    sayOfProject(Tone::Warn,
                 QFileInfo(folder).isDir()
                     ? tr("The folder %1 is no project and holds no tiles. Make a project with File, New project.").arg(name)
                     : tr("The project %1 is not there any more. Open it where it lies now with File, Open project.").arg(name),
                 {});
}

void MainWindow::newProject() {
    const QString place = m_project->folder().isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)
                                                        : QFileInfo(m_project->folder()).path();
    auto* dialog = new NewProjectDialog(place, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { openProject(dialog->folder()); });
    dialog->open();
}

void MainWindow::openProjectDialog() {
    auto* dialog = new QFileDialog(this, tr("Open a project, or a folder of tiles"), QFileInfo(m_project->folder()).path());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFound);
    dialog->open();
}

} // namespace phloxine::ui
