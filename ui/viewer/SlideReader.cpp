#include "ui/viewer/SlideReader.h"

#include <algorithm>
#include <filesystem>

#include <QRegularExpression>

namespace phloxine::ui {

namespace {
constexpr int threadCount = 2;
constexpr int overviewSidePx = 1024;

// Calls `action`; whatever it throws becomes a code and a message.
template <class Action, class OnError>
void translated(Action action, OnError onError) {
    try {
        action();
    } catch (const Error& error) { onError(error.code(), QString::fromUtf8(error.what())); } catch (const std::bad_alloc&) {
        onError(ErrorCode::OutOfMemory, QString());
    } catch (const std::exception& error) { onError(ErrorCode::Internal, QString::fromUtf8(error.what())); }
}

QImage meantBy(const ColourProfile& profile, QImage picture) {
    for (int y = 0; y < picture.height(); ++y) profile.toSrgb(picture.scanLine(y), std::size_t(picture.width()));
    return picture;
}
} // namespace

std::unique_ptr<SlideSource> openSource(const QString& path) {
    static const QRegularExpression synthetic(QStringLiteral("^synthetic:(\\d{1,7})x(\\d{1,7})$"));
    if (const auto match = synthetic.match(path); match.hasMatch())
        return syntheticSlide(match.captured(1).toLongLong(), match.captured(2).toLongLong());
    return phloxine::openSlide(std::filesystem::path(path.toStdU16String()));
}

struct SlideReader::Worker {
    std::unique_ptr<SlideSource> source;
    TilePyramid pyramid;
    int slide = 0;
};

SlideReader::SlideReader(QObject* parent) : QObject(parent) {
    for (int n = 0; n < threadCount; ++n) m_threads.emplace_back([this] { work(); });
}

SlideReader::~SlideReader() {
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
        m_wanted.clear();
    }
    m_somethingToDo.notify_all();
    for (std::thread& thread : m_threads) thread.join();
}

int SlideReader::open(const QString& path) {
    const std::lock_guard lock(m_mutex);
    m_toOpen = Opening{++m_latest, QString(path.constData(), path.size())}; // its own letters: the other threads let go of them too
    m_somethingToDo.notify_one();
    return m_latest;
}

void SlideReader::close() {
    const std::lock_guard lock(m_mutex);
    ++m_latest;
    m_toOpen.reset();
    m_current = {};
    m_queue.clear();
    m_wanted.clear();
    m_overviewWanted = false;
    m_somethingToDo.notify_all(); // so that the threads let go of the file
}

void SlideReader::request(int slide, const std::vector<TileKey>& keys) {
    const std::lock_guard lock(m_mutex);
    if (slide != m_current.slide) return;
    m_wanted = keys;
    m_queue.clear();
    for (const TileKey& key : keys)
        if (std::find(m_inFlight.begin(), m_inFlight.end(), key) == m_inFlight.end()) m_queue.push_back(key);
    m_somethingToDo.notify_all();
}

void SlideReader::setLight(int number, const ViewLight& light, bool profiled) {
    const std::lock_guard lock(m_mutex);
    m_lightNumber = number;
    m_light = light;
    m_profiled = profiled;
}

void SlideReader::work() {
    Worker worker;
    std::unique_lock lock(m_mutex);
    while (true) {
        m_somethingToDo.wait(lock, [&] {
            return m_quit || m_toOpen || m_overviewWanted || !m_queue.empty() || (worker.slide != 0 && worker.slide != m_current.slide);
        });
        if (m_quit) return;
        if (m_toOpen) {
            const Opening opening = *m_toOpen;
            m_toOpen.reset();
            lock.unlock();
            openSource(worker, opening);
        } else if (worker.slide != 0 && worker.slide != m_current.slide) {
            lock.unlock();
            worker = {};
        } else if (m_overviewWanted) {
            m_overviewWanted = false;
            const Opening current = m_current;
            lock.unlock();
            if (renewSource(worker, current.slide, current.path)) readOverview(worker);
        } else {
            const TileKey key = m_queue.front();
            const Opening current = m_current;
            m_queue.pop_front();
            m_inFlight.push_back(key);
            lock.unlock();
            if (renewSource(worker, current.slide, current.path)) readOne(worker, key);
            else m_reports.send([this, key] { Q_EMIT tileFailed(key, ErrorCode::NotFound); });
            lock.lock();
            std::erase(m_inFlight, key);
            continue;
        }
        lock.lock();
    }
}

