#include "core/tensor/Weights.h"

#include <atomic>
#include <charconv>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/tensor/MappedFile.h"

namespace phloxine {

Binding Binding::forInference(at::ScalarType dtype, at::Device device) {
    if (c10::GradMode::is_enabled())
        throw Error(ErrorCode::WrongUse, "A model was bound for inference while gradients are recorded; switch gradient mode off first.");
    return {true, dtype, device};
}

WeightView WeightView::operator/(std::string_view name) const {
    return {*m_weights, m_binding, m_prefix.empty() ? std::string(name) : m_prefix + "." + std::string(name)};
}

bool WeightView::has(std::string_view name) const { return m_weights->count((*this / name).m_prefix) > 0; }

int WeightView::count() const {
    const auto start = m_prefix.empty() ? std::string() : m_prefix + ".";
    int count = 0;
    for (auto it = m_weights->lower_bound(start); it != m_weights->end() && it->first.starts_with(start); ++it) {
        const auto* first = it->first.data() + start.size();
        const auto* end = it->first.data() + it->first.size();
        int index = -1;
        const auto read = std::from_chars(first, end, index);
        if (read.ec == std::errc() && index >= count && index < 1 << 20 && (read.ptr == end || *read.ptr == '.')) count = index + 1;
    }
    return count;
}

const at::Tensor& WeightView::master(std::string_view name, at::IntArrayRef shape) const {
    const auto key = (*this / name).m_prefix;
    auto it = m_weights->find(key);
    if (it == m_weights->end() && m_binding.source) {
        for (const auto n : shape)
            if (n < 0)
                throw Error(ErrorCode::Internal, "The shape of the tensor \"" + key + "\" is not known before there is a file.", key);
        it = m_binding.source->into.emplace(key, m_binding.source->make(key, shape)).first;
    }
    if (it == m_weights->end())
        throw Error(ErrorCode::MissingKey, "The weights lack the tensor \"" + key + "\", which this architecture needs.", key);
    const auto have = it->second.sizes();
    bool fits = shape.empty() || have.size() == shape.size();
    for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] < 0 || shape[i] == have[i];
    if (!fits)
        throw Error(ErrorCode::Shape,
                    "The tensor \"" + key + "\" has the shape " + shapeText(have) + " where " + shapeText(shape) + " is needed.", key);
    if (m_binding.seen) m_binding.seen->insert(key);
    return it->second;
}

namespace {

// LibTorch has no vector path from half to bfloat16; by way of float, in pieces that stay in the cache, it takes less than half the time.
at::Tensor bfloat16FromHalf(const at::Tensor& half) {
    constexpr std::int64_t piece = 1 << 16;
    const auto from = half.view(-1);
    const auto result = at::empty(half.sizes(), half.options().dtype(at::kBFloat16));
    const auto to = result.view(-1);
    at::parallel_for(0, (from.numel() + piece - 1) / piece, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            const auto length = std::min(piece, from.numel() - i * piece);
            to.narrow(0, i * piece, length).copy_(from.narrow(0, i * piece, length).to(at::kFloat));
        }
    });
    return result;
}

// Precision and layout in one pass over the memory; the master itself where nothing is to be changed.
at::Tensor cast(const at::Tensor& tensor, const Binding& binding) {
    if (tensor.dim() == 4)
        return tensor.to(tensor.options().device(binding.device).dtype(binding.dtype), false, false, at::MemoryFormat::ChannelsLast)
            .contiguous(at::MemoryFormat::ChannelsLast);
    const bool slow = tensor.scalar_type() == at::kHalf && binding.dtype == at::kBFloat16 && binding.device.is_cpu();
    if (slow && tensor.is_cpu() && tensor.is_contiguous() && tensor.numel() > (1 << 16)) return bfloat16FromHalf(tensor);
    return tensor.to(binding.device, binding.dtype).contiguous();
}

} // namespace

at::Tensor WeightView::get(std::string_view name, at::IntArrayRef shape) const {
    const auto& tensor = master(name, shape);
    if (!m_binding.infer) return tensor;
    const auto bound = cast(tensor, m_binding);
    if (!bound.is_alias_of(tensor)) releaseMapped(tensor); // else two copies would stay in memory
    return bound;
}

