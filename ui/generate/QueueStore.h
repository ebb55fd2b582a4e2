#pragma once
// Keeps the jobs of the list in the project that is open, and brings those of a project that is opened into the list.
#include <QObject>

namespace phloxine::ui {

class JobList;
class ProjectBridge;
struct JobRow;

class QueueStore : public QObject {
    Q_OBJECT
public:
    QueueStore(JobList& jobs, ProjectBridge& project, QObject* parent = nullptr);

private:
    void load();
    void write(const JobRow& row, bool fresh);

    JobList& m_jobs;
    ProjectBridge& m_project;
};

} // namespace phloxine::ui
