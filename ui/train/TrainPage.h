#pragma once
// The Train workspace: on the left what a model is trained on and how, in the centre how the training goes. A run is known by its folder;
// its log is read from there, so that old runs, and those of the command line, are shown like the one that is going on.
#include <memory>

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

#include "core/job/JobQueue.h"
#include "ui/bridge/TrainingMemory.h"
#include "ui/train/RunReader.h"

class QLabel;
class QMenu;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace phloxine::ui {

class Badge;
class DataCard;
class ElidingLabel;
class IconLabel;
class JobBridge;
class LossPlot;
class MemoryBar;
class Note;
class NumberCard;
class RecipePanel;
class SampleTimeline;
struct Failure;

class TrainPage : public QWidget {
    Q_OBJECT
public:
    TrainPage(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent = nullptr);
    bool running() const { return m_job != 0; }
    QString runFolder() const { return m_folder; } // empty: a new training
    const RunSnapshot& run() const { return m_run; }
    static QString runsFolder();        // where new trainings are written
    void openPath(const QString& path); // a run folder is opened, any other is taken as the data set

public Q_SLOTS:
    void start(); // a new training, or on with the one that is open
    void pause();
    void stopAndSave();
    void newTraining();
    void openRun(const QString& folder);
    void openRunDialog();
    void useModel();

Q_SIGNALS:
    void statusChanged(const QString& text, double fraction); // fraction -1: nothing is running
    void modelsChanged();
    void useRequested(const QString& path);

protected:
    void showEvent(QShowEvent* event) override;

private:
    enum class Phase { New, Running, Watched, Paused, Finished };
    // what is there (TrainPage.cpp)
    QWidget* makeLeft();
    void makeFoot(QVBoxLayout& column, QWidget* left);
    QWidget* makeCentre();
    QWidget* makeHead();
    QWidget* makeReport();
    void loadChoices();
    // what is going on (TrainPageRuns.cpp)
    void connectJobs();
    void submit(const Recipe& recipe, bool resume);
    void ended(quint64 id);
    void showFailure(const Failure& failure);
    void answerFailure();
    void addNotice(const QString& sentence);
    void readRun();
    void takeRun(const RunSnapshot& run);
    void recipeChanged();
    void estimate();
    void fillRunsMenu();
    void rememberRun(const QString& data, const std::string& captions);
    Phase phase() const;
    QString whyNotReady() const;
    // what is shown (TrainPageReport.cpp)
    void showState();
    void showFoot();
    void showHead();
    void showCards();
    void showStatus();

    std::shared_ptr<ModelStore> m_store;
    JobBridge& m_bridge;
    DataCard* m_data = nullptr;
    RecipePanel* m_recipes = nullptr;
    MemoryBar* m_memory = nullptr;
    IconLabel* m_footMark = nullptr;
    QLabel* m_footText = nullptr;
    ElidingLabel *m_title = nullptr, *m_subtitle = nullptr, *m_lossHint = nullptr, *m_sampleHint = nullptr;
    QPushButton *m_start = nullptr, *m_pause = nullptr, *m_stop = nullptr, *m_new = nullptr, *m_use = nullptr;
    QPushButton* m_open = nullptr;
    QMenu* m_runsMenu = nullptr;
    Badge* m_best = nullptr;
    Note *m_failureNote = nullptr, *m_noticeNote = nullptr, *m_modelNote = nullptr;
    QStackedWidget* m_stack = nullptr;
    NumberCard *m_speed = nullptr, *m_seen = nullptr, *m_heldOut = nullptr, *m_state = nullptr;
    LossPlot* m_plot = nullptr;
    SampleTimeline* m_samples = nullptr;

    QString m_folder;
    RunSnapshot m_run;
    std::shared_ptr<RunReader> m_reader;
    bool m_readerBusy = false, m_own = false; // own: trained by this window
    QElapsedTimer m_grew;                     // since the log of another program last grew
    QTimer m_poll, m_estimateSoon;

    quint64 m_job = 0, m_estimateJob = 0, m_adding = 0;
    bool m_stopping = false;
    TrainingReport m_report; // of the running job
    QString m_stage;         // while it prepares
    QElapsedTimer m_runningFor;
    double m_workedBefore = 0;
    QString m_estimated, m_estimateProblem; // the recipe that the estimate is of
    QStringList m_notices;
    QString m_addId, m_addedPath;
    int m_addTry = 0, m_idleReads = 0;
    bool m_halveRate = false;
    double m_knownSpeed = 0; // of a recipe like this one, images a second
};

} // namespace phloxine::ui
