// phloxine-encoder FILE DEVICE: runs the TorchScript program of a stranger, apart from Phloxine: a crash or an endless loop ends this
// process alone, and it reaches no file, network or other program. Requests come on stdin, replies go to what was stdout; what the program
// prints goes to stderr.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <caffe2/serialize/file_adapter.h>
#include <torch/script.h>

#include "core/base/confine.h"
#include "core/measure/distances/encoder_protocol.h"
#include "core/tensor/devices.h"

using namespace phloxine;

namespace {

bool readAll(int fd, void* to, std::size_t size) {
    for (auto* at = static_cast<char*>(to); size > 0;) {
        const auto n = ::read(fd, at, size);
        if (n <= 0) return false;
        at += n, size -= std::size_t(n);
    }
    return true;
}

bool writeAll(int fd, const void* from, std::size_t size) {
    for (const auto* at = static_cast<const char*>(from); size > 0;) {
        const auto n = ::write(fd, at, size);
        if (n <= 0) return false;
        at += n, size -= std::size_t(n);
    }
    return true;
}

void say(int out, const std::string& message) {
    const EncoderReply reply{encoderMagic, EncoderStatus::Message, std::uint32_t(message.size()), 0};
    (void)(writeAll(out, &reply, sizeof reply) && writeAll(out, message.data(), message.size()));
}

at::Tensor features(torch::jit::Module& module, const at::Tensor& images, at::Device device) {
    const auto n = images.size(0);
    const auto result = module.forward({images.to(device)});
    if (!result.isTensor()) throw std::runtime_error("it gives no tensor");
    const auto t = result.toTensor().to(at::kCPU, at::kFloat).contiguous();
    if (t.dim() != 2 || t.size(0) != n || t.size(1) < 1) throw std::runtime_error("it does not give one vector for each image");
    return t;
}

} // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const int out = ::dup(STDOUT_FILENO);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    if (argc != 3) return 2;
    try {
        const auto device = chooseDevice(argv[2]);
        (void)at::empty({1}, device); // a driver opens its devices and makes files of its own when it begins
        auto file = std::make_shared<caffe2::serialize::FileAdapter>(argv[1]);
        confineThisProcess(device.is_cpu() ? StillOpen::Nothing : StillOpen::LibrariesAndDevices); // to load is to run its first part
        auto module = torch::jit::load(std::move(file), device);
        module.eval();
        c10::InferenceMode inference;
        for (EncoderCall request; readAll(STDIN_FILENO, &request, sizeof request);) {
            if (request.magic != encoderMagic) return 2;
            auto images = at::empty({request.n, 3, request.size, request.size}, at::kFloat);
            if (!readAll(STDIN_FILENO, images.data_ptr(), images.nbytes())) return 2;
            const auto result = features(module, images, device);
            const EncoderReply reply{encoderMagic, EncoderStatus::Features, request.n, std::uint32_t(result.size(1))};
            if (!writeAll(out, &reply, sizeof reply) || !writeAll(out, result.data_ptr(), result.nbytes())) return 1;
        }
    } catch (const std::exception& e) {
        std::string what = e.what();
        if (const auto cause = what.rfind("Error: "); cause != what.npos)
            what = what.substr(cause + 7); // below the interpreter's own words
        what.resize(std::min({what.find('\n'), what.size(), std::size_t(300)}));
        say(out, what);
        return 1;
    }
    return 0;
}
