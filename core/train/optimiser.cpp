#include "core/train/optimiser.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <numbers>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/train/device_update.h"

namespace phloxine {

namespace {

constexpr std::int64_t blockSize = 1 << 15; // large tensors are shared among threads, small ones are one block

const at::Tensor& stored(const Weights& state, const std::string& key, const at::Tensor& like) {
    const auto it = state.find(key);
    if (it == state.end()) throw Error(ErrorCode::MissingKey, "The saved state of the training lacks \"" + key + "\".", key);
    if (it->second.sizes() != like.sizes() || it->second.scalar_type() != like.scalar_type())
        throw Error(ErrorCode::Shape, "The saved state of the training has \"" + key + "\" in another shape or precision.", key);
    return it->second;
}

struct UpdateHook final : torch::autograd::PostAccumulateGradHook {
    std::function<void()> update;
    void operator()(const torch::autograd::Variable&) override { update(); }
};

std::uint32_t saltOf(std::uint64_t seed, std::size_t part, std::int64_t step) {
    std::uint64_t x = seed * 0x9e3779b97f4a7c15ull + part * 0xbf58476d1ce4e5b9ull + std::uint64_t(step) * 0x94d049bb133111ebull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return std::uint32_t(x >> 32) ^ std::uint32_t(x);
}

} // namespace

// A file without a name, mapped: its pages are the system's to keep or to write out, and it ends with the program.
struct Optimiser::File {
    char* data = nullptr;
    std::size_t size = 0, used = 0;

    File(const std::filesystem::path& folder, std::size_t bytes) : size(bytes) {
        auto name = folder.string();
        name.append("/").append(temporaryPrefix).append("means-XXXXXX");
        const int fd = ::mkstemp(name.data());
        if (fd < 0) throwFileError(errno, "write", folder / "means");
        ::unlink(name.c_str());
        const int error = ::posix_fallocate(fd, 0, off_t(bytes));
        void* at = error ? MAP_FAILED : ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        ::close(fd);
        if (at == MAP_FAILED) throwFileError(error ? error : errno, "write", folder / "means");
        data = static_cast<char*>(at);
    }
    ~File() { ::munmap(data, size); }
    File(const File&) = delete;
    static std::size_t room(const at::Tensor& t) { return (std::size_t(t.numel()) * 4 + 4095) / 4096 * 4096; } // whole pages
    at::Tensor next(const at::Tensor& master) {
        const auto mean = at::from_blob(data + used, master.sizes(), at::kFloat);
        used += room(master);
        mean.copy_(master);
        release(mean);
        return mean;
    }
    static void release(const at::Tensor& mean) { ::madvise(mean.data_ptr(), room(mean), MADV_DONTNEED); }
};

double rateAt(const RateSettings& s, std::int64_t step) {
    if (step < s.warmUpSteps) return s.rate * (s.startFactor + (1 - s.startFactor) * double(step) / double(s.warmUpSteps));
    const double turn = double(s.steps) * s.constantShare;
    if (s.steps == 0 || double(step) < turn) return s.rate;
    const double way = std::min(1.0, (double(step) - turn) / std::max(1.0, double(s.steps) - turn));
    return s.rate * 0.5 * (1 + std::cos(std::numbers::pi * way));
}

Optimiser::Optimiser(const Weights& masters, const OptimiserSettings& settings) : m_settings(settings) {
    const c10::AutoGradMode off(false);
    std::size_t room = 0;
    for (const auto& [key, tensor] : masters) room += File::room(tensor) * settings.emaDecays.size();
    if (!settings.meansFolder.empty() && room > 0) m_file = std::make_unique<File>(settings.meansFolder, room);
    for (const auto& [key, tensor] : masters) addPart(key, tensor);
    m_blocksOf.push_back(m_blocks.size());
    m_shares.assign(settings.emaDecays.size(), 0);
    if (!m_parts.empty() && !m_parts[0].master.is_cpu()) {
        std::vector<std::int64_t> counts;
        for (const auto& part : m_parts) counts.push_back(part.master.numel());
        m_onDevice = std::make_unique<DeviceAdamw>(m_parts[0].master.device(), counts);
    }
    if (!settings.inBackward) return;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        auto hook = std::make_unique<UpdateHook>();
        hook->update = [this, i] { updateInBackward(i); };
        torch::autograd::impl::set_post_acc_grad_hooks(m_parts[i].master, std::move(hook));
    }
}

