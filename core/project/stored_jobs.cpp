// The queue on disk: what waits, and what has been.
#include "core/base/Error.h"
#include "core/project/project_state.h"

namespace phloxine {

namespace {

struct StateRow {
    StoredState state;
    const char* word;
    bool over; // belongs to the history
};
constexpr StateRow states[] = {{StoredState::Waiting, "waiting", false}, {StoredState::Running, "running", false},
                               {StoredState::Paused, "paused", false},   {StoredState::Finished, "finished", true},
                               {StoredState::Stopped, "stopped", true},  {StoredState::Failed, "failed", true}};

std::string wordOf(StoredState state) {
    for (const auto& row : states)
        if (row.state == state) return row.word;
    return states[0].word;
}
StoredState stateOf(const std::string& word) {
    for (const auto& row : states)
        if (word == row.word) return row.state;
    return StoredState::Stopped;
}
std::string wordsOfHistory() {
    std::string list;
    for (const auto& row : states)
        if (row.over) list += (list.empty() ? "'" : ", '") + std::string(row.word) + "'";
    return list;
}

std::int64_t scalar(SQLite::Database& db, const std::string& sql) { return db.execAndGet(sql).getInt64(); }

} // namespace

std::vector<StoredJob> Project::jobs() const {
    return guardedValue<std::vector<StoredJob>>(m->file, [&] {
        std::vector<StoredJob> jobs;
        const auto over = "state IN (" + wordsOfHistory() + ")";
        SQLite::Statement row(*m->db, "SELECT id, kind, title, value, state, message, done, count, added, ended FROM job ORDER BY " + over +
                                          ", CASE WHEN " + over + " THEN -ended ELSE place END, id");
        while (row.executeStep()) {
            StoredJob job;
            job.id = row.getColumn(0).getInt64(), job.kind = row.getColumn(1).getString(), job.title = row.getColumn(2).getString();
            job.value = row.getColumn(3).getString();
            job.state = stateOf(row.getColumn(4).getString()), job.message = row.getColumn(5).getString();
            job.done = row.getColumn(6).getInt(), job.count = row.getColumn(7).getInt();
            job.addedMs = row.getColumn(8).getInt64(), job.endedMs = row.getColumn(9).getInt64();
            jobs.push_back(std::move(job));
        }
        return jobs;
    });
}

std::int64_t Project::addJob(const StoredJob& job) {
    std::int64_t id = 0;
    m->change([&](SQLite::Database& db) {
        SQLite::Statement row(db, "INSERT INTO job (place, kind, title, value, state, message, done, count, added, ended) VALUES "
                                  "((SELECT coalesce(max(place), 0) + 1 FROM job), ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        SQLite::bind(row, job.kind, job.title, job.value, wordOf(job.state), job.message, job.done, job.count, job.addedMs, job.endedMs);
        row.exec();
        id = db.getLastInsertRowid();
    });
    return id;
}

void Project::updateJob(const StoredJob& job) {
    m->change([&](SQLite::Database& db) {
        SQLite::Statement row(
            db, "UPDATE job SET kind = ?, title = ?, value = ?, state = ?, message = ?, done = ?, count = ?, added = ?, ended = ? "
                "WHERE id = ?");
        SQLite::bind(row, job.kind, job.title, job.value, wordOf(job.state), job.message, job.done, job.count, job.addedMs, job.endedMs,
                     job.id);
        if (!row.exec()) throw Error(ErrorCode::NotFound, "The job is no longer in the queue of the project.");
    });
}

void Project::moveJob(std::int64_t id, int place) {
    m->change([&](SQLite::Database& db) {
        std::vector<std::int64_t> waiting;
        for (SQLite::Statement row(db, "SELECT id FROM job WHERE state = 'waiting' ORDER BY place"); row.executeStep();)
            waiting.push_back(row.getColumn(0).getInt64());
        const auto it = std::find(waiting.begin(), waiting.end(), id);
        if (it == waiting.end()) throw Error(ErrorCode::WrongUse, "Only a job that waits can change its place in the queue.");
        waiting.erase(it);
        waiting.insert(waiting.begin() + std::clamp<std::ptrdiff_t>(place, 0, std::ptrdiff_t(waiting.size())), id);
        const auto first = scalar(db, "SELECT min(place) FROM job WHERE state = 'waiting'");
        SQLite::Statement row(db, "UPDATE job SET place = ? WHERE id = ?");
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            SQLite::bind(row, first + std::int64_t(i), waiting[i]);
            row.exec(), row.reset();
        }
    });
}

void Project::removeJob(std::int64_t id) {
    m->change([&](SQLite::Database& db) {
        SQLite::Statement row(db, "DELETE FROM job WHERE id = ?");
        row.bind(1, id), row.exec();
    });
}

} // namespace phloxine
