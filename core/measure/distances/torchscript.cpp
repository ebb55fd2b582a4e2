// The row `torchscript` of feature_nets.h: an encoder that runs in phloxine-encoder, a process of its own.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "core/base/Error.h"
#include "core/base/FileHashes.h"
#include "core/base/Files.h"
#include "core/measure/distances/encoder_protocol.h"
#include "core/measure/distances/feature_nets.h"

extern char** environ;

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t widest = 1 << 16;

// Beside this program, or where PHLOXINE_PROGRAM lies.
fs::path encoderProgram() {
    std::vector<fs::path> folders{fs::read_symlink("/proc/self/exe").parent_path()};
    if (const char* program = std::getenv("PHLOXINE_PROGRAM")) folders.push_back(fs::path(program).parent_path());
    for (const auto& folder : folders)
        if (isThere(folder / "phloxine-encoder")) return folder / "phloxine-encoder";
    throw Error(ErrorCode::NotFound, "The program phloxine-encoder, which runs TorchScript, is not installed beside this one.");
}

// A running encoder. Ends it when it goes, answers or not.
class Encoder {
public:
    Encoder(const fs::path& file, std::chrono::milliseconds limit) : m_name(file.filename().string()), m_limit(limit) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            throw Error(ErrorCode::Internal, "The program phloxine-encoder cannot be reached: " + std::string(std::strerror(errno)) + ".");
        const auto program = encoderProgram().string();
        auto path = file.string();
        char* arguments[] = {const_cast<char*>(program.c_str()), path.data(), nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        const int failed = ::posix_spawn(&m_process, program.c_str(), &actions, nullptr, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        m_socket = ends[0];
        ::fcntl(m_socket, F_SETFL, O_NONBLOCK);
        if (failed) {
            ::close(m_socket);
            throw Error(ErrorCode::Internal, "The program phloxine-encoder cannot be started: " + std::string(std::strerror(failed)) + ".");
        }
    }
    ~Encoder() {
        ::close(m_socket);
        ::kill(m_process, SIGKILL);
        ::waitpid(m_process, nullptr, 0);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    at::Tensor features(const at::Tensor& images) { // [n, 3, s, s] -> [n, width]
        const auto end = Clock::now() + m_limit;
        const EncoderRequest request{encoderMagic, std::uint32_t(images.size(0)), std::uint32_t(images.size(2))};
        if (!move(true, &request, sizeof request, end) || !move(true, images.data_ptr(), images.nbytes(), end)) return explain(end);
        EncoderReply reply;
        if (!move(false, &reply, sizeof reply, end)) stopped();
        if (reply.magic != encoderMagic) refuse("gave an answer that is none");
        if (reply.status != EncoderStatus::Features) refuse(message(reply, end));
        if (reply.n != request.n || reply.width < 1 || reply.width > widest) refuse("gave features of an impossible shape");
        auto features = at::empty({reply.n, reply.width}, at::kFloat);
        if (!move(false, features.data_ptr(), features.nbytes(), end)) stopped();
        if (!features.isfinite().all().item<bool>())
            throw Error(ErrorCode::Nan, "The encoder " + m_name + " gave values that are not numbers.");
        return features;
    }

private:
    [[noreturn]] void refuse(const std::string& why) const {
        throw Error(ErrorCode::NotAModel, "The encoder " + m_name + " cannot be used: it " + why + ".");
    }
    [[noreturn]] void stopped() const { refuse("stopped without an answer; a program for another version of PyTorch may crash"); }

    std::string message(const EncoderReply& reply, Clock::time_point end) {
        std::string text(std::min<std::uint32_t>(reply.n, 1000), ' ');
        return move(false, text.data(), text.size(), end) ? "failed with \"" + text + "\"" : "failed";
    }
    // The encoder went while it was written to; it may have said why.
    at::Tensor explain(Clock::time_point end) {
        EncoderReply reply;
        if (move(false, &reply, sizeof reply, end) && reply.magic == encoderMagic && reply.status == EncoderStatus::Message)
            refuse(message(reply, end));
        stopped();
    }

    // False where the other side is gone. Error(Busy) at the end of the time.
    bool move(bool out, const void* data, std::size_t size, Clock::time_point end) {
        for (auto* at = static_cast<char*>(const_cast<void*>(data)); size > 0;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
            pollfd wait{m_socket, short(out ? POLLOUT : POLLIN), 0};
            const int ready = left > 0 ? ::poll(&wait, 1, int(left)) : 0;
            if (ready < 0 && errno == EINTR) continue;
            if (ready == 0)
                throw Error(ErrorCode::Busy, "The encoder " + m_name + " gave no answer within " +
                                                 std::to_string(std::chrono::duration_cast<std::chrono::seconds>(m_limit).count()) +
                                                 " s and was stopped; give it more with seconds=..., or use a smaller one.");
            const auto n = out ? ::send(m_socket, at, size, MSG_NOSIGNAL) : ::recv(m_socket, at, size, 0);
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (n <= 0) return false;
            at += n, size -= std::size_t(n);
        }
        return true;
    }

    std::string m_name;
    std::chrono::milliseconds m_limit;
    pid_t m_process = -1;
    int m_socket = -1;
};

[[noreturn]] void wrongOption(const std::string& option) {
    throw Error(ErrorCode::WrongUse, "The option \"" + option +
                                         "\" of the encoder is not understood; use size=224, mean=0.5/0.5/0.5, "
                                         "std=0.5/0.5/0.5 or seconds=300, with commas between.");
}

double number(const std::string& text, double low, double high, const std::string& option) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(value >= low && value <= high)) wrongOption(option);
    return value;
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts(1);
    for (const char c : text)
        if (c == at) parts.emplace_back();
        else parts.back() += c;
    return parts;
}