Optimiser::~Optimiser() {
    if (m_settings.inBackward)
        for (const auto& part : m_parts) torch::autograd::impl::set_post_acc_grad_hooks(part.master, nullptr);
}

void Optimiser::addPart(const std::string& key, const at::Tensor& master) {
    const bool wide = master.scalar_type() == at::kFloat;
    if ((!wide && master.scalar_type() != at::kBFloat16) || !master.is_contiguous())
        throw Error(ErrorCode::Internal, "The weight \"" + key + "\" cannot be trained as it lies in memory.", key);
    if (!master.is_cpu() && (!wide || m_settings.narrowMoments) && !DeviceAdamw::takesNarrow(master.device()))
        throw Error(ErrorCode::Unsupported, "The CUDA module of this build has no kernels for moments of 8 bits and weights of bf16; use "
                                            "fp32 for both, or train on the CPU.");
    Part part;
    part.key = key, part.master = master;
    const auto zeros = [&](at::IntArrayRef sizes, at::ScalarType type) {
        return at::zeros(sizes, at::TensorOptions(type).device(master.device()));
    };
    if (m_settings.narrowMoments && master.numel() >= OptimiserSettings::narrowFrom) {
        part.first = zeros(master.sizes(), at::kChar), part.second = zeros(master.sizes(), at::kByte);
        part.firstScales = zeros({(master.numel() + momentBlock - 1) / momentBlock}, at::kFloat);
        part.secondScales = at::zeros_like(part.firstScales);
    } else part.first = zeros(master.sizes(), at::kFloat), part.second = at::zeros_like(part.first);
    for (std::size_t i = 0; i < m_settings.emaDecays.size(); ++i)
        part.means.push_back(m_file ? m_file->next(master) : master.detach().to(at::kFloat, false, true));
    if (master.dim() > 1 || m_settings.decayVectors) part.decay = m_settings.weightDecay;
    m_blocksOf.push_back(m_blocks.size());
    for (std::int64_t at = 0; at < master.numel(); at += blockSize)
        m_blocks.push_back({m_parts.size(), at, std::min(blockSize, master.numel() - at)});
    m_parts.push_back(std::move(part));
}

double Optimiser::sumOfGradients(std::size_t firstPart, std::size_t endPart) const {
    const auto first = m_blocksOf[firstPart], end = m_blocksOf[endPart];
    std::vector<double> sums(end - first);
    at::parallel_for(std::int64_t(first), std::int64_t(end), 1, [&](std::int64_t from, std::int64_t to) {
        for (auto i = from; i < to; ++i) {
            const auto& block = m_blocks[std::size_t(i)];
            const auto& gradient = m_parts[block.part].gradient;
            if (!gradient.defined()) continue;
            sums[std::size_t(i) - first] =
                gradient.scalar_type() == at::kFloat
                    ? sumOfSquares(gradient.const_data_ptr<float>() + block.begin, block.count)
                    : sumOfSquares(static_cast<const std::uint16_t*>(gradient.const_data_ptr()) + block.begin, block.count);
        }
    });
    double all = 0;
    for (const double sum : sums) all += sum;
    return all;
}

void Optimiser::startStep(double rate) {
    const double n = double(++m_steps);
    m_rate = rate;
    for (std::size_t i = 0; i < m_shares.size(); ++i) m_shares[i] = float(1 - std::min(m_settings.emaDecays[i], (1 + n) / (10 + n)));
}

AdamwStep Optimiser::stepOf(float gradientScale) const {
    const double n = double(m_steps);
    return {float(m_settings.beta1),
            float(m_settings.beta2),
            float(m_settings.epsilon),
            float(m_rate / (1 - std::pow(m_settings.beta1, n))),
            float(1 / std::sqrt(1 - std::pow(m_settings.beta2, n))),
            gradientScale,
            m_file ? std::vector<float>() : m_shares};
}

