#include "core/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/base/Error.h"

extern char** environ;

namespace phloxine {

namespace {

using Clock = std::chrono::steady_clock;

// A socket and not a pipe: writing to one whose reader has gone gives an error and no signal.
struct Channel {
    int ours = -1, theirs = -1;
    Channel() {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            throw Error(ErrorCode::Internal, "No channel to another program can be opened: " + std::string(std::strerror(errno)) + ".");
        ours = ends[0], theirs = ends[1];
        ::fcntl(ours, F_SETFL, O_NONBLOCK);
    }
    ~Channel() { closeTheirs(), closeOurs(); }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    void closeTheirs() {
        if (theirs >= 0) ::close(theirs), theirs = -1;
    }
    void closeOurs() {
        if (ours >= 0) ::close(ours), ours = -1;
    }
};

pid_t startShell(const std::string& commandLine, Channel& in, Channel& out, Channel& err) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.theirs, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.theirs, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.theirs, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); // so that what it starts can be stopped with it
    posix_spawnattr_setpgroup(&attributes, 0);
    std::string line = commandLine;
    char shell[] = "sh", option[] = "-c";
    char* arguments[] = {shell, option, line.data(), nullptr};
    pid_t process = -1;
    const int failed = ::posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed) throw Error(ErrorCode::Internal, "The shell cannot be started: " + std::string(std::strerror(failed)) + ".");
    for (Channel* channel : {&in, &out, &err}) channel->closeTheirs();
    return process;
}

// False at the end of what the other side writes.
bool take(int fd, std::string& to, std::size_t most, bool& tooMuch) {
    char buffer[1 << 14];
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    const auto room = most - std::min(most, to.size());
    to.append(buffer, std::min(room, std::size_t(n)));
    tooMuch = tooMuch || std::size_t(n) > room;
    return true;
}

} // namespace

bool chooseSpinning() {
    if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return false;
    return setenv("GOMP_SPINCOUNT", "30000", 1) == 0;
}

void limitSpinning(char** argv) {
    if (chooseSpinning()) execv("/proc/self/exe", argv); // on failure the program goes on as it is
}

CommandOutcome runCommand(const std::string& commandLine, const std::string& input, std::chrono::milliseconds limit,
                          std::size_t mostBytes) {
    Channel in, out, err;
    CommandOutcome outcome;
    const auto end = Clock::now() + limit;
    const pid_t process = startShell(commandLine, in, out, err);
    std::size_t written = 0;
    bool ignored = false;
    while (out.ours >= 0 && !outcome.tooMuch) {
        if (written == input.size()) in.closeOurs();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) {
            outcome.timedOut = true;
            break;
        }
        pollfd wait[] = {{out.ours, POLLIN, 0}, {err.ours, POLLIN, 0}, {in.ours, POLLOUT, 0}};
        if (::poll(wait, 3, int(std::min<std::int64_t>(left, 1000))) <= 0) continue;
        if (wait[0].revents && !take(out.ours, outcome.out, mostBytes, outcome.tooMuch)) out.closeOurs();
        if (wait[1].revents && !take(err.ours, outcome.err, 4096, ignored)) err.closeOurs();
        if (wait[2].revents && in.ours >= 0) {
            const auto n = ::send(in.ours, input.data() + written, input.size() - written, MSG_NOSIGNAL);
            if (n > 0) written += std::size_t(n);
            else if (errno != EAGAIN && errno != EINTR) in.closeOurs(), written = input.size(); // it does not read: its choice
        }
    }
    int status = 0;
    for (pid_t gone = 0; gone == 0;) { // it has closed its output; give it the rest of its time to end
        gone = ::waitpid(process, &status, WNOHANG);
        if (gone == 0 && (outcome.timedOut || outcome.tooMuch || Clock::now() > end)) {
            outcome.timedOut = !outcome.tooMuch;
            break;
        }
        if (gone == 0) ::usleep(2000);
    }
    ::kill(-process, SIGKILL); // and whatever it left running
    if (outcome.timedOut || outcome.tooMuch) ::waitpid(process, &status, 0);
    outcome.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome;
}

} // namespace phloxine
