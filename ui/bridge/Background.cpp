#include "ui/bridge/Background.h"

#include <chrono>

#include "core/base/Error.h"

namespace phloxine::ui {

Background::Background(int threads, QObject* parent) : QObject(parent), m_most(threads) {}

Background::~Background() {
    stopAll();
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
    }
    m_somethingToDo.notify_all();
    for (std::thread& thread : m_threads) thread.join();
}

void Background::work() {
    std::unique_lock lock(m_mutex);
    while (true) {
        ++m_idle;
        m_somethingToDo.wait(lock, [this] { return m_quit || !m_waiting.empty(); });
        --m_idle;
        if (m_waiting.empty()) return; // at the end what waits is done too: it may be what is to be kept
        const auto task = std::move(m_waiting.front());
        m_waiting.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

void Background::stopAll() {
    for (const auto& weak : m_stops)
        if (const auto stop = weak.lock()) *stop = true;
    m_stops.clear();
}

void Background::throwIfStopped(const Stop& stop) {
    if (*stop) throw Cancelled();
}

Background::Stop Background::start(std::function<std::function<void()>(const Stop&)> work, std::function<void(const Failure&)> failed) {
    auto stop = std::make_shared<std::atomic<bool>>(false);
    std::erase_if(m_stops, [](const auto& weak) { return weak.expired(); });
    m_stops.push_back(stop);
    auto task = [this, stop, work = std::move(work), failed = std::move(failed)] {
        std::function<void()> answer;
        try {
            answer = work(stop);
        } catch (const Cancelled&) { return; } catch (const Error& e) {
            answer = [failed, failure = Failure{e.code(), QString::fromUtf8(e.what()), QString::fromUtf8(e.context().c_str())}] {
                failed(failure);
            };
        } catch (const std::bad_alloc&) {
            answer = [failed] { failed({ErrorCode::OutOfMemory, tr("The memory was full. Close other programs and try again."), {}}); };
        } catch (const std::exception& e) {
            answer = [failed, what = QString::fromUtf8(e.what())] {
                failed({ErrorCode::Internal, tr("An unexpected fault stopped this."), what});
            };
        }
        m_answers.send([stop, answer = std::move(answer)] {
            if (!*stop) answer();
        });
    };
    {
        const std::lock_guard lock(m_mutex);
        m_waiting.push_back(std::move(task));
        if (m_idle < int(m_waiting.size()) && int(m_threads.size()) < m_most) m_threads.emplace_back([this] { this->work(); });
    }
    m_somethingToDo.notify_one();
    return stop;
}

ProgressHook Background::progressHook(const Stop& stop, std::function<void(const Progress&)> report) {
    using Clock = std::chrono::steady_clock;
    return [this, stop, report = std::move(report), last = Clock::time_point()](const Progress& progress) mutable {
        throwIfStopped(stop);
        if (Clock::now() - last < std::chrono::milliseconds(67)) return;
        last = Clock::now();
        m_answers.send([stop, report, progress] {
            if (!*stop) report(progress);
        });
    };
}

} // namespace phloxine::ui
