#include "core/train/optimiser.h"

#include <algorithm>
#include <numbers>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/train/adamw_kernel.h"

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

} // namespace

double rateAt(const RateSettings& s, std::int64_t step) {
    if (step < s.warmUpSteps) return s.rate * (s.startFactor + (1 - s.startFactor) * double(step) / double(s.warmUpSteps));
    const double turn = double(s.steps) * s.constantShare;
    if (s.steps == 0 || double(step) < turn) return s.rate;
    const double way = std::min(1.0, (double(step) - turn) / std::max(1.0, double(s.steps) - turn));
    return s.rate * 0.5 * (1 + std::cos(std::numbers::pi * way));
}

Optimiser::Optimiser(const Weights& masters, const OptimiserSettings& settings) : m_settings(settings) {
    const c10::AutoGradMode off(false);
    for (const auto& [key, tensor] : masters) {
        if (tensor.scalar_type() != at::kFloat || !tensor.is_contiguous() || !tensor.is_cpu())
            throw Error(ErrorCode::Internal, "The weight \"" + key + "\" cannot be trained as it lies in memory.", key);
        Part part{key, tensor, {}, at::zeros_like(tensor), at::zeros_like(tensor), {}, 0};
        for (std::size_t i = 0; i < settings.emaDecays.size(); ++i) part.means.push_back(tensor.detach().clone());
        if (tensor.dim() > 1 || settings.decayVectors) part.decay = settings.weightDecay;
        for (std::int64_t at = 0; at < tensor.numel(); at += blockSize)
            m_blocks.push_back({m_parts.size(), at, std::min(blockSize, tensor.numel() - at)});
        m_parts.push_back(std::move(part));
    }
}

double Optimiser::takeGradients() {
    for (auto& part : m_parts) {
        const auto& gradient = part.master.grad();
        part.gradient = gradient.defined() ? gradient.to(at::kFloat).contiguous() : at::Tensor();
    }
    std::vector<double> sums(m_blocks.size());
    at::parallel_for(0, std::int64_t(m_blocks.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            const auto& block = m_blocks[std::size_t(i)];
            const auto& gradient = m_parts[block.part].gradient;
            if (gradient.defined()) sums[std::size_t(i)] = sumOfSquares(gradient.const_data_ptr<float>() + block.begin, block.count);
        }
    });
    double all = 0;
    for (const double sum : sums) all += sum;
    return std::sqrt(all);
}

double Optimiser::step(double rate) {
    const c10::AutoGradMode off(false);
    const double norm = takeGradients();
    if (std::isfinite(norm)) {
        const double n = double(++m_steps);
        AdamwStep step{float(m_settings.beta1),
                       float(m_settings.beta2),
                       float(m_settings.epsilon),
                       float(rate / (1 - std::pow(m_settings.beta1, n))),
                       float(1 / std::sqrt(1 - std::pow(m_settings.beta2, n))),
                       m_settings.clipNorm > 0 ? float(std::min(1.0, m_settings.clipNorm / (norm + 1e-6))) : 1.0f,
                       {}};
        for (const double decay : m_settings.emaDecays) step.means.push_back(float(1 - std::min(decay, (1 + n) / (10 + n))));
        at::parallel_for(0, std::int64_t(m_blocks.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto i = begin; i < end; ++i) {
                const auto& block = m_blocks[std::size_t(i)];
                auto& part = m_parts[block.part];
                const auto at = [&](const at::Tensor& t) { return t.data_ptr<float>() + block.begin; };
                AdamwBlock values{at(part.master),
                                  at(part.first),
                                  at(part.second),
                                  part.gradient.defined() ? at(part.gradient) : nullptr,
                                  {},
                                  block.count,
                                  float(1 - rate * part.decay)};
                for (const auto& mean : part.means) values.means.push_back(at(mean));
                adamwUpdate(step, values);
            }
        });
    }
    for (auto& part : m_parts) part.master.mutable_grad() = part.gradient = at::Tensor();
    return norm;
}

Weights Optimiser::mean(int which) const {
    Weights weights;
    for (const auto& part : m_parts) weights[part.key] = part.means[std::size_t(which)];
    return weights;
}

Weights Optimiser::state() const {
    Weights state{{"steps", at::full({1}, m_steps, at::kLong)}};
    for (const auto& part : m_parts) {
        state["first." + part.key] = part.first;
        state["second." + part.key] = part.second;
        for (std::size_t i = 0; i < part.means.size(); ++i) state["mean" + std::to_string(i) + "." + part.key] = part.means[i];
    }
    return state;
}

void Optimiser::restore(const Weights& state) {
    const c10::AutoGradMode off(false);
    const auto own = this->state();
    for (const auto& [key, tensor] : own) (void)stored(state, key, tensor); // all of it, before anything is changed
    for (const auto& [key, tensor] : own) tensor.copy_(state.at(key));
    m_steps = state.at("steps").item<std::int64_t>();
}

} // namespace phloxine