TorchScriptOptions optionsFrom(const std::string& text) {
    TorchScriptOptions options;
    for (const auto& option : split(text, ',')) {
        const auto equals = option.find('=');
        const auto key = option.substr(0, equals), value = equals == option.npos ? std::string() : option.substr(equals + 1);
        const auto colour = [&](double low) {
            std::vector<double> numbers;
            for (const auto& part : split(value, '/')) numbers.push_back(number(part, low, 1e3, option));
            if (numbers.size() != 3) wrongOption(option);
            return numbers;
        };
        if (key == "size") options.size = int(number(value, 8, 4096, option));
        else if (key == "mean") options.mean = colour(-1e3);
        else if (key == "std") options.deviation = colour(1e-6);
        else if (key == "seconds") options.limit = std::chrono::milliseconds(std::int64_t(number(value, 0.1, 1e5, option) * 1000));
        else wrongOption(option);
    }
    return options;
}

at::Tensor inputOf(const Image& image, const TorchScriptOptions& o) {
    if (image.empty()) throw Error(ErrorCode::Shape, "An image without pixels has no features.");
    const auto fitted = image.width == o.size && image.height == o.size ? image : resized(image, o.size, o.size);
    const auto values = at::from_blob(const_cast<std::uint8_t*>(fitted.rgb.data()), {o.size, o.size, 3}, at::kByte).to(at::kDouble) / 255;
    return ((values - at::tensor(o.mean, at::kDouble)) / at::tensor(o.deviation, at::kDouble))
        .to(at::kFloat)
        .permute({2, 0, 1})
        .contiguous();
}

} // namespace

FeatureNet openTorchScript(const std::string& rest) {
    const auto colon = isThere(rest) ? rest.npos : rest.rfind(':');
    const fs::path file = rest.substr(0, colon);
    const auto options = colon == rest.npos ? TorchScriptOptions() : optionsFrom(rest.substr(colon + 1));
    FeatureNet net;
    net.id = "torchscript", net.title = "TorchScript encoder " + file.filename().string();
    net.sha256 = rememberedSha256(file);
    net.resize = "area to " + std::to_string(options.size) + " x " + std::to_string(options.size);
    const auto encoder = std::make_shared<Encoder>(file, options.limit);
    net.width = int(encoder->features(at::zeros({1, 3, options.size, options.size})).size(1));
    net.run = [encoder, options, width = net.width](const std::vector<Image>& images) {
        std::vector<at::Tensor> features;
        constexpr std::size_t batch = 16;
        for (std::size_t i = 0; i < images.size(); i += batch) {
            std::vector<at::Tensor> inputs;
            for (auto j = i; j < std::min(images.size(), i + batch); ++j) inputs.push_back(inputOf(images[j], options));
            features.push_back(encoder->features(at::stack(inputs)));
            if (features.back().size(1) != width) throw Error(ErrorCode::Shape, "The encoder changed the number of its features.");
        }
        return features.empty() ? at::empty({0, width}) : at::cat(features);
    };
    return net;
}

} // namespace phloxine
