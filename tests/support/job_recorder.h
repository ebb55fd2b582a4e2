#pragma once
// What a job queue told, for tests that wait for it.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "core/generate/round_trip.h"
#include "core/job/JobQueue.h"
#include "core/model/inspect.h"

namespace phloxine {

// Remembers every event as "job:word", and wakes whoever waits for one.
class JobRecorder final : public JobEvents {
public:
    void started(JobId id) override { add(id, "started"); }
    void progress(JobId id, const Progress& p) override {
        add(id, "progress");
        const std::lock_guard lock(m_mutex);
        m_fractions.push_back(p.fraction);
    }
    void preview(JobId id, const TilePreview&) override { add(id, "preview"); }
    void tile(JobId id, int index, const Tile& tile, const std::filesystem::path& file) override {
        {
            const std::lock_guard lock(m_mutex);
            m_tiles.push_back(tile), m_files.push_back(file);
        }
        add(id, "tile" + std::to_string(index));
    }
    void notice(JobId id, const std::string&) override { add(id, "notice"); }
    void inspected(JobId id, const ModelReport& report) override {
        {
            const std::lock_guard lock(m_mutex);
            m_report = report;
        }
        add(id, "inspected");
    }
    void modelAdded(JobId id, const ModelEntry& entry) override {
        {
            const std::lock_guard lock(m_mutex);
            m_added = entry;
        }
        add(id, "added");
    }
    void tissueFound(JobId id, std::shared_ptr<const FoundTissue> found) override { add(id, found->places.empty() ? "nothing" : "found"); }
    void wentRound(JobId id, const RoundTrip& trip) override { add(id, trip.made.psnr > 10 && trip.made.ssim > 0 ? "round" : "lost"); }
    void finished(JobId id) override { add(id, "finished"); }
    void cancelled(JobId id) override { add(id, "cancelled"); }
    void failed(JobId id, const JobFailure& f) override {
        {
            const std::lock_guard lock(m_mutex);
            m_failure = f;
        }
        add(id, "failed");
    }

    bool waitFor(JobId id, const std::string& word, int seconds = 60) {
        std::unique_lock lock(m_mutex);
        return m_wake.wait_for(lock, std::chrono::seconds(seconds), [&] { return has(id, word); });
    }
    bool waitForEnd(JobId id) {
        std::unique_lock lock(m_mutex);
        return m_wake.wait_for(lock, std::chrono::seconds(60),
                               [&] { return has(id, "finished") || has(id, "cancelled") || has(id, "failed"); });
    }
    std::vector<std::string> of(JobId id) {
        const std::lock_guard lock(m_mutex);
        std::vector<std::string> words;
        for (const auto& [job, word] : m_events)
            if (job == id) words.push_back(word);
        return words;
    }
    std::vector<double> fractions() { return locked(m_fractions); }
    std::vector<Tile> tiles() { return locked(m_tiles); }
    std::vector<std::filesystem::path> files() { return locked(m_files); }
    ModelReport report() { return locked(m_report); }
    ModelEntry added() { return locked(m_added); }
    JobFailure failure() { return locked(m_failure); }
    std::set<std::thread::id> threads() { return locked(m_threads); }

private:
    template <typename T>
    T locked(const T& value) {
        const std::lock_guard lock(m_mutex);
        return value;
    }
    bool has(JobId id, const std::string& word) const { return std::count(m_events.begin(), m_events.end(), std::pair{id, word}) > 0; }
    void add(JobId id, const std::string& word) {
        const std::lock_guard lock(m_mutex);
        m_events.emplace_back(id, word);
        m_threads.insert(std::this_thread::get_id());
        m_wake.notify_all();
    }
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::vector<std::pair<JobId, std::string>> m_events;
    std::vector<double> m_fractions;
    std::vector<Tile> m_tiles;
    std::vector<std::filesystem::path> m_files;
    std::set<std::thread::id> m_threads;
    JobFailure m_failure;
    ModelReport m_report;
    ModelEntry m_added;
};

} // namespace phloxine
