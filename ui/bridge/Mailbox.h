#pragma once
// From any thread to the thread that made it: actions, run there in the order in which they were sent. A mutex of the standard library and
// a file descriptor carry them instead of Qt's event queue: ThreadSanitizer cannot see into Qt, and would take each of them for a race.
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include <QSocketNotifier>

namespace phloxine::ui {

class Mailbox {
public:
    Mailbox(); // Error(Internal) where the system has no file descriptor left
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void send(std::function<void()> action); // any thread; dropped when the mailbox goes first

private:
    struct State {
        std::mutex mutex;
        std::deque<std::function<void()>> actions;
        bool gone = false;
    };
    void deliver();

    int m_wake; // eventfd
    std::shared_ptr<State> m_state = std::make_shared<State>();
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace phloxine::ui