at::Tensor Optimiser::updateOnDevice(std::size_t firstPart, std::size_t endPart) {
    std::vector<DevicePart> parts;
    for (auto i = firstPart; i < endPart; ++i) {
        const auto& part = m_parts[i];
        parts.push_back({part.master, part.gradient, part.first, part.second, part.firstScales, part.secondScales, part.means,
                         1 - m_rate * part.decay, saltOf(m_settings.seed, i, m_steps)});
    }
    return m_onDevice->update(stepOf(1), m_settings.clipNorm, firstPart, parts);
}

void Optimiser::update(std::size_t firstPart, std::size_t endPart, float gradientScale) {
    if (m_onDevice) return void(updateOnDevice(firstPart, endPart));
    const auto step = stepOf(gradientScale);
    const auto first = m_blocksOf[firstPart], end = m_blocksOf[endPart];
    at::parallel_for(std::int64_t(first), std::int64_t(end), 1, [&](std::int64_t from, std::int64_t to) {
        for (auto i = from; i < to; ++i) {
            const auto& block = m_blocks[std::size_t(i)];
            auto& part = m_parts[block.part];
            const auto at = [&](const at::Tensor& t) { return t.data_ptr<float>() + block.begin; };
            const auto bf16 = [&](const at::Tensor& t) { return static_cast<std::uint16_t*>(t.data_ptr()) + block.begin; };
            const bool narrow = part.firstScales.defined(), given = part.gradient.defined();
            const float keep = float(1 - m_rate * part.decay);
            std::vector<float*> means;
            if (!m_file)
                for (const auto& mean : part.means) means.push_back(at(mean));
            if (part.master.scalar_type() == at::kFloat && !narrow) {
                adamwUpdate(step, AdamwBlock{at(part.master), at(part.first), at(part.second), given ? at(part.gradient) : nullptr, means,
                                             block.count, keep});
                continue;
            }
            NarrowBlock values;
            if (part.master.scalar_type() == at::kFloat)
                values.master = at(part.master), values.gradient = given ? at(part.gradient) : nullptr;
            else values.masterBf16 = bf16(part.master), values.gradientBf16 = given ? bf16(part.gradient) : nullptr;
            if (narrow) {
                values.firstCodes = part.first.data_ptr<std::int8_t>() + block.begin;
                values.secondCodes = part.second.data_ptr<std::uint8_t>() + block.begin;
                values.firstScales = part.firstScales.data_ptr<float>() + block.begin / momentBlock;
                values.secondScales = part.secondScales.data_ptr<float>() + block.begin / momentBlock;
            } else values.first = at(part.first), values.second = at(part.second);
            values.means = std::move(means), values.count = block.count, values.keep = keep;
            values.salt = saltOf(m_settings.seed, block.part, m_steps), values.index = std::uint32_t(block.begin);
            adamwUpdate(step, values);
        }
    });
}

void Optimiser::beforeBackward(double rate) {
    if (!m_settings.inBackward) return;
    startStep(rate);
    m_sum = 0, m_sumOnDevice = at::Tensor(), m_inStep = true;
    for (auto& part : m_parts) part.done = false;
}

void Optimiser::updateInBackward(std::size_t which) {
    if (!m_inStep) return;
    const c10::AutoGradMode off(false);
    auto& part = m_parts[which];
    part.gradient = part.master.grad().contiguous();
    if (m_onDevice) {
        const auto sum = updateOnDevice(which, which + 1);
        m_sumOnDevice = m_sumOnDevice.defined() ? m_sumOnDevice + sum : sum;
    } else {
        const double sum = sumOfGradients(which, which + 1), norm = std::sqrt(sum);
        m_sum += sum;
        if (std::isfinite(norm))
            update(which, which + 1, m_settings.clipNorm > 0 ? float(std::min(1.0, m_settings.clipNorm / (norm + 1e-6))) : 1.0f);
    }
    part.master.mutable_grad() = part.gradient = at::Tensor();
    part.done = true;
}

