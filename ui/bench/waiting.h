#pragma once
// Waits for something that the event loop brings.
#include <functional>

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QThread>

namespace phloxine::ui {

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
