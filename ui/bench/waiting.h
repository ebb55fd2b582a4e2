#pragma once
// Waits for something that the event loop brings, and how long that took.
#include <chrono>
#include <functional>

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QThread>

namespace phloxine::ui {

using Clock = std::chrono::steady_clock;

inline double msSince(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

inline bool waitFor(const std::function<bool()>& done, int deadlineMs) { // false: it did not come in time
    const QDeadlineTimer deadline(deadlineMs);
    while (!done()) {
        if (deadline.hasExpired()) return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        QThread::msleep(1);
    }
    return true;
}

} // namespace phloxine::ui
