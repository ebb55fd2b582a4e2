#pragma once
// The jobs of the page, as the window sees them: what waits, runs, is paused, and what is over. They wait here and not in the worker's
// queue, which gets one at a time: so they can change their order, be paused, and be kept for the next start.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <QObject>
#include <QString>

#include "core/generate/GenerateRequest.h"
#include "core/project/Project.h"
#include "ui/bridge/JobBridge.h"

namespace phloxine::ui {

// Held: from the last time, until somebody says whether they go on.
enum class JobState { Waiting, Running, Paused, Held, Done, Stopped, Failed };

struct JobRow {
    quint64 id = 0;
    quint64 submitted = 0; // what the worker's queue calls it; 0: it does not know it
    GenerateRequest request;
    JobState state = JobState::Waiting;
    int tilesDone = 0;       // of request.count, in all attempts
    int before = 0;          // of them before this attempt
    int step = 0, steps = 0; // of the tile under way
    double fraction = 0;
    double elapsed = 0; // seconds since it started, for the time left
    QString stage;
    QString problem; // heading of the error
    qint64 addedMs = 0, endedMs = 0;
    std::shared_ptr<std::int64_t> stored; // its number in the project, written on the project's thread
    bool open() const { return state == JobState::Waiting || state == JobState::Running; }
    bool over() const { return state == JobState::Done || state == JobState::Stopped || state == JobState::Failed; }
    GenerateRequest rest() const; // the tiles that are missing, with their seeds
};

class JobList : public QObject {
    Q_OBJECT
public:
    explicit JobList(JobBridge& bridge, QObject* parent = nullptr);
    using Submit = std::function<quint64(const GenerateRequest&)>; // to the worker's queue; 0: there is none
    void setSubmit(Submit submit) { m_submit = std::move(submit); }

    void enqueue(const GenerateRequest& request);
    void add(quint64 submitted, const GenerateRequest& request); // one that the worker's queue has already
    void remove(quint64 id);                                     // all but the one that runs
    void move(quint64 id, int place);                            // among those that wait
    int placeOf(quint64 id) const;                               // -1: it does not wait
    void retry(quint64 id);                                      // what is missing of a job that did not end well
    void pauseAll(); // nothing new starts; the caller ends the job that runs, which then counts as paused
    void resumeAll();
    bool paused() const { return m_paused; }
    void takeStored(std::vector<JobRow> rows); // of a project that was opened, instead of all that are not open here
    void leave();                              // the project of these jobs is being closed: they stay in it
    int held() const;
    void resumeHeld();
    void discardHeld();
    void freeze() { m_frozen = true; } // the program ends: what is reported from now on is not what the jobs are left as

    const std::vector<JobRow>& rows() const { return m_rows; }
    const JobRow* find(quint64 id) const;
    const JobRow* ofQueue(quint64 submitted) const;
    const JobRow* running() const;
    bool busy() const;                                           // something runs, or will
    int pendingTiles() const;                                    // not made yet, in all open jobs
    double secondsPerTile(const GenerateRequest& request) const; // measured in this session; 0 = not known

Q_SIGNALS:
    void changed();
    // For keeping them:
    void added(const phloxine::ui::JobRow& row);
    void updated(const phloxine::ui::JobRow& row); // another state, or one more tile
    void removed(const phloxine::ui::JobRow& row);
    void moved(const phloxine::ui::JobRow& row, int place); // among all that are stored as waiting

private:
    JobRow* row(quint64 id);
    JobRow* rowOfQueue(quint64 submitted);
    void schedule();
    void report(const JobRow& row);
    void reportPlace(const JobRow& row);
    void takeTile(quint64 submitted, const TileRecord& record);
    void end(quint64 submitted, JobState state, const QString& problem = {});

    std::vector<JobRow> m_rows;
    Submit m_submit;
    quint64 m_next;
    bool m_paused = false, m_frozen = false;
    qint64 m_startedMs = 0;
    std::map<std::string, double> m_secondsPerCall; // of the network of each model
};

} // namespace phloxine::ui
