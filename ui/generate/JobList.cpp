#include "ui/generate/JobList.h"

#include <algorithm>

#include <QDateTime>

#include "core/generate/Generator.h"
#include "ui/bridge/error_text.h"

namespace phloxine::ui {

namespace {
// Guidance evaluates the network twice a step.
double evaluations(const GenerateRequest& request) {
    int calls = 1;
    for (const auto& row : samplerRows())
        if (row.id == request.sampler) calls = row.callsPerStep;
    return std::max(1, request.steps) * calls * (request.guidance == 1 ? 1.0 : 2.0);
}
} // namespace

JobList::JobList(JobBridge& bridge, QObject* parent) : QObject(parent) {
    connect(&bridge, &JobBridge::started, this, [this](quint64 id) {
        if (JobRow* job = row(id)) {
            job->state = JobState::Running;
            m_startedMs = QDateTime::currentMSecsSinceEpoch();
            Q_EMIT changed();
        }
    });
    connect(&bridge, &JobBridge::progress, this, [this](quint64 id, const QString& stage, double fraction) {
        if (JobRow* job = row(id)) {
            job->stage = stage;
            job->fraction = fraction;
            job->elapsed = double(QDateTime::currentMSecsSinceEpoch() - m_startedMs) / 1000;
            Q_EMIT changed();
        }
    });
    connect(&bridge, &JobBridge::preview, this, [this](quint64 id, const QImage&, int, int step, int steps, double) {
        if (JobRow* job = row(id)) {
            job->step = step;
            job->steps = steps;
            Q_EMIT changed();
        }
    });
    connect(&bridge, &JobBridge::tile, this, [this](quint64 id, int, const TileRecord& record) { takeTile(id, record); });
    connect(&bridge, &JobBridge::finished, this, [this](quint64 id) {
        const JobRow* job = find(id);
        end(id, job && job->tilesDone < job->request.count ? JobState::Stopped : JobState::Done); // stopped after a tile ends as finished
    });
    connect(&bridge, &JobBridge::cancelled, this, [this](quint64 id) { end(id, JobState::Stopped); });
    connect(&bridge, &JobBridge::failed, this,
            [this](quint64 id, const Failure& f) { end(id, JobState::Failed, errorText(f.code).heading); });
}

void JobList::add(quint64 id, const GenerateRequest& request) {
    JobRow job;
    job.id = id;
    job.request = request;
    m_rows.push_back(std::move(job));
    Q_EMIT changed();
}

void JobList::remove(quint64 id) {
    if (const JobRow* job = find(id); !job || job->open()) return;
    std::erase_if(m_rows, [id](const JobRow& job) { return job.id == id; });
    Q_EMIT changed();
}

JobRow* JobList::row(quint64 id) {
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [id](const JobRow& job) { return job.id == id; });
    return it == m_rows.end() ? nullptr : &*it;
}

const JobRow* JobList::find(quint64 id) const { return const_cast<JobList*>(this)->row(id); }

const JobRow* JobList::running() const {
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [](const JobRow& job) { return job.state == JobState::Running; });
    return it == m_rows.end() ? nullptr : &*it;
}

bool JobList::busy() const {
    return std::any_of(m_rows.begin(), m_rows.end(), [](const JobRow& job) { return job.open(); });
}

int JobList::pendingTiles() const {
    int pending = 0;
    for (const JobRow& job : m_rows)
        if (job.open()) pending += std::max(0, job.request.count - job.tilesDone);
    return pending;
}

double JobList::secondsPerTile(const GenerateRequest& request) const {
    const auto known = m_secondsPerCall.find(request.model);
    return known == m_secondsPerCall.end() ? 0 : known->second * evaluations(request);
}

void JobList::takeTile(quint64 id, const TileRecord& record) {
    if (record.seconds > 0) m_secondsPerCall[record.request.model] = record.seconds / evaluations(record.request);
    if (JobRow* job = row(id)) {
        ++job->tilesDone;
        job->step = job->steps = 0;
        Q_EMIT changed();
    }
}

void JobList::end(quint64 id, JobState state, const QString& problem) {
    if (JobRow* job = row(id)) {
        job->state = state;
        job->problem = problem;
        if (state == JobState::Done) job->fraction = 1;
        Q_EMIT changed();
    }
}

} // namespace phloxine::ui
