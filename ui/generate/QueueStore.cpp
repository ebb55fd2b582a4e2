#include "ui/generate/QueueStore.h"

#include <algorithm>

#include <QDateTime>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/generate/JobList.h"

namespace phloxine::ui {

namespace {

constexpr int mostHistory = 30; // rows in the window; the project has all

struct StateRow {
    JobState inList;
    StoredState stored;
};
// Read from above: what waited, ran or was paused when the program ended is held.
constexpr StateRow states[] = {
    {JobState::Held, StoredState::Waiting},    {JobState::Held, StoredState::Running},    {JobState::Held, StoredState::Paused},
    {JobState::Waiting, StoredState::Waiting}, {JobState::Running, StoredState::Running}, {JobState::Paused, StoredState::Paused},
    {JobState::Done, StoredState::Finished},   {JobState::Stopped, StoredState::Stopped}, {JobState::Failed, StoredState::Failed}};

StoredState storedOf(JobState state) {
    for (const auto& row : states)
        if (row.inList == state) return row.stored;
    return StoredState::Waiting;
}
JobState fromStored(StoredState state) {
    for (const auto& row : states)
        if (row.stored == state) return row.inList;
    return JobState::Stopped;
}

StoredJob asStored(const JobRow& row) {
    StoredJob job;
    job.kind = "generate";
    job.title = row.request.classId.empty() ? row.request.prompt : row.request.classId;
    job.value = toJson(row.request).dump();
    job.state = storedOf(row.state), job.message = row.problem.toStdString();
    job.done = row.tilesDone, job.count = row.request.count;
    job.addedMs = row.addedMs, job.endedMs = row.endedMs;
    return job;
}

// Tiles that were saved, but not yet counted, when the program was killed. The files are the truth.
int savedTiles(const Project& project, const GenerateRequest& request, int counted) {
    int done = counted;
    for (; done < request.count; ++done) {
        const auto wish = forTile(request, done);
        TileFilter sameSeed;
        sameSeed.seed = wish.seed;
        bool there = false;
        for (const auto& tile : project.records(project.find(sameSeed))) try {
                there = there || (!tile.missing && resolves(wish, requestFromPng(project.fileOf(tile))));
            } catch (const Error&) {} // it is made again
        if (!there) break;
    }
    return done;
}

std::vector<JobRow> rowsOf(Project& project) {
    std::vector<JobRow> open, history;
    for (const StoredJob& job : project.jobs()) {
        if (job.kind != "generate" || project.readOnly()) continue; // in a project for reading another window has the queue
        JobRow row;
        try {
            row.request = generateRequestFromJson(Json::parse(job.value), "a job of the queue");
        } catch (const std::exception&) { continue; } // of a newer Phloxine: it stays there
        row.state = fromStored(job.state);
        row.tilesDone = std::clamp(job.done, 0, row.request.count);
        if (!row.over()) row.tilesDone = savedTiles(project, row.request, row.tilesDone);
        row.problem = QString::fromStdString(job.message);
        row.addedMs = job.addedMs, row.endedMs = job.endedMs;
        row.stored = std::make_shared<std::int64_t>(job.id);
        if (!row.over() && row.tilesDone == row.request.count) { // killed after the last tile
            row.state = JobState::Done, row.endedMs = QDateTime::currentMSecsSinceEpoch();
            auto ended = asStored(row);
            ended.id = job.id;
            project.updateJob(ended);
        }
        if (!row.over()) open.push_back(std::move(row));
        else if (int(history.size()) < mostHistory) history.push_back(std::move(row));
    }
    std::vector<JobRow> rows(std::make_move_iterator(history.rbegin()), std::make_move_iterator(history.rend())); // the oldest first
    for (JobRow& row : open) rows.push_back(std::move(row));
    return rows;
}

} // namespace

QueueStore::QueueStore(JobList& jobs, ProjectBridge& project, QObject* parent) : QObject(parent), m_jobs(jobs), m_project(project) {
    connect(&jobs, &JobList::added, this, [this](const JobRow& row) { write(row, true); });
    connect(&jobs, &JobList::updated, this, [this](const JobRow& row) { write(row, false); });
    connect(&jobs, &JobList::removed, this, [this](const JobRow& row) {
        if (!row.stored) return;
        m_project.tell([stored = row.stored](Project& p) {
            if (*stored) p.removeJob(*stored);
        });
    });
    connect(&jobs, &JobList::moved, this, [this](const JobRow& row, int place) {
        if (!row.stored) return;
        m_project.tell([stored = row.stored, place](Project& p) {
            if (*stored) p.moveJob(*stored, place);
        });
    });
    connect(&project, &ProjectBridge::opened, this, &QueueStore::load);
    connect(&project, &ProjectBridge::openFailed, this, &QueueStore::load); // the old one goes on
}

void QueueStore::write(const JobRow& row, bool fresh) {
    if (!row.stored) return;
    m_project.tell([stored = row.stored, job = asStored(row), fresh](Project& p) mutable {
        if (p.readOnly()) return; // it lives as long as the window
        if (fresh) *stored = p.addJob(job);
        else if (*stored) job.id = *stored, p.updateJob(job);
    });
}

void QueueStore::load() {
    m_project.ask(
        this, [](Project& project) { return rowsOf(project); }, [this](std::vector<JobRow>& rows) { m_jobs.takeStored(std::move(rows)); });
}

} // namespace phloxine::ui
