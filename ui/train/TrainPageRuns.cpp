// The part of TrainPage that starts, follows and ends trainings.
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QPointer>
#include <QStandardPaths>
#include <QThreadPool>

#include "ui/bridge/JobBridge.h"
#include "ui/train/DataCard.h"
#include "ui/train/MemoryBar.h"
#include "ui/train/RecipePanel.h"
#include "ui/train/TrainPage.h"
#include "ui/train/recent_runs.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr qint64 watchedMs = 20'000; // a log that has not grown for so long belongs to a training that pauses
constexpr int fewestSteps = 20;      // that tell a speed
constexpr double justNow = 10;       // seconds
constexpr int mostNotices = 3, mostNames = 50;
} // namespace

QString TrainPage::runsFolder() {
    const QString chosen = qEnvironmentVariable("PHLOXINE_RUNS");
    return chosen.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/runs") : chosen;
}

void TrainPage::connectJobs() {
    connect(&m_bridge, &JobBridge::progress, this, [this](quint64 id, const QString& stage, double) {
        if (id != m_job) return;
        m_stage = stage;
        showFoot();
        showStatus();
    });
    connect(&m_bridge, &JobBridge::trained, this, [this](quint64 id, const TrainingReport& report) {
        if (id != m_job) return;
        m_stage.clear();
        m_report = report;
        if (report.saved || report.validationLoss || !report.samples.empty()) readRun();
        showFoot();
        showCards();
        showStatus();
    });
    connect(&m_bridge, &JobBridge::notice, this, [this](quint64 id, const QString& sentence) {
        if (id == m_job) addNotice(sentence);
    });
    connect(&m_bridge, &JobBridge::estimated, this, [this](quint64 id, const TrainingMemory& memory) {
        if (id != m_estimateJob) return;
        m_estimateJob = 0;
        const auto device = deviceStatus();
        m_memory->setMemory(memory, double(device.hostMemoryTotal), double(device.hostMemoryFree));
        showState();
    });
    connect(&m_bridge, &JobBridge::modelAdded, this, [this](quint64 id, const QString& model, const QString& folder) {
        if (id != m_adding) return;
        m_addedPath = folder;
        m_modelNote->setText(tr("The model is among your models now, as %1.").arg(model));
        m_modelNote->setAction(tr("Use in Generate"));
        m_modelNote->show();
        Q_EMIT modelsChanged();
    });
    connect(&m_bridge, &JobBridge::finished, this, &TrainPage::ended);
    connect(&m_bridge, &JobBridge::cancelled, this, &TrainPage::ended);
    connect(&m_bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        if (id == m_estimateJob) {
            m_estimateProblem = failure.message;
            m_memory->setSentence(failure.message, true);
        } else if (id == m_adding && failure.code == ErrorCode::Exists && m_addTry < mostNames) {
            m_adding = 0;
            return useModel(); // under the next name
        } else if (id == m_adding || id == m_job) {
            showFailure(failure);
        }
        ended(id);
    });
}

void TrainPage::ended(quint64 id) {
    if (id == m_adding) m_adding = 0, m_addTry = 0;
    if (id == m_estimateJob) m_estimateJob = 0;
    if (id == m_job && m_job) {
        m_job = 0;
        if (m_report.step >= fewestSteps && m_report.imagesPerSecond > 0) rememberSpeed(m_recipes->recipe(), m_report.imagesPerSecond);
        m_stopping = false;
        m_stage.clear();
        m_grew.invalidate();
        readRun();
        Q_EMIT statusChanged({}, -1);
    }
    showState();
}

void TrainPage::showFailure(const Failure& failure) {
    m_halveRate = failure.code == ErrorCode::Nan && m_adding == 0;
    const bool safe = m_adding == 0 && m_run.states > 0 &&
                      (failure.code == ErrorCode::DiskFull || failure.code == ErrorCode::ReadOnly ||
                       failure.code == ErrorCode::OutOfMemory || failure.code == ErrorCode::Internal);
    m_failureNote->setText(safe ? tr("%1 The last saved state is safe, and Continue goes on from it.").arg(failure.message)
                                : failure.message);
    m_failureNote->setAction(m_halveRate ? tr("New training at half the rate") : QString());
    m_failureNote->show();
}

void TrainPage::answerFailure() {
    if (!m_halveRate) return;
    Recipe recipe = m_recipes->recipe();
    auto settings = mainSettings(recipe);
    settings.rate /= 2;
    setMainSettings(recipe, settings);
    newTraining();
    m_recipes->setRecipe(recipe, {});
}

