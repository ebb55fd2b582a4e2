#include "core/measure/distances/script_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/measure/distances/encoder_protocol.h"

extern char** environ;

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t widest = 1 << 16;

// Beside this program, or where PHLOXINE_PROGRAM lies.
fs::path encoderProgram() {
    std::vector<fs::path> folders{fs::read_symlink("/proc/self/exe").parent_path()};
    if (const char* program = std::getenv("PHLOXINE_PROGRAM")) folders.push_back(fs::path(program).parent_path());
    for (const auto& folder : folders)
        if (isThere(folder / "phloxine-encoder")) return folder / "phloxine-encoder";
    throw Error(ErrorCode::NotFound, "The program phloxine-encoder, which runs TorchScript, is not installed beside this one.");
}

// Of the user's environment what libraries and drivers read: nothing that says who the user is, and no key of another program.
std::vector<char*> plainEnvironment() {
    std::vector<char*> kept;
    for (char** entry = environ; *entry; ++entry)
        for (const std::string_view start :
             {"LD_LIBRARY_PATH=", "PHLOXINE_CUDA_MODULE=", "CUDA_", "NVIDIA_", "OMP_", "GOMP_", "MKL_", "LC_", "LANG="})
            if (std::string_view(*entry).starts_with(start)) kept.push_back(*entry);
    kept.push_back(nullptr);
    return kept;
}

} // namespace

ScriptProcess::ScriptProcess(const fs::path& file, std::chrono::milliseconds limit, const std::string& what, const std::string& device)
    : m_name("The " + what + " " + file.filename().string()), m_limit(limit) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw Error(ErrorCode::Internal, "The program phloxine-encoder cannot be reached: " + std::string(std::strerror(errno)) + ".");
    const auto program = encoderProgram().string();
    auto path = file.string(), word = device;
    char* arguments[] = {const_cast<char*>(program.c_str()), path.data(), word.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    const int failed = ::posix_spawn(&m_process, program.c_str(), &actions, nullptr, arguments, plainEnvironment().data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    m_socket = ends[0];
    ::fcntl(m_socket, F_SETFL, O_NONBLOCK);
    if (failed) {
        ::close(m_socket);
        throw Error(ErrorCode::Internal, "The program phloxine-encoder cannot be started: " + std::string(std::strerror(failed)) + ".");
    }
}

ScriptProcess::~ScriptProcess() {
    ::close(m_socket);
    ::kill(m_process, SIGKILL);
    ::waitpid(m_process, nullptr, 0);
}

at::Tensor ScriptProcess::run(const at::Tensor& images) { // [n, 3, s, s] -> [n, width]
    const auto end = Clock::now() + m_limit;
    const EncoderCall request{encoderMagic, std::uint32_t(images.size(0)), std::uint32_t(images.size(2))};
    if (!move(true, &request, sizeof request, end) || !move(true, images.data_ptr(), images.nbytes(), end)) return explain(end);
    EncoderReply reply;
    if (!move(false, &reply, sizeof reply, end)) stopped();
    if (reply.magic != encoderMagic) refuse("gave an answer that is none");
    if (reply.status != EncoderStatus::Features) refuse(message(reply, end));
    if (reply.n != request.n || reply.width < 1 || reply.width > widest) refuse("gave features of an impossible shape");
    auto features = at::empty({reply.n, reply.width}, at::kFloat);
    if (!move(false, features.data_ptr(), features.nbytes(), end)) stopped();
    if (!features.isfinite().all().item<bool>()) throw Error(ErrorCode::Nan, m_name + " gave values that are not numbers.");
    return features;
}

void ScriptProcess::refuse(const std::string& why) const { throw Error(ErrorCode::NotAModel, m_name + " cannot be used: it " + why + "."); }
void ScriptProcess::stopped() const { refuse("stopped without an answer; a program for another version of PyTorch may crash"); }

std::string ScriptProcess::message(const EncoderReply& reply, Clock::time_point end) {
    std::string text(std::min<std::uint32_t>(reply.n, 1000), ' ');
    return move(false, text.data(), text.size(), end) ? "failed with \"" + text + "\"" : "failed";
}
// The encoder went while it was written to; it may have said why.
at::Tensor ScriptProcess::explain(Clock::time_point end) {
    EncoderReply reply;
    if (move(false, &reply, sizeof reply, end) && reply.magic == encoderMagic && reply.status == EncoderStatus::Message)
        refuse(message(reply, end));
    stopped();
}

// False where the other side is gone. Error(Busy) at the end of the time.
bool ScriptProcess::move(bool out, const void* data, std::size_t size, Clock::time_point end) {
    for (auto* at = static_cast<char*>(const_cast<void*>(data)); size > 0;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd wait{m_socket, short(out ? POLLOUT : POLLIN), 0};
        const int ready = left > 0 ? ::poll(&wait, 1, int(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0)
            throw Error(ErrorCode::Busy, m_name + " gave no answer within " +
                                             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(m_limit).count()) +
                                             " s and was stopped; allow it more (an encoder: seconds=...), or use a smaller one.");
        const auto n = out ? ::send(m_socket, at, size, MSG_NOSIGNAL) : ::recv(m_socket, at, size, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) return false;
        at += n, size -= std::size_t(n);
    }
    return true;
}

} // namespace phloxine
