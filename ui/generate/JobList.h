#pragma once
// The jobs that the page submitted, newest last, as the window sees them: built from the signals of the bridge.
#include <map>
#include <string>
#include <vector>

#include <QObject>
#include <QString>

#include "core/generate/GenerateRequest.h"
#include "ui/bridge/JobBridge.h"

namespace phloxine::ui {

enum class JobState { Waiting, Running, Done, Stopped, Failed };

struct JobRow {
    quint64 id = 0;
    GenerateRequest request;
    JobState state = JobState::Waiting;
    int tilesDone = 0;
    int step = 0, steps = 0; // of the tile under way
    double fraction = 0;
    double elapsed = 0; // seconds since it started, for the time left
    QString stage;
    QString problem; // heading of the error
    bool open() const { return state == JobState::Waiting || state == JobState::Running; }
};

class JobList : public QObject {
    Q_OBJECT
public:
    explicit JobList(JobBridge& bridge, QObject* parent = nullptr);

    void add(quint64 id, const GenerateRequest& request);
    void remove(quint64 id); // a row that is over
    const std::vector<JobRow>& rows() const { return m_rows; }
    const JobRow* find(quint64 id) const;
    const JobRow* running() const;
    bool busy() const;                                           // something runs or waits
    int pendingTiles() const;                                    // not made yet, in all open jobs
    double secondsPerTile(const GenerateRequest& request) const; // measured in this session; 0 = not known

Q_SIGNALS:
    void changed();

private:
    JobRow* row(quint64 id);
    void takeTile(quint64 id, const TileRecord& record);
    void end(quint64 id, JobState state, const QString& problem = {});

    std::vector<JobRow> m_rows;
    qint64 m_startedMs = 0;
    std::map<std::string, double> m_secondsPerCall; // of the network of each model
};

} // namespace phloxine::ui
