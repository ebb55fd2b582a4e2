#pragma once
// Work that takes long, on threads of its own: slides are read and files are written there, never on the GUI thread. Answers arrive on the
// thread of the owner, unless it has gone; what the work throws arrives as a failure. The destructor stops and waits.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <QObject>

#include "core/base/Progress.h"
#include "ui/bridge/Mailbox.h"
#include "ui/bridge/TileRecord.h"

namespace phloxine::ui {

class Background : public QObject {
public:
    explicit Background(int threads, QObject* parent = nullptr);
    ~Background() override;

    using Stop = std::shared_ptr<std::atomic<bool>>; // set it, and the work ends with Cancelled where it asks

    // `work(stop)` runs there, `done(value)` here. Cancelled is answered by nothing at all.
    template <typename Work, typename Done>
    Stop run(Work work, Done done, std::function<void(const Failure&)> failed) {
        using Value = decltype(work(std::declval<Stop>()));
        return start(
            [work = std::move(work), done = std::move(done)](const Stop& stop) -> std::function<void()> {
                auto value = std::make_shared<Value>(work(stop));
                return [value, done] { done(*value); };
            },
            std::move(failed));
    }
    static void throwIfStopped(const Stop& stop);
    // For `work`: reports to `report` on the owner's thread at most 15 times a second, and throws Cancelled when stopped.
    ProgressHook progressHook(const Stop& stop, std::function<void(const Progress&)> report);
    void stopAll();

private:
    Stop start(std::function<std::function<void()>(const Stop&)> work, std::function<void(const Failure&)> failed);

    void work();

    std::vector<std::weak_ptr<std::atomic<bool>>> m_stops;
    Mailbox m_answers;
    int m_most;         // threads; they are started when there is something to do for them
    std::mutex m_mutex; // guards the four below
    std::condition_variable m_somethingToDo;
    std::deque<std::function<void()>> m_waiting;
    bool m_quit = false;
    int m_idle = 0;
    std::vector<std::thread> m_threads;
};

} // namespace phloxine::ui