void TrainPage::addNotice(const QString& sentence) {
    m_notices.removeAll(sentence);
    m_notices.append(sentence);
    while (m_notices.size() > mostNotices) m_notices.removeFirst();
    m_noticeNote->setText(m_notices.join(QLatin1Char('\n')));
    m_noticeNote->show();
}

TrainPage::Phase TrainPage::phase() const {
    if (m_job) return Phase::Running;
    if (m_folder.isEmpty()) return Phase::New;
    if (m_run.finished()) return Phase::Finished;
    return m_grew.isValid() && m_grew.elapsed() < watchedMs ? Phase::Watched : Phase::Paused;
}

QString TrainPage::whyNotReady() const {
    if (!m_bridge.queue()) return tr("There is no worker to train with");
    const auto at = phase();
    if (at == Phase::Watched) return tr("Another program is training here, you are watching");
    if (!m_folder.isEmpty() && !m_run.problem.isEmpty()) return m_run.problem;
    if (!m_folder.isEmpty() && !m_run.recipe) return tr("Reading the training");
    if (m_data->path().isEmpty())
        return at == Phase::Paused ? tr("Choose the tiles that this training began with") : tr("Choose a folder of tiles to start");
    if (m_data->reading()) return tr("Reading the tiles");
    if (!m_data->problem().isEmpty()) return tr("The tiles cannot be used yet, see above");
    if (!m_recipes->problem().isEmpty()) return tr("The recipe cannot be used yet, see above");
    if (at == Phase::New && !m_estimateProblem.isEmpty()) return tr("The base model cannot be used yet, see above");
    return {};
}

void TrainPage::start() {
    if (m_job || !whyNotReady().isEmpty() || m_run.finished()) return;
    m_failureNote->hide();
    if (m_folder.isEmpty()) {
        const QString base = runsFolder() + QLatin1Char('/') + idOf(m_recipes->recipe());
        int number = 1;
        while (QFileInfo::exists(base + QLatin1Char('-') + QString::number(number))) ++number;
        m_folder = base + QLatin1Char('-') + QString::number(number);
        m_run = {};
        m_run.folder = m_folder;
        m_reader = std::make_shared<RunReader>(m_folder);
        submit(m_recipes->recipe(), false);
    } else if (m_run.recipe) {
        Recipe recipe = *m_run.recipe;
        dataOf(recipe).captions = dataOf(m_recipes->recipe()).captions; // its folder is known to the window alone
        submit(recipe, true);
    }
}

void TrainPage::submit(const Recipe& recipe, bool resume) {
    m_notices.clear();
    m_noticeNote->hide();
    m_modelNote->hide();
    rememberRun(m_data->path(), dataOf(recipe).captions);
    m_report = {};
    m_workedBefore = m_run.secondsWorked;
    m_stage = tr("Waiting for the worker");
    m_own = true;
    m_runningFor.start();
    m_job = m_bridge.queue()->submit(TrainJob{recipe, m_data->path().toStdString(), m_folder.toStdString(), resume});
    m_poll.start();
    showState();
    showStatus();
}

void TrainPage::pause() {
    if (!m_job || !m_bridge.queue()) return;
    m_stopping = true;
    m_bridge.queue()->stop(JobId(m_job), Stop::Now);
    showFoot();
}

void TrainPage::stopAndSave() {
    if (!m_job || !m_bridge.queue()) return;
    m_stopping = true;
    m_bridge.queue()->stop(JobId(m_job), Stop::WithModel);
    showFoot();
}

void TrainPage::newTraining() {
    if (m_job) return;
    m_folder.clear();
    m_run = {};
    m_reader.reset();
    m_poll.stop();
    for (Note* note : {m_failureNote, m_noticeNote, m_modelNote}) note->hide();
    m_notices.clear();
    m_estimated.clear();
    m_knownSpeed = knownSpeed(m_recipes->recipe());
    m_estimateSoon.start();
    showState();
}

void TrainPage::openRunDialog() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of a training"), runsFolder());
    if (!folder.isEmpty()) openRun(folder);
}

void TrainPage::openRun(const QString& folder) {
    if (m_job) return;
    newTraining();
    m_folder = QDir::cleanPath(folder);
    m_reader = std::make_shared<RunReader>(m_folder);
    m_run.folder = m_folder;
    m_own = false;
    m_grew.invalidate();
    m_data->setPath(recentRun(m_folder).data);
    m_poll.start();
    readRun();
    showState();
}

void TrainPage::openPath(const QString& path) {
    if (QFileInfo::exists(path + QStringLiteral("/recipe.json"))) openRun(path);
    else if (!m_job && m_folder.isEmpty()) m_data->setPath(path);
}

