#include "ui/generate/JobList.h"

#include <algorithm>

#include <QDateTime>

#include "core/generate/Generator.h"
#include "ui/bridge/error_text.h"

namespace phloxine::ui {

namespace {
constexpr quint64 firstOwnId = quint64(1) << 40; // far from what the worker's queue counts

// Guidance evaluates the network twice a step.
double evaluations(const GenerateRequest& request) {
    int calls = 1;
    for (const auto& row : samplerRows())
        if (row.id == request.sampler) calls = row.callsPerStep;
    return std::max(1, request.steps) * calls * (request.guidance == 1 ? 1.0 : 2.0);
}
} // namespace

GenerateRequest JobRow::rest() const {
    GenerateRequest rest = forTile(request, tilesDone);
    rest.count = std::max(1, request.count - tilesDone);
    return rest;
}

JobList::JobList(JobBridge& bridge, QObject* parent) : QObject(parent), m_next(firstOwnId) {
    connect(&bridge, &JobBridge::started, this, [this](quint64 id) {
        if (JobRow* job = rowOfQueue(id)) {
            job->state = JobState::Running;
            m_startedMs = QDateTime::currentMSecsSinceEpoch();
            report(*job);
            Q_EMIT changed();
        }
    });
    connect(&bridge, &JobBridge::progress, this, [this](quint64 id, const QString& stage, double fraction) {
        if (JobRow* job = rowOfQueue(id)) {
            job->stage = stage;
            job->fraction = (job->before + fraction * (job->request.count - job->before)) / std::max(1, job->request.count);
            job->elapsed = double(QDateTime::currentMSecsSinceEpoch() - m_startedMs) / 1000;
            Q_EMIT changed();
        }
    });
    connect(&bridge, &JobBridge::preview, this, [this](quint64 id, const QImage&, int, int step, int steps, double) {
        if (JobRow* job = rowOfQueue(id)) {
            job->step = step;
            job->steps = steps;
            Q_EMIT changed();
        }
    });
    connect(&bridge, &JobBridge::tile, this, [this](quint64 id, int, const TileRecord& record) { takeTile(id, record); });
    connect(&bridge, &JobBridge::finished, this, [this](quint64 id) {
        const JobRow* job = ofQueue(id);
        end(id, job && job->tilesDone < job->request.count ? JobState::Stopped : JobState::Done); // stopped after a tile ends as finished
    });
    connect(&bridge, &JobBridge::cancelled, this, [this](quint64 id) { end(id, JobState::Stopped); });
    connect(&bridge, &JobBridge::failed, this,
            [this](quint64 id, const Failure& f) { end(id, JobState::Failed, errorText(f.code).heading); });
}

void JobList::report(const JobRow& row) {
    if (!m_frozen) Q_EMIT updated(row);
}

void JobList::reportPlace(const JobRow& row) {
    int place = 0;
    for (const JobRow& job : m_rows) {
        if (job.id == row.id) break;
        place += job.state == JobState::Waiting || job.state == JobState::Held;
    }
    Q_EMIT moved(row, place);
}

void JobList::enqueue(const GenerateRequest& request) {
    JobRow job;
    job.id = m_next++;
    job.request = request;
    job.addedMs = QDateTime::currentMSecsSinceEpoch();
    job.stored = std::make_shared<std::int64_t>(0);
    m_rows.push_back(std::move(job));
    Q_EMIT added(m_rows.back());
    schedule();
    Q_EMIT changed();
}

void JobList::add(quint64 submitted, const GenerateRequest& request) {
    JobRow job;
    job.id = job.submitted = submitted;
    job.request = request;
    job.addedMs = QDateTime::currentMSecsSinceEpoch();
    m_rows.push_back(std::move(job));
    Q_EMIT changed();
}

// One at a time, the first that waits.
void JobList::schedule() {
    if (m_paused || m_frozen || !m_submit) return;
    if (std::any_of(m_rows.begin(), m_rows.end(), [](const JobRow& job) { return job.open() && job.submitted; })) return;
    const auto next = std::find_if(m_rows.begin(), m_rows.end(), [](const JobRow& job) { return job.state == JobState::Waiting; });
    if (next == m_rows.end()) return;
    next->before = next->tilesDone;
    next->step = next->steps = 0;
    next->submitted = m_submit(next->rest());
}

void JobList::remove(quint64 id) {
    const JobRow* job = find(id);
    if (!job || job->state == JobState::Running || (job->state == JobState::Waiting && job->submitted)) return;
    const JobRow gone = *job;
    std::erase_if(m_rows, [id](const JobRow& row) { return row.id == id; });
    Q_EMIT removed(gone);
    Q_EMIT changed();
}

int JobList::placeOf(quint64 id) const {
    int place = 0;
    for (const JobRow& job : m_rows) {
        if (job.state != JobState::Waiting || job.submitted) continue;
        if (job.id == id) return place;
        ++place;
    }
    return -1;
}

void JobList::move(quint64 id, int place) {
    const int from = placeOf(id);
    if (from < 0) return;
    std::vector<std::size_t> at; // where those that wait stand among all
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i].state == JobState::Waiting && !m_rows[i].submitted) at.push_back(i);
    const int to = std::clamp(place, 0, int(at.size()) - 1);
    for (int i = from; i != to; i += to > from ? 1 : -1)
        std::swap(m_rows[at[std::size_t(i)]], m_rows[at[std::size_t(i + (to > from ? 1 : -1))]]);
    if (from == to) return;
    reportPlace(*find(id));
    Q_EMIT changed();
}

