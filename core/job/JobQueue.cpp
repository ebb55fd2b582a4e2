#include "core/job/JobQueue.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <ATen/Parallel.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "core/measure/compare.h"
#include "core/measure/report_files.h"
#include "core/model/inspect.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace fs = std::filesystem;

struct JobQueue::State {
    std::shared_ptr<ModelStore> store;
    JobEvents& events;
    Options options;
    mutable std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::pair<JobId, Job>> waiting;
    std::deque<JobId> removed; // to be reported as cancelled
    JobId next = 1, running = 0;
    bool stopNow = false, stopAfterTile = false, quit = false;
    std::thread worker;

    State(std::shared_ptr<ModelStore> store, JobEvents& events, Options options)
        : store(std::move(store)), events(events), options(std::move(options)) {}

    void throwIfStopped() const {
        const std::lock_guard lock(mutex);
        if (stopNow || quit) throw Cancelled();
    }
    bool endAfterTile() const {
        const std::lock_guard lock(mutex);
        return stopAfterTile || stopNow || quit;
    }

    void work();
    void perform(JobId id, const Job& job);
    void run(JobId id, const GenerateJob& job);
    void run(JobId id, const ExportJob& job);
    void run(JobId id, const InspectJob& job);
    void run(JobId id, const AddModelJob& job);
    void run(JobId id, const CompareJob& job);
    void run(JobId id, const SaveReportJob& job);
};

void JobQueue::State::run(JobId id, const GenerateJob& job) {
    GenerateHooks hooks;
    const int count = job.request.count;
    hooks.step = [&](int tile, int step, int steps) {
        throwIfStopped();
        events.progress(id, {"Tile " + std::to_string(tile + 1) + " of " + std::to_string(count), (tile + double(step) / steps) / count});
    };
    if (job.previews) hooks.preview = [&](const TilePreview& preview) { events.preview(id, preview); };
    hooks.notice = [&](const std::string& sentence) { events.notice(id, sentence); };
    hooks.stopAfterTile = [&, done = 0]() mutable { return ++done < count && endAfterTile(); };
    if (!job.folder.empty()) makeWritableFolder(job.folder);
    hooks.tile = [&](int index, const Tile& tile) {
        fs::path file;
        if (!job.folder.empty()) {
            // Tiles of many requests lie in one folder: a hash of the request tells two with one seed apart, and the same request finds its
            // file.
            const auto texts = provenance(tile.request);
            const auto plainName = fs::path(tileFileName(tile.request)).stem().string();
            file = job.folder / (plainName + "-" + sha256(texts.front().text).substr(0, 8) + ".png");
            if (!fs::exists(file)) writePng(file, tile.image, texts);
        }
        events.tile(id, index, tile, file);
    };
    events.progress(id, {"Loading the model", 0});
    generate(*store, job.request, hooks);
}

void JobQueue::State::run(JobId id, const ExportJob& job) {
    ExportHooks hooks;
    hooks.progress = [&](const Progress& progress) {
        throwIfStopped();
        events.progress(id, progress);
    };
    hooks.resolve = [&](const GenerateRequest& request) { return resolve(request, store->find(request.model, request.modelSha256)); };
    hooks.card = [&](const GenerateRequest& resolved) { return store->find(resolved.model, resolved.modelSha256).card; };
    hooks.makeTile = [&](const GenerateRequest& single) {
        Tile made;
        GenerateHooks tileHooks;
        tileHooks.step = [&](int, int, int) { throwIfStopped(); };
        tileHooks.tile = [&](int, const Tile& tile) { made = tile; };
        generate(*store, single, tileHooks);
        return made;
    };
    exportSet(job.plan, job.folder, hooks);
}

// Reading a checkpoint cannot be interrupted: a stop that comes meanwhile keeps the result back.
void JobQueue::State::run(JobId id, const InspectJob& job) {
    throwIfStopped();
    events.progress(id, {"Reading " + job.path.filename().string(), 0});
    const auto report = inspectModel(job.path);
    throwIfStopped();
    events.inspected(id, report);
}