void TrainPage::rememberRun(const QString& data, const std::string& captions) { rememberRecentRun({m_folder, data, fromUtf8(captions)}); }

void TrainPage::fillRunsMenu() {
    m_runsMenu->clear();
    for (const auto& run : recentRuns()) {
        const QString name = QFileInfo(run.folder).fileName();
        auto* action = m_runsMenu->addAction(name);
        action->setToolTip(run.folder);
        action->setEnabled(!m_job);
        connect(action, &QAction::triggered, this, [this, folder = run.folder] { openRun(folder); });
    }
    if (!m_runsMenu->isEmpty()) m_runsMenu->addSeparator();
    auto* other = m_runsMenu->addAction(tr("Another folder\u2026"));
    other->setEnabled(!m_job);
    connect(other, &QAction::triggered, this, &TrainPage::openRunDialog);
}

void TrainPage::readRun() {
    if (!m_reader || m_readerBusy) return;
    m_readerBusy = true;
    QThreadPool::globalInstance()->start([page = QPointer<TrainPage>(this), reader = m_reader] {
        auto run = reader->read();
        QMetaObject::invokeMethod(
            qApp,
            [page, reader, run = std::move(run)] {
                if (!page) return;
                page->m_readerBusy = false;
                if (reader == page->m_reader) page->takeRun(run);
                else page->readRun(); // another run was opened meanwhile
            },
            Qt::QueuedConnection);
    });
}

void TrainPage::takeRun(const RunSnapshot& run) {
    const bool first = !m_run.recipe && run.recipe;
    if (m_job && !run.recipe) return;     // it is being prepared
    if (!m_job && !run.recipe && m_own) { // its start failed: nothing is there to go on with
        const QString data = m_data->path();
        m_folder.clear();
        m_reader.reset();
        m_poll.stop();
        m_run = {};
        return showState();
    }
    const bool grew = run.step > m_run.step && m_run.recipe && !first;
    const bool busy = first && !m_own && run.sessionOpen && run.step > 0 && !run.finished() && run.secondsQuiet < justNow;
    if (!m_job && (busy || (grew && (!m_own || m_idleReads > 1)))) m_grew.start();
    m_idleReads = m_job ? 0 : m_idleReads + 1; // the first ones after an end may still bring its last steps
    m_run = run;
    if (first && !m_own) {
        Recipe recipe = *run.recipe;
        dataOf(recipe).captions = recentRun(m_folder).captions.toStdString();
        const QString title = titleOf(*run.recipe);
        m_recipes->setRunRecipe(recipe, title.isEmpty() ? QFileInfo(m_folder).fileName() : title,
                                (std::filesystem::path(m_folder.toStdString()) / "base").string());
        rememberRun({}, {});
    }
    showState();
}

void TrainPage::recipeChanged() {
    m_data->setRecipe(m_recipes->recipe());
    m_knownSpeed = knownSpeed(m_recipes->recipe());
    m_estimateSoon.start();
    showState();
}

void TrainPage::estimate() {
    const auto* recipe = diffusionOf(m_recipes->recipe());
    if (!isVisible() || !m_bridge.queue() || m_job || !m_recipes->problem().isEmpty()) return;
    const QString text = textOf(m_recipes->recipe());
    if (text == m_estimated) return;
    if (m_estimateJob) m_bridge.queue()->stop(JobId(m_estimateJob), Stop::Now);
    m_estimateJob = 0;
    m_estimated = text;
    m_estimateProblem.clear();
    if (!recipe) return m_memory->setSentence(tr("The memory of an autoencoder's training is not estimated."), false);
    if (recipe->model.start.empty() && recipe->model.autoencoder.empty()) return; // a recipe that is not there yet
    m_memory->setSentence(tr("Estimating the memory"), false);
    m_estimateJob = m_bridge.queue()->submit(EstimateTrainingJob{*recipe});
}

// Adds it under a name that no model has yet.
void TrainPage::useModel() {
    if (m_adding || m_run.model.isEmpty() || !m_run.recipe || !m_bridge.queue()) return;
    m_modelNote->hide();
    ++m_addTry;
    AddModelJob job;
    job.source = m_run.model.toStdString();
    job.options.id = (idOf(*m_run.recipe) + (m_addTry > 1 ? QStringLiteral("-%1").arg(m_addTry) : QString())).toStdString();
    job.options.title = titleOf(*m_run.recipe).toStdString();
    if (m_addTry > 1) job.options.title += " " + std::to_string(m_addTry);
    m_adding = m_bridge.queue()->submit(std::move(job));
    showHead();
}

} // namespace phloxine::ui
