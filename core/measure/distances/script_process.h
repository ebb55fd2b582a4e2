#pragma once
// A TorchScript program of a stranger's, running in phloxine-encoder, a process of its own: a crash or an endless loop ends that one alone.
#include <chrono>
#include <filesystem>
#include <string>

#include <ATen/ATen.h>
#include <sys/types.h>

namespace phloxine {

// Ends the process when it goes, answers or not.
class ScriptProcess {
public:
    // `what` it is, for messages: "encoder", "classifier". Error(NotFound | Internal) when it cannot be started.
    ScriptProcess(const std::filesystem::path& file, std::chrono::milliseconds limit, const std::string& what,
                  const std::string& device = "cpu");
    ~ScriptProcess();
    ScriptProcess(const ScriptProcess&) = delete;
    ScriptProcess& operator=(const ScriptProcess&) = delete;

    // [n, 3, s, s] -> [n, width], float32. Error(NotAModel) when it fails or gives something else, Error(Busy) at the end of its time,
    // Error(Nan) for values that are no numbers.
    at::Tensor run(const at::Tensor& images);

private:
    using Clock = std::chrono::steady_clock;
    [[noreturn]] void refuse(const std::string& why) const;
    [[noreturn]] void stopped() const;
    std::string message(const struct EncoderReply& reply, Clock::time_point end);
    at::Tensor explain(Clock::time_point end);
    bool move(bool out, const void* data, std::size_t size, Clock::time_point end);

    std::string m_name;
    std::chrono::milliseconds m_limit;
    pid_t m_process = -1;
    int m_socket = -1;
};

} // namespace phloxine