at::Tensor WeightView::exact(std::string_view name, at::IntArrayRef shape) const {
    const auto& tensor = master(name, shape);
    return m_binding.infer ? tensor.to(m_binding.device, at::kFloat) : tensor;
}

at::Tensor WeightView::find(std::string_view name) const { return has(name) ? get(name) : at::Tensor(); }

Weights subset(const Weights& weights, std::string_view prefix) {
    Weights part;
    for (auto it = weights.lower_bound(std::string(prefix)); it != weights.end() && it->first.starts_with(prefix); ++it)
        part.emplace_hint(part.end(), it->first.substr(prefix.size()), it->second);
    return part;
}

std::int64_t parameterCount(const Weights& weights) {
    std::int64_t n = 0;
    for (const auto& [key, tensor] : weights) n += tensor.numel();
    return n;
}

void releaseMapped(const at::Tensor& tensor) {
    if (tensor.is_cpu() && tensor.is_contiguous()) MappedFile::release(tensor.data_ptr(), tensor.nbytes());
}

std::string requireKey(std::string_view key, const std::string& file) {
    constexpr std::size_t longest = 512;
    if (key.size() > longest || plainText(key) != key)
        throw Error(ErrorCode::Corrupt, "The weight file " + file + " is damaged: the name of a tensor is no text; get it again.");
    return std::string(key);
}

std::string shapeText(at::IntArrayRef shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + (shape[i] < 0 ? std::string("any") : std::to_string(shape[i]));
    return text + "]";
}

namespace {

// All exponent bits set = infinite or not a number. Reads the bits as they lie, as fast as the memory.
template <typename Bits>
bool holdsNonFinite(const void* data, std::int64_t count, Bits exponent) {
    const auto* bits = static_cast<const Bits*>(data);
    std::atomic<bool> found = false;
    at::parallel_for(0, count, 1 << 18, [&](std::int64_t begin, std::int64_t end) {
        bool any = false;
        for (auto i = begin; i < end; ++i) any |= (bits[i] & exponent) == exponent;
        if (any) found = true;
    });
    return found;
}

bool isFinite(const at::Tensor& t) {
    if (!t.is_cpu() || !t.is_contiguous()) return at::isfinite(t).all().item<bool>();
    switch (t.scalar_type()) {
    case at::kFloat:
        return !holdsNonFinite<std::uint32_t>(t.data_ptr(), t.numel(), 0x7f800000u);
    case at::kHalf:
        return !holdsNonFinite<std::uint16_t>(t.data_ptr(), t.numel(), std::uint16_t(0x7c00));
    case at::kBFloat16:
        return !holdsNonFinite<std::uint16_t>(t.data_ptr(), t.numel(), std::uint16_t(0x7f80));
    default:
        return at::isfinite(t).all().item<bool>();
    }
}

// All numbers of a tensor's storage.
at::Tensor wholeOf(const at::Tensor& t) { return t.as_strided({std::int64_t(t.storage().nbytes() / t.itemsize())}, {1}, 0); }

} // namespace

void requireFinite(const Weights& weights, const std::string& what) {
    // Many names may stand for the same numbers. A storage is looked through once, and not once for each name.
    std::map<std::pair<const void*, at::ScalarType>, std::uint64_t> looked; // bytes
    for (const auto& [key, tensor] : weights)
        if (tensor.is_floating_point() && tensor.numel() > 0) {
            const auto& storage = tensor.storage();
            auto& bytes = looked[{storage.data(), tensor.scalar_type()}];
            if (bytes >= 2 * storage.nbytes()) continue;
            bytes += tensor.nbytes();
            const bool finite = bytes < 2 * storage.nbytes() ? isFinite(tensor) : isFinite(wholeOf(tensor));
            releaseMapped(tensor);
            if (!finite)
                throw Error(ErrorCode::Nan,
                            "The weights of " + what + " hold values that are not numbers, first in \"" + key + "\"; get the file again.",
                            key);
        }
}

} // namespace phloxine