double Optimiser::step(double rate) {
    const c10::AutoGradMode off(false);
    double norm = 0;
    if (m_settings.inBackward) {
        if (!m_inStep) throw Error(ErrorCode::Internal, "The optimiser was not told of the backward pass before its step.");
        m_inStep = false;
        norm = std::sqrt(m_sumOnDevice.defined() ? m_sumOnDevice.item<double>() : m_sum);
        for (std::size_t i = 0; i < m_parts.size(); ++i)
            if (!m_parts[i].done) update(i, i + 1, 1); // took no part
    } else {
        for (auto& part : m_parts) {
            const auto& gradient = part.master.grad();
            part.gradient = gradient.defined() ? gradient.to(part.master.scalar_type()).contiguous() : at::Tensor();
        }
        if (m_onDevice) {
            startStep(rate);
            norm = std::sqrt(updateOnDevice(0, m_parts.size()).item<double>()); // asked when all work is under way
            if (!std::isfinite(norm)) --m_steps;
        } else {
            norm = std::sqrt(sumOfGradients(0, m_parts.size()));
            if (std::isfinite(norm)) {
                startStep(rate);
                update(0, m_parts.size(), m_settings.clipNorm > 0 ? float(std::min(1.0, m_settings.clipNorm / (norm + 1e-6))) : 1.0f);
            }
        }
        for (auto& part : m_parts) part.master.mutable_grad() = part.gradient = at::Tensor();
    }
    if (m_file && std::isfinite(norm) && m_steps % OptimiserSettings::meansEvery == 0) updateMeansOnFile();
    return norm;
}

void Optimiser::updateMeansOnFile() {
    for (std::size_t k = 0; k < m_settings.emaDecays.size(); ++k) {
        double rest = 1; // of the mean before
        for (auto j = m_meansSteps + 1; j <= m_steps; ++j) rest *= std::min(m_settings.emaDecays[k], double(1 + j) / double(10 + j));
        for (const auto& part : m_parts) {
            auto mean = part.means[k].view(-1);
            const auto master = part.master.detach().view(-1);
            for (std::int64_t at = 0; at < mean.numel(); at += 8 * blockSize) { // so that a cast of a large tensor stays small
                const auto count = std::min(8 * blockSize, mean.numel() - at);
                mean.narrow(0, at, count).lerp_(master.narrow(0, at, count).to(at::kCPU, at::kFloat), 1 - rest);
            }
            File::release(part.means[k]);
        }
    }
    m_meansSteps = m_steps;
}

void Optimiser::releaseMeans() const {
    if (!m_file) return;
    for (const auto& part : m_parts)
        for (const auto& mean : part.means) File::release(mean);
}

void Optimiser::settleMeans() {
    const c10::AutoGradMode off(false);
    if (m_file && m_meansSteps < m_steps) updateMeansOnFile();
}

Weights Optimiser::mean(int which) const {
    Weights weights;
    for (const auto& part : m_parts) weights[part.key] = part.means[std::size_t(which)];
    return weights;
}

Weights Optimiser::state() const {
    Weights state{{"steps", at::full({1}, m_steps, at::kLong)}};
    if (m_file) state["means_steps"] = at::full({1}, m_meansSteps, at::kLong);
    for (const auto& part : m_parts) {
        state["first." + part.key] = part.first;
        state["second." + part.key] = part.second;
        if (part.firstScales.defined())
            state["first_scales." + part.key] = part.firstScales, state["second_scales." + part.key] = part.secondScales;
        for (std::size_t i = 0; i < part.means.size(); ++i) state["mean" + std::to_string(i) + "." + part.key] = part.means[i];
    }
    return state;
}

void Optimiser::restore(const Weights& state) {
    const c10::AutoGradMode off(false);
    auto own = this->state();
    own.erase("means_steps");
    for (const auto& [key, tensor] : own) (void)stored(state, key, tensor); // all of it, before anything is changed
    for (const auto& [key, tensor] : own) tensor.copy_(state.at(key));
    m_steps = state.at("steps").item<std::int64_t>();
    const auto meansSteps = state.find("means_steps"); // earlier versions took in each meansEvery-th step alone
    m_meansSteps = meansSteps != state.end() ? meansSteps->second.item<std::int64_t>() : m_steps - m_steps % OptimiserSettings::meansEvery;
    releaseMeans();
}

} // namespace phloxine
