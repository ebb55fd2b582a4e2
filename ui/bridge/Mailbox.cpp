#include "ui/bridge/Mailbox.h"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/Error.h"

namespace phloxine::ui {

namespace {
void wake(int descriptor) {
    const std::uint64_t one = 1;
    while (::write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {}
}
} // namespace

Mailbox::Mailbox() : m_wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (m_wake < 0)
        throw Error(ErrorCode::Internal, "The system has no file descriptor left; close other programs and start again.",
                    std::strerror(errno));
    m_notifier = std::make_unique<QSocketNotifier>(m_wake, QSocketNotifier::Read);
    QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(), [this] { deliver(); });
}

Mailbox::~Mailbox() {
    m_notifier.reset();
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->gone = true;
    }
    ::close(m_wake);
}

void Mailbox::send(std::function<void()> action) {
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->actions.push_back(std::move(action));
    }
    wake(m_wake);
}

// One by one: an action may run an event loop of its own, which goes on with the next, or may end the mailbox.
void Mailbox::deliver() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(m_wake, &count, sizeof count);
    const auto state = m_state;
    std::size_t left = 0;
    {
        const std::lock_guard lock(state->mutex);
        left = state->actions.size(); // those that come meanwhile wait for their turn among the other events
    }
    for (; left > 0; --left) {
        std::function<void()> action;
        {
            const std::lock_guard lock(state->mutex);
            if (state->gone || state->actions.empty()) return;
            action = std::move(state->actions.front());
            state->actions.pop_front();
            if (!state->actions.empty()) wake(m_wake); // for an event loop inside the action
        }
        action();
    }
}

} // namespace phloxine::ui