// A model that has been added stays, whatever was asked meanwhile.
void JobQueue::State::run(JobId id, const AddModelJob& job) {
    throwIfStopped();
    events.progress(id, {"Adding " + job.source.filename().string(), 0});
    events.modelAdded(id, addModel(job.source, job.options, job.root));
}

void JobQueue::State::run(JobId id, const CompareJob& job) {
    const auto report = std::make_shared<const CompareReport>(compare(job.request, [&](const Progress& progress) {
        throwIfStopped();
        events.progress(id, progress);
    }));
    if (!job.folder.empty()) writeReport(*report, job.folder);
    events.compared(id, report);
}

void JobQueue::State::run(JobId id, const SaveReportJob& job) {
    throwIfStopped();
    events.progress(id, {"Writing the report", 0});
    writeReport(*job.report, job.folder, {true, job.realPictures});
}

// Every job ends in exactly one of three ways.
void JobQueue::State::perform(JobId id, const Job& job) {
    const auto fail = [&](ErrorCode code, const std::string& message, const std::string& context) {
        logWarning(message);
        events.failed(id, {code, message, context});
    };
    try {
        events.started(id);
        std::visit([&](const auto& j) { run(id, j); }, job);
        events.finished(id);
    } catch (const Cancelled&) { events.cancelled(id); } catch (const Error& e) {
        fail(e.code(), e.what(), e.context());
    } catch (const std::bad_alloc&) {
        fail(ErrorCode::OutOfMemory, "The memory was full; finished tiles are saved. Close other programs and try again.", "");
    } catch (const std::exception& e) {
        fail(ErrorCode::Internal, "An unexpected fault stopped the run; finished tiles are saved.", e.what());
    }
}

void JobQueue::State::work() {
    // A low priority of this thread and of the OpenMP threads it starts keeps the window smooth while all cores work.
    if (options.nice) setpriority(PRIO_PROCESS, id_t(syscall(SYS_gettid)), options.nice);
    initDevices(options.device);
    refreshDeviceStatus();
    (void)countTokens(""); // reads the vocabulary, so that the first word in a prompt does not wait for it
    std::unique_lock lock(mutex);
    for (;;) {
        wake.wait(lock, [&] { return quit || !waiting.empty() || !removed.empty(); });
        if (!removed.empty()) {
            const auto id = removed.front();
            removed.pop_front();
            lock.unlock();
            events.cancelled(id);
            lock.lock();
            continue;
        }
        if (quit) return;
        const auto [id, job] = std::move(waiting.front());
        waiting.pop_front();
        running = id;
        stopNow = stopAfterTile = false;
        lock.unlock();
        perform(id, job);
        refreshDeviceStatus();
        lock.lock();
        running = 0;
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

JobId JobQueue::submit(Job job) {
    const std::lock_guard lock(m_state->mutex);
    m_state->waiting.emplace_back(m_state->next, std::move(job));
    m_state->wake.notify_all();
    return m_state->next++;
}

void JobQueue::stop(JobId id, Stop how) {
    const std::lock_guard lock(m_state->mutex);
    if (id == m_state->running) (how == Stop::Now ? m_state->stopNow : m_state->stopAfterTile) = true;
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
        if (m_state->running) ids.push_back(m_state->running);
    }
    for (const auto id : ids) stop(id, how);
}

bool JobQueue::idle() const {
    const std::lock_guard lock(m_state->mutex);
    return !m_state->running && m_state->waiting.empty() && m_state->removed.empty();
}

namespace {

std::mutex statusMutex;
DeviceStatus lastStatus;

} // namespace

void refreshDeviceStatus() {
    const bool cuda = chooseDevice("auto").is_cuda();
    DeviceStatus status;
    status.kind = cuda ? "cuda" : "cpu";
    status.name = cuda ? "CUDA" : "CPU, " + std::to_string(at::get_num_threads()) + " threads";
    status.memoryUsed = residentMemoryBytes();
    status.memoryTotal = std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGESIZE));
    const std::lock_guard lock(statusMutex);
    lastStatus = status;
}

DeviceStatus deviceStatus() {
    const std::lock_guard lock(statusMutex);
    return lastStatus;
}

} // namespace phloxine