void JobList::retry(quint64 id) {
    JobRow* job = row(id);
    if (!job || (job->state != JobState::Failed && job->state != JobState::Stopped) || job->tilesDone >= job->request.count) return;
    job->state = JobState::Waiting;
    job->submitted = 0, job->endedMs = 0, job->fraction = 0;
    job->problem.clear();
    const JobRow again = *job;
    std::erase_if(m_rows, [id](const JobRow& r) { return r.id == id; }); // behind the others
    m_rows.push_back(again);
    report(again);
    reportPlace(again);
    schedule();
    Q_EMIT changed();
}

void JobList::pauseAll() {
    m_paused = true;
    Q_EMIT changed();
}

void JobList::resumeAll() {
    m_paused = false;
    for (JobRow& job : m_rows)
        if (job.state == JobState::Paused) {
            job.state = JobState::Waiting;
            job.submitted = 0;
            report(job);
        }
    schedule();
    Q_EMIT changed();
}

void JobList::takeStored(std::vector<JobRow> rows) {
    std::vector<JobRow> here; // somebody was quicker than the disk: these are among the stored ones
    for (JobRow& job : m_rows)
        if (job.open()) here.push_back(std::move(job));
    const auto isHere = [&](const JobRow& job) {
        return std::any_of(here.begin(), here.end(), [&](const JobRow& h) { return h.stored && *h.stored == *job.stored; });
    };
    m_rows.clear();
    for (JobRow& job : rows) {
        if (isHere(job)) continue;
        job.id = m_next++;
        m_rows.push_back(std::move(job));
    }
    for (JobRow& job : here) m_rows.push_back(std::move(job));
    m_paused = false;
    Q_EMIT changed();
}

void JobList::leave() {
    std::erase_if(m_rows, [](const JobRow& job) { return !(job.open() && job.submitted); });
    Q_EMIT changed();
}

int JobList::held() const {
    return int(std::count_if(m_rows.begin(), m_rows.end(), [](const JobRow& job) { return job.state == JobState::Held; }));
}

void JobList::resumeHeld() {
    for (JobRow& job : m_rows)
        if (job.state == JobState::Held) {
            job.state = JobState::Waiting;
            report(job);
        }
    schedule();
    Q_EMIT changed();
}

void JobList::discardHeld() {
    for (JobRow& job : m_rows)
        if (job.state == JobState::Held) {
            job.state = JobState::Stopped;
            job.endedMs = QDateTime::currentMSecsSinceEpoch();
            report(job);
        }
    Q_EMIT changed();
}

JobRow* JobList::row(quint64 id) {
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [id](const JobRow& job) { return job.id == id; });
    return it == m_rows.end() ? nullptr : &*it;
}

JobRow* JobList::rowOfQueue(quint64 submitted) {
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [=](const JobRow& job) { return job.submitted == submitted; });
    return it == m_rows.end() ? nullptr : &*it;
}

const JobRow* JobList::find(quint64 id) const { return const_cast<JobList*>(this)->row(id); }
const JobRow* JobList::ofQueue(quint64 submitted) const { return const_cast<JobList*>(this)->rowOfQueue(submitted); }

const JobRow* JobList::running() const {
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [](const JobRow& job) { return job.state == JobState::Running; });
    return it == m_rows.end() ? nullptr : &*it;
}

bool JobList::busy() const {
    return std::any_of(m_rows.begin(), m_rows.end(), [this](const JobRow& job) { return job.open() && (job.submitted || !m_paused); });
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

void JobList::takeTile(quint64 submitted, const TileRecord& record) {
    if (record.seconds > 0) m_secondsPerCall[record.request.model] = record.seconds / evaluations(record.request);
    if (JobRow* job = rowOfQueue(submitted)) {
        ++job->tilesDone;
        job->step = job->steps = 0;
        report(*job);
        Q_EMIT changed();
    }
}

void JobList::end(quint64 submitted, JobState state, const QString& problem) {
    JobRow* job = rowOfQueue(submitted);
    if (!job) return;
    const bool paused = m_paused && state == JobState::Stopped;
    job->state = paused ? JobState::Paused : state;
    job->problem = problem;
    job->endedMs = paused ? 0 : QDateTime::currentMSecsSinceEpoch();
    if (state == JobState::Done) job->fraction = 1;
    report(*job);
    schedule();
    Q_EMIT changed();
}

} // namespace phloxine::ui
