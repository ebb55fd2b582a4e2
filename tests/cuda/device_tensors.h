#pragma once
// Tensors in memory of the emulated device, results in each order of threads and blocks, and the greatest errors seen.
#include <QtTest>

#include <map>

#include <ATen/ATen.h>

#include "core/cuda/kernels.h"
#include "core/tensor/noise.h"
#include "tests/support/cuda_emulation.h"

namespace phloxine {

inline at::Tensor noise(at::IntArrayRef shape, std::uint64_t seed) { return PhiloxNoise(seed).draw(shape); }

inline const CudaKernels& emulatedKernels() { return *phloxineCudaKernels(); }

// A tensor of the CPU, copied there. shift: bytes behind a multiple of 16 where it begins.
class DeviceTensor {
public:
    explicit DeviceTensor(const at::Tensor& from, std::size_t shift = 0)
        : m_like(from.contiguous()), m_memory(std::size_t(m_like.nbytes()), shift) {
        if (m_like.numel() > 0) std::memcpy(m_memory.data(), m_like.const_data_ptr(), m_like.nbytes());
    }
    static DeviceTensor unwritten(at::IntArrayRef sizes, at::ScalarType type, std::size_t shift = 0) { // not a number
        auto fresh = at::empty(sizes, type);
        std::memset(fresh.data_ptr(), 0xff, fresh.nbytes());
        return DeviceTensor(fresh, shift);
    }
    template <typename T = void>
    T* data() const {
        return reinterpret_cast<T*>(m_memory.data());
    }
    at::Tensor cpu() const {
        auto copy = at::empty_like(m_like);
        std::memcpy(copy.data_ptr(), m_memory.data(), copy.nbytes());
        return copy;
    }

private:
    at::Tensor m_like;
    emulation::DeviceArray<std::uint8_t> m_memory;
};

inline CudaType cudaType(const at::Tensor& t) { return t.scalar_type() == at::kBFloat16 ? CudaType::Bfloat16 : CudaType::Float32; }

inline bool sameBits(const at::Tensor& a, const at::Tensor& b) {
    return a.nbytes() == b.nbytes() && std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

// What `work` returns, where all orders of threads and blocks give the same bits; else nothing.
inline std::vector<at::Tensor> inAllOrders(const std::function<std::vector<at::Tensor>()>& work) {
    auto& machine = emulation::Machine::one();
    machine.order = emulation::Order::Forward;
    const auto result = work();
    bool same = true;
    for (const auto order : {emulation::Order::Reverse, emulation::Order::Shuffled}) {
        machine.order = order;
        const auto other = work();
        for (std::size_t i = 0; i < result.size(); ++i) same = same && sameBits(result[i], other[i]);
    }
    machine.order = emulation::Order::Forward;
    return same ? result : std::vector<at::Tensor>();
}

// The greatest |a - b| as a share of the greatest |b|, or of 1 where that is less; infinite where a is not finite.
inline double errorOver(const at::Tensor& a, const at::Tensor& b) {
    const auto x = a.to(at::kDouble).flatten(), y = b.to(at::kDouble).flatten();
    if (!x.isfinite().all().item<bool>()) return INFINITY;
    return (x - y).abs().max().item<double>() / std::max(1.0, y.abs().max().item<double>());
}

class GreatestErrors {
public:
    bool within(const QByteArray& what, double error, double bound) {
        auto& row = m_rows[what];
        row.first = std::max(row.first, error), row.second = std::max(row.second, bound);
        if (!(error <= bound)) qWarning("%s: error %g, allowed %g", what.constData(), error, bound);
        return error <= bound;
    }
    void print() const {
        for (const auto& [what, row] : m_rows) qInfo("%s: greatest error %.2g, bound %.2g", what.constData(), row.first, row.second);
    }

private:
    std::map<QByteArray, std::pair<double, double>> m_rows;
};

} // namespace phloxine