void SlideReader::openSource(Worker& worker, const Opening& opening) {
    std::unique_ptr<SlideSource> source;
    translated([&] { source = ui::openSource(opening.path); },
               [&](ErrorCode code, const QString& message) {
                   m_reports.send([this, opening, code, message] { Q_EMIT openFailed(opening.slide, code, message); });
               });
    if (!source) return;
    const SlideInfo info = source->info();
    std::shared_ptr<const ColourProfile> profile; // a damaged one is none: the slide is shown as it is
    translated([&] { profile = colourProfileOf(*source); }, [](ErrorCode, const QString&) {});
    worker = Worker{std::move(source), TilePyramid(info), opening.slide};
    const std::lock_guard lock(m_mutex);
    if (opening.slide != m_latest) return; // another was opened, or it was closed, in the meantime
    m_current = opening;
    m_profile = profile;
    m_queue.clear();
    m_wanted.clear();
    m_overviewWanted = true;
    m_somethingToDo.notify_all();
    m_reports.send([this, opening, info, hasProfile = profile != nullptr] { Q_EMIT opened(opening.slide, info, hasProfile); });
}

bool SlideReader::renewSource(Worker& worker, int slide, const QString& path) {
    if (worker.slide == slide && worker.source) return true;
    worker = {};
    translated(
        [&] {
            auto source = ui::openSource(path);
            TilePyramid pyramid(source->info());
            worker = Worker{std::move(source), std::move(pyramid), slide};
        },
        [](ErrorCode, const QString&) {});
    return worker.source != nullptr;
}

void SlideReader::readOverview(Worker& worker) {
    QImage picture; // a slide without overview is still a slide: no report of a failure
    translated([&] { picture = toQImage(phloxine::overview(*worker.source, overviewSidePx, overviewSidePx)); },
               [](ErrorCode, const QString&) {});
    if (picture.isNull()) return;
    QImage profiled;
    if (const auto profile = profileOf(worker.slide)) profiled = meantBy(*profile, picture);
    m_reports.send([this, slide = worker.slide, picture = std::move(picture), profiled = std::move(profiled)] {
        Q_EMIT overviewRead(slide, picture, profiled);
    });
}

void SlideReader::readOne(Worker& worker, const TileKey& key) {
    const int unreadableBefore = worker.source->unreadableReads();
    translated(
        [&] {
            QImage tile = inLight(readTile(*worker.source, worker.pyramid, key, [&] { return stillWanted(key); }), key);
            const int unreadable = worker.source->unreadableReads() - unreadableBefore;
            if (!tile.isNull()) m_reports.send([this, key, tile = std::move(tile), unreadable] { Q_EMIT tileRead(key, tile, unreadable); });
        },
        [&](ErrorCode code, const QString&) { m_reports.send([this, key, code] { Q_EMIT tileFailed(key, code); }); });
}

QImage SlideReader::inLight(const QImage& raw, const TileKey& key) {
    ViewLight light;
    bool profiled = false;
    {
        const std::lock_guard lock(m_mutex);
        if (key.light != m_lightNumber) return raw;
        light = m_light;
        profiled = m_profiled;
    }
    const auto profile = profiled ? profileOf(key.slide) : nullptr;
    return lit(profile ? meantBy(*profile, raw) : raw, light);
}

std::shared_ptr<const ColourProfile> SlideReader::profileOf(int slide) {
    const std::lock_guard lock(m_mutex);
    return slide == m_current.slide ? m_profile : nullptr;
}

bool SlideReader::stillWanted(const TileKey& key) {
    const std::lock_guard lock(m_mutex);
    if (std::find(m_wanted.begin(), m_wanted.end(), key) != m_wanted.end()) return true;
    std::erase(m_inFlight, key); // so that a request from now on queues it again
    return false;
}

} // namespace phloxine::ui
