#include "ui/regions/Background.h"

#include <chrono>

#include "core/base/Error.h"

namespace phloxine::ui {

Background::Background(int threads, QObject* parent) : QObject(parent) {
    m_pool.setMaxThreadCount(threads);
    m_pool.setExpiryTimeout(5000);
}

Background::~Background() {
    stopAll();
    m_pool.waitForDone();
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
    m_pool.start([this, stop, work = std::move(work), failed = std::move(failed)] {
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
        QMetaObject::invokeMethod(
            this,
            [stop, answer = std::move(answer)] {
                if (!*stop) answer();
            },
            Qt::QueuedConnection);
    });
    return stop;
}

ProgressHook Background::progressHook(const Stop& stop, std::function<void(const Progress&)> report) {
    using Clock = std::chrono::steady_clock;
    return [this, stop, report = std::move(report), last = Clock::time_point()](const Progress& progress) mutable {
        throwIfStopped(stop);
        if (Clock::now() - last < std::chrono::milliseconds(67)) return;
        last = Clock::now();
        QMetaObject::invokeMethod(
            this,
            [stop, report, progress] {
                if (!*stop) report(progress);
            },
            Qt::QueuedConnection);
    };
}

} // namespace phloxine::ui
