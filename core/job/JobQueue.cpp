#include "core/job/JobQueue.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/job/jobs.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

struct Running {
    JobId id = 0;
    bool stopNow = false, stopAfterTile = false, withModel = false;
};

} // namespace

struct JobQueue::State {
    std::shared_ptr<ModelStore> store;
    JobEvents& events;
    Options options;
    mutable std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::pair<JobId, Job>> waiting;
    std::deque<JobId> removed;    // to be reported as cancelled
    std::vector<Running> running; // a training, and on top of it the job that is done between two of its steps
    JobId next = 1;
    bool quit = false;
    std::thread worker;

    State(std::shared_ptr<ModelStore> store, JobEvents& events, Options options)
        : store(std::move(store)), events(events), options(std::move(options)) {}

    void throwIfStopped() const {
        const std::lock_guard lock(mutex);
        if (running.back().stopNow || quit) throw Cancelled();
    }
    bool endAfterTile() const {
        const std::lock_guard lock(mutex);
        return running.back().stopAfterTile || running.back().stopNow || quit;
    }
    Running* find(JobId id) {
        const auto it = std::find_if(running.begin(), running.end(), [id](const Running& r) { return r.id == id; });
        return it == running.end() ? nullptr : &*it;
    }

    void work();
    bool serve(std::unique_lock<std::mutex>& lock, bool trainings);
    std::optional<Stop> between();
    void perform(JobId id, const Job& job);
    std::string deviceNow() {
        const std::lock_guard lock(mutex);
        return options.device;
    }
};

// Every job ends in exactly one of three ways.
void JobQueue::State::perform(JobId id, const Job& job) {
    const auto fail = [&](ErrorCode code, const std::string& message, const std::string& context) {
        logWarning(message);
        events.failed(id, {code, message, context});
    };
    const JobTools tools{
        *store, events, deviceNow(), [this] { throwIfStopped(); }, [this] { return endAfterTile(); }, [this] { return between(); }};
    try {
        events.started(id);
        std::visit([&](const auto& j) { run(id, j, tools); }, job);
        events.finished(id);
    } catch (const Cancelled&) { events.cancelled(id); } catch (const Error& e) {
        fail(e.code(), e.what(), e.context());
    } catch (const std::exception& e) {
        if (const auto fault = deviceFault(e)) fail(fault->code(), fault->what(), fault->context());
        else fail(ErrorCode::Internal, "An unexpected fault stopped the run; finished tiles are saved.", e.what());
    }
}

// Reports one job that was removed, or does one that waits: false when there is none.
bool JobQueue::State::serve(std::unique_lock<std::mutex>& lock, bool trainings) {
    if (!removed.empty()) {
        const auto id = removed.front();
        removed.pop_front();
        lock.unlock();
        events.cancelled(id);
        lock.lock();
        return true;
    }
    const auto it = std::find_if(waiting.begin(), waiting.end(),
                                 [&](const auto& entry) { return trainings || !std::holds_alternative<TrainJob>(entry.second); });
    if (quit || it == waiting.end()) return false;
    const auto [id, job] = std::move(*it);
    waiting.erase(it);
    running.push_back({id});
    lock.unlock();
    perform(id, job);
    refreshDeviceStatus(deviceNow());
    lock.lock();
    running.pop_back();
    return true;
}

// Between two steps of a training.
std::optional<Stop> JobQueue::State::between() {
    std::unique_lock lock(mutex);
    for (;;) {
        const auto& training = running.back();
        if (training.stopNow || quit) return Stop::Now;
        if (training.withModel) return Stop::WithModel;
        if (training.stopAfterTile) return Stop::AfterTile;
        if (!serve(lock, false)) return {};
    }
}

void JobQueue::State::work() {
    // A low priority of this thread and of the OpenMP threads it starts keeps the window smooth while all cores work.
    if (options.nice) setpriority(PRIO_PROCESS, id_t(syscall(SYS_gettid)), options.nice);
    initDevices(options.device);
    refreshDeviceStatus(deviceNow());
    (void)countTokens(""); // reads the vocabulary, so that the first word in a prompt does not wait for it
    std::unique_lock lock(mutex);
    for (;;) {
        wake.wait(lock, [&] { return quit || !waiting.empty() || !removed.empty(); });
        if (!serve(lock, true) && quit) return;
        if (waiting.empty()) { // other programs may want what Torch keeps for the next tile
            lock.unlock();
            giveBackUnusedMemory();
            lock.lock();
        }
    }
}

JobQueue::JobQueue(std::shared_ptr<ModelStore> store, JobEvents& events, Options options)
    : m_state(std::make_unique<State>(std::move(store), events, std::move(options))) {
    m_state->worker = std::thread([state = m_state.get()] { state->work(); });
}

JobQueue::~JobQueue() {
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->quit = true;
    }
    m_state->wake.notify_all();
    m_state->worker.join();
}

void JobQueue::setDevice(const std::string& device) {
    const std::lock_guard lock(m_state->mutex);
    m_state->options.device = device;
}

JobId JobQueue::submit(Job job) {
    const std::lock_guard lock(m_state->mutex);
    m_state->waiting.emplace_back(m_state->next, std::move(job));
    m_state->wake.notify_all();
    return m_state->next++;
}

void JobQueue::stop(JobId id, Stop how) {
    const std::lock_guard lock(m_state->mutex);
    if (auto* job = m_state->find(id)) {
        (how == Stop::Now ? job->stopNow : job->stopAfterTile) = true;
        job->withModel = job->withModel || how == Stop::WithModel;
    }
    const auto it = std::find_if(m_state->waiting.begin(), m_state->waiting.end(), [id](const auto& entry) { return entry.first == id; });
    if (it == m_state->waiting.end()) return;
    m_state->waiting.erase(it);
    m_state->removed.push_back(id);
    m_state->wake.notify_all();
}

void JobQueue::stopAll(Stop how) {
    std::vector<JobId> ids;
    {
        const std::lock_guard lock(m_state->mutex);
        for (const auto& [id, job] : m_state->waiting) ids.push_back(id);
        for (const auto& job : m_state->running) ids.push_back(job.id);
    }
    for (const auto id : ids) stop(id, how);
}

bool JobQueue::idle() const {
    const std::lock_guard lock(m_state->mutex);
    return m_state->running.empty() && m_state->waiting.empty() && m_state->removed.empty();
}

} // namespace phloxine
