#include "ui/bridge/ProjectBridge.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <QFileInfo>

#include "core/base/Error.h"
#include "ui/bridge/project_folder.h"

namespace phloxine::ui {

namespace {

Failure currentFailure() {
    try {
        throw;
    } catch (const Error& e) {
        return {e.code(), QString::fromStdString(e.what()), QString::fromStdString(e.context())};
    } catch (const std::exception& e) { return {ErrorCode::Internal, {}, QString::fromUtf8(e.what())}; }
}

} // namespace

struct ProjectBridge::Thread {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> tasks;
    bool quit = false;
    std::atomic<bool> stopOpening = false;
    std::unique_ptr<Project> project; // of the thread alone
    quint64 life = 0;
    std::thread thread;

    void put(std::function<void()> task) {
        const std::lock_guard lock(mutex);
        tasks.push_back(std::move(task));
        wake.notify_one();
    }
    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait(lock, [this] { return quit || !tasks.empty(); });
            if (tasks.empty()) break;
            auto task = std::move(tasks.front());
            tasks.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
        project.reset();
    }
};

ProjectBridge::ProjectBridge(QObject* parent) : QObject(parent), m_thread(std::make_unique<Thread>()) {
    qRegisterMetaType<Failure>();
    m_thread->thread = std::thread([thread = m_thread.get()] { thread->run(); });
}

ProjectBridge::~ProjectBridge() {
    m_thread->stopOpening = true;
    {
        const std::lock_guard lock(m_thread->mutex);
        m_thread->quit = true;
    }
    m_thread->wake.notify_one();
    m_thread->thread.join();
}

void ProjectBridge::deliver(std::function<void()> answer) { QMetaObject::invokeMethod(this, std::move(answer), Qt::QueuedConnection); }

void ProjectBridge::report(const Failure& failure) {
    deliver([this, failure] { Q_EMIT failed(failure); });
}

void ProjectBridge::open(const QString& path) {
    if (m_folder.isEmpty()) m_folder = projectFolderOf(path); // tiles that are made before it is open belong there
    Q_EMIT opening(path);
    m_thread->put([this, path] {
        Thread& t = *m_thread;
        QStringList notices;
        try {
            const QString folder = prepareProjectFolder(path);
            const std::filesystem::path wanted = folder.toStdString();
            if (t.project && t.project->folder() == wanted) t.project.reset(); // its own lock would be in the way
            auto fresh = std::make_unique<Project>(
                wanted,
                [&](const Progress& p) {
                    if (t.stopOpening) throw Cancelled();
                    deliver([this, fraction = p.fraction] { Q_EMIT progress(fraction); });
                },
                [&](const std::string& sentence) { notices.append(QString::fromStdString(sentence)); }, WhenLocked::Read);
            t.project = std::move(fresh);
            deliver([this, folder, notices, life = ++t.life, readOnly = t.project->readOnly()] {
                m_folder = folder, m_open = true, m_readOnly = readOnly, m_life = life;
                Q_EMIT opened(notices);
            });
        } catch (const Cancelled&) {
        } catch (...) {
            deliver([this, path, failure = currentFailure(), still = t.project != nullptr] {
                if (!still) m_open = false, m_folder.clear();
                Q_EMIT openFailed(path, failure);
            });
        }
    });
}

QString ProjectBridge::tilesFolder() const {
    if (m_folder.isEmpty()) return {};
    const QString tiles = m_folder + QStringLiteral("/tiles");
    const QFileInfo there(tiles);
    return !there.exists() || there.isWritable() ? tiles : QString();
}

void ProjectBridge::post(std::function<void(Project&, quint64)> work) {
    m_thread->put([this, work = std::move(work)] {
        if (!m_thread->project) return;
        try {
            work(*m_thread->project, m_thread->life);
        } catch (...) { report(currentFailure()); }
    });
}

void ProjectBridge::tell(std::function<void(Project&)> work) {
    post([work = std::move(work)](Project& project, quint64) { work(project); });
}

void ProjectBridge::change(std::function<void(Project&)> work) {
    tell(std::move(work));
    tell([this](Project&) { // also where only a part of it could be done
        deliver([this] { Q_EMIT changed(); });
    });
}

// A tile in a project that is open for reading is taken in when that is next opened for writing.
void ProjectBridge::addTile(const QString& file) {
    change([path = std::filesystem::path(file.toStdString())](Project& project) {
        if (!project.readOnly() && path.parent_path() == project.tilesFolder()) project.add(path);
    });
}

void ProjectBridge::setNearest(const QString& file, double distance) {
    change([path = std::filesystem::path(file.toStdString()), distance](Project& project) {
        if (!project.readOnly() && path.parent_path() == project.tilesFolder()) project.setNearest(project.add(path), distance);
    });
}

} // namespace phloxine::ui
