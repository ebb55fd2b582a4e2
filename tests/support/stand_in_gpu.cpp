// A GPU that is none: at::kCUDA over the memory of the host, in place of libphloxine_cuda.so (PHLOXINE_CUDA_MODULE names it). Kernels are
// those of the CPU, called through the real CUDA dispatch key, so that a machine without a GPU finds what would stop on one:
//  - Host code that reads or writes device memory crashes: tensors hold addresses of a mapping without rights, kernels use a second one.
//  - Tensors on two devices in one operator, operators that CUDA lacks, and norms of mixed types are refused, in PyTorch's words.
//  - Fresh memory is full of NaN. More than the limit is c10::OutOfMemoryError. A lost device refuses every operator.
//  - Copies across the bus and waits are counted.
// The switches below are for the tests; a program takes them from PHLOXINE_STAND_IN_GPUS (1), _GPU_MB and _GPU_LOST_AFTER (operators).
// It shows no speed, no bits of CUDA kernels, no streams and no fused attention: what passes here may still fail on a GPU.
#include "tests/support/stand_in_gpu.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include "tests/support/stand_in_kernels.h"

namespace {

using c10::DeviceIndex;
using c10::DispatchKey;

std::size_t number(const char* variable, std::size_t otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

const int devices = int(number("PHLOXINE_STAND_IN_GPUS", 1));
thread_local DeviceIndex current = 0;
std::atomic<std::size_t> limit = number("PHLOXINE_STAND_IN_GPU_MB", 64 << 10) << 20;   // of each device
std::atomic<long> left = long(number("PHLOXINE_STAND_IN_GPU_LOST_AFTER", 1ull << 60)); // operators until the device is lost
std::atomic<long> uploads, downloads, waits, operators, graphs, cachesEmptied;

thread_local bool recording = false; // a graph

void crossBus(std::atomic<long>& count) { // a copy or a wait, which no graph can hold
    TORCH_CHECK(!recording, "CUDA error: operation not permitted when stream is capturing");
    ++count;
}

void useDevice() {
    ++operators;
    TORCH_CHECK(left.fetch_sub(1) > 0, "CUDA error: unspecified launch failure (the stand-in was told to be lost)");
}

// One file, mapped twice: without rights as the memory of the devices, and for the kernels.
class Memory final : public c10::DeviceAllocator {
public:
    Memory() {
        const int file = memfd_create("stand-in-gpu", MFD_CLOEXEC);
        TORCH_CHECK(file >= 0 && ftruncate(file, off_t(room)) == 0, "the stand-in GPU has no memory file");
        const auto map = [&](int rights) { return static_cast<char*>(mmap(nullptr, room, rights, MAP_SHARED | MAP_NORESERVE, file, 0)); };
        m_device = map(PROT_NONE), m_host = map(PROT_READ | PROT_WRITE);
        TORCH_CHECK(m_device != MAP_FAILED && m_host != MAP_FAILED, "the stand-in GPU has no address space");
    }
    void* host(const void* device) const { return device ? m_host + (static_cast<const char*>(device) - m_device) : nullptr; }

    c10::DataPtr allocate(std::size_t bytes) override {
        const c10::Device device(c10::kCUDA, current);
        if (bytes == 0) return {nullptr, nullptr, &release, device};
        const std::size_t size = (bytes + page - 1) / page * page;
        const std::lock_guard lock(m_mutex);
        if (m_used[current] + size > limit)
            throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "CUDA out of memory. Tried to allocate " +
                                                                            std::to_string(size >> 20) + " MiB. (the stand-in has " +
                                                                            std::to_string(limit >> 20) + " MiB)");
        char* at = nullptr;
        if (const auto same = m_free.find(size); same != m_free.end()) at = same->second, m_free.erase(same);
        else at = m_device + m_end, m_end += size;
        TORCH_CHECK(m_end <= room, "the address space of the stand-in GPU is used up");
        m_taken[at] = {size, current};
        m_used[current] += size, m_most = std::max(m_most, m_used[current]);
        std::memset(host(at), 0xff, size);
        c10::reportMemoryUsageToProfiler(at, std::int64_t(size), m_used[current], m_used[current], device);
        return {at, at, &release, device};
    }
    static void release(void* at);
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { std::memcpy(host(to), host(from), bytes); }

    bool initialized() override { return true; }
    void emptyCache(c10::MempoolId_t) override { ++cachesEmptied; }
    void recordStream(const c10::DataPtr&, c10::Stream) override {}
    c10::CachingDeviceAllocator::DeviceStats getDeviceStats(DeviceIndex device) override {
        c10::CachingDeviceAllocator::DeviceStats stats;
        stats.allocated_bytes[0].current = std::int64_t(m_used[device]), stats.allocated_bytes[0].peak = std::int64_t(m_most);
        return stats;
    }
    void resetAccumulatedStats(DeviceIndex) override {}
    void resetPeakStats(DeviceIndex device) override { m_most = m_used[device]; }
    std::pair<std::size_t, std::size_t> getMemoryInfo(DeviceIndex device) override {
        return {limit - std::min(limit.load(), m_used[device]), limit};
    }

private:
    static constexpr std::size_t room = 256ull << 30, page = 4096;
    char *m_device = nullptr, *m_host = nullptr;
    std::size_t m_end = 0, m_most = 0;
    std::map<DeviceIndex, std::size_t> m_used;
    std::map<void*, std::pair<std::size_t, DeviceIndex>> m_taken;
    std::multimap<std::size_t, char*> m_free;
    std::mutex m_mutex;
};

Memory& memory() {
    static auto* all = new Memory; // tensors may outlive everything
    return *all;
}

void Memory::release(void* at) {
    if (!at) return;
    auto& m = memory();
    const std::lock_guard lock(m.m_mutex);
    const auto [size, device] = m.m_taken.at(at);
    m.m_taken.erase(at);
    m.m_used[device] -= size;
    c10::reportMemoryUsageToProfiler(at, -std::int64_t(size), m.m_used[device], m.m_used[device], {c10::kCUDA, device});
    if (size >= 1 << 20) madvise(m.host(at), size, MADV_REMOVE);
    m.m_free.emplace(size, static_cast<char*>(at));
}

struct Guard final : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::CUDA> {
    static c10::Stream stream(c10::Device device) {
        return c10::Stream(c10::Stream::DEFAULT, {c10::kCUDA, std::max(DeviceIndex(0), device.index())});
    }
    c10::Device exchangeDevice(c10::Device device) const override {
        const auto before = getDevice();
        setDevice(device);
        return before;
    }
    c10::Device getDevice() const override { return {c10::kCUDA, current}; }
    void setDevice(c10::Device device) const override { current = std::max(DeviceIndex(0), device.index()); }
    void uncheckedSetDevice(c10::Device device) const noexcept override { setDevice(device); }
    c10::Stream getStream(c10::Device device) const noexcept override { return stream(device); }
    c10::Stream getDefaultStream(c10::Device device) const override { return stream(device); }
    c10::Stream getNewStream(c10::Device device, int) const override { return stream(device); }
    c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override { return stream(device); }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
    DeviceIndex deviceCount() const noexcept override { return DeviceIndex(devices); }
    void record(void**, const c10::Stream&, DeviceIndex, c10::EventFlag) const override {}
    void block(void*, const c10::Stream&) const override {}
    bool queryEvent(void*) const override { return true; }
    void synchronizeEvent(void*) const override {}
    void synchronizeDevice(DeviceIndex) const override { ++waits; }
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

} // namespace

namespace at {

struct StandInHooks final : CUDAHooksInterface {
    explicit StandInHooks(CUDAHooksArgs) {}
    void init() const override {}
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasCUDA() const override { return true; }
    bool hasCUDART() const override { return true; }
    int getNumGPUs() const override { return devices; }
    DeviceIndex deviceCount() const override { return DeviceIndex(devices); }
    DeviceIndex current_device() const override { return current; }
    DeviceIndex getCurrentDevice() const override { return current; }
    void setCurrentDevice(DeviceIndex device) const override { current = device; }
    DeviceIndex exchangeDevice(DeviceIndex device) const override { return std::exchange(current, device); }
    DeviceIndex maybeExchangeDevice(DeviceIndex device) const override { return std::exchange(current, device); }
    bool hasPrimaryContext(DeviceIndex) const override { return true; }
    Allocator* getPinnedMemoryAllocator() const override { return c10::GetAllocator(c10::DeviceType::CPU); }
    Allocator* getCUDADeviceAllocator() const override { return &memory(); }
    Device getDeviceFromPtr(void*) const override { return {c10::kCUDA, current}; }
    void deviceSynchronize(DeviceIndex) const override { ++waits; }
    std::string showConfig() const override { return "stand-in"; }
};

namespace {
C10_REGISTER_TYPED_CLASS(CUDAHooksRegistry, "CUDAHooks", StandInHooks)
}

} // namespace at

namespace {

const c10::DispatchKeySet onCuda(DispatchKey::CUDA), onCpu(DispatchKey::CPU);

// The tensors of one call as the kernel of the CPU sees them: over the same memory, where storages that were one stay one.
class HostSide {
public:
    at::Tensor of(const at::Tensor& t) {
        if (!t.defined() || !t.is_cuda()) return t;
        for (const auto& pair : m_pairs)
            if (pair.device.is_same(t)) return pair.host;
        m_device = t.device();
        at::Tensor host;
        if (t.storage().nbytes() == 0) host = at::detail::empty_strided_cpu(t.sizes(), t.strides(), t.scalar_type()); // may be resized
        else {
            auto& storage = m_storages[t.storage().unsafeGetStorageImpl()];
            if (!storage)
                storage = c10::Storage(c10::Storage::use_byte_size_t(), t.storage().nbytes(),
                                       at::DataPtr(memory().host(t.storage().data()), at::kCPU), nullptr, false);
            host = view(storage, onCpu, t);
        }
        m_pairs.push_back({t, host});
        return host;
    }
    // A result: one of the arguments, a view of one, or new.
    at::Tensor back(const at::Tensor& t) {
        if (!t.defined() || !t.is_cpu()) return t;
        for (const auto& pair : m_pairs)
            if (pair.host.is_same(t)) return settled(pair);
        for (const auto& pair : m_pairs) {
            const auto same = m_storages.find(pair.device.storage().unsafeGetStorageImpl());
            if (same != m_storages.end() && same->second.unsafeGetStorageImpl() == t.storage().unsafeGetStorageImpl())
                return view(pair.device.storage(), onCuda, t);
        }
        const c10::DeviceGuard guard(m_device);
        const at::Tensor made(at::detail::empty_strided_generic(t.sizes(), t.strides(), &memory(), onCuda, t.scalar_type()));
        HostSide().of(made).copy_(t);
        return made;
    }
    void settle() { // arguments that the kernel resized
        for (const auto& pair : m_pairs) settled(pair);
    }
    static void resize(const at::Tensor& t, at::IntArrayRef sizes, at::IntArrayRef strides) {
        const auto bytes = at::detail::computeStorageNbytes(sizes, strides, t.dtype().itemsize(), std::size_t(t.storage_offset()));
        auto* storage = t.storage().unsafeGetStorageImpl();
        if (bytes > storage->nbytes()) {
            auto larger = memory().allocate(bytes);
            if (storage->nbytes()) std::memcpy(memory().host(larger.get()), memory().host(storage->data()), storage->nbytes());
            storage->set_data_ptr_noswap(std::move(larger));
            storage->set_nbytes(bytes);
        }
        t.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
    }

private:
    struct Pair {
        at::Tensor device, host;
    };
    static at::Tensor view(const c10::Storage& storage, c10::DispatchKeySet keys, const at::Tensor& like) {
        auto t = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(storage), keys, like.dtype());
        t.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
        return t;
    }
    static at::Tensor settled(const Pair& pair) {
        const bool filled = pair.device.storage().nbytes() == 0 && pair.host.storage().nbytes() > 0;
        if (filled || pair.device.sizes() != pair.host.sizes() || pair.device.strides() != pair.host.strides()) {
            const c10::DeviceGuard guard(pair.device.device());
            resize(pair.device, pair.host.sizes(), pair.host.strides());
        }
        if (filled) HostSide().of(pair.device).copy_(pair.host);
        return pair.device;
    }
    std::vector<Pair> m_pairs;
    std::map<c10::StorageImpl*, c10::Storage> m_storages;
    c10::Device m_device{c10::kCUDA, current};
};

template <typename Map>
c10::IValue mapped(const c10::IValue& value, const Map& map) {
    if (value.isTensor()) return map(value.toTensor());
    if (value.isTensorList()) {
        c10::List<at::Tensor> list;
        for (const auto& t : value.toTensorVector()) list.push_back(map(t));
        return list;
    }
    if (value.isOptionalTensorList()) {
        c10::List<std::optional<at::Tensor>> list;
        for (const std::optional<at::Tensor> t : value.toOptionalTensorList()) list.push_back(t ? std::optional(map(*t)) : std::nullopt);
        return list;
    }
    return value;
}

// The limits of CUDA's kernels that those of the CPU do not have.
void requireCudaWouldTake(const c10::FunctionSchema& schema, c10::ArrayRef<c10::IValue> arguments) {
    const auto& name = schema.name();
    const bool takesIndices = name.starts_with("aten::index") || name.starts_with("aten::_index_put") || name == "aten::_unsafe_index";
    const bool norm = name == "aten::native_group_norm" || name == "aten::native_layer_norm";
    std::optional<c10::Device> device;
    std::optional<at::ScalarType> type;
    const auto require = [&](const at::Tensor& t, const std::string& title) {
        if (!t.defined()) return t;
        if (t.is_cpu() && t.dim() > 0 && !(takesIndices && title == "indices")) device = device.value_or(at::Device(at::kCPU));
        if (t.is_cuda()) {
            if (device && *device != t.device()) device = at::Device(at::kCPU);
            else device = t.device();
        }
        TORCH_CHECK(!device || device->is_cuda(), "Expected all tensors to be on the same device, but got ", title,
                    ", different from other tensors on ", t.device(), " (when checking argument in method ", name, ")");
        if (norm && type.value_or(t.scalar_type()) != t.scalar_type())
            TORCH_CHECK(false, "expected scalar type ", *type, " but found ", t.scalar_type(), " in ", name);
        type = t.scalar_type();
        return t;
    };
    for (std::size_t i = 0; i < arguments.size(); ++i)
        (void)mapped(arguments[i], [&](const at::Tensor& t) { return require(t, schema.arguments()[i].name()); });
}

void runOnHost(const c10::OperatorHandle& op, c10::DispatchKeySet, torch::jit::Stack* stack) {
    useDevice();
    const auto& schema = op.schema();
    const auto count = schema.arguments().size();
    requireCudaWouldTake(schema, torch::jit::last(*stack, count));
    for (const auto* waiting : {"aten::_local_scalar_dense", "aten::equal", "aten::nonzero", "aten::is_nonzero", "aten::bincount"})
        if (schema.name() == waiting) crossBus(waits);
    HostSide side;
    for (auto i = stack->size() - count; i < stack->size(); ++i) {
        auto& argument = (*stack)[i];
        if (argument.isDevice()) argument = c10::Device(at::kCPU);
        else argument = mapped(argument, [&](const at::Tensor& t) { return side.of(t); });
    }
    const c10::InferenceMode plain(false); // whose tensors may not be made as these are
    const at::AutoDispatchBelowADInplaceOrView below;
    op.hasKernelForDispatchKey(DispatchKey::CPU) ? op.redispatchBoxed(onCpu, stack) : op.callBoxed(stack);
    for (auto i = stack->size() - schema.returns().size(); i < stack->size(); ++i)
        (*stack)[i] = mapped((*stack)[i], [&](const at::Tensor& t) { return side.back(t); });
    side.settle();
}

at::Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>, std::optional<at::Device> device,
                 std::optional<bool>, std::optional<at::MemoryFormat> format) {
    const c10::DeviceGuard guard(device.value_or(at::Device(at::kCUDA, current)));
    return at::Tensor(at::detail::empty_generic_symint(size, &memory(), onCuda, at::dtype_or_default(type), format));
}
at::Tensor emptyStrided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                        std::optional<at::Device> device, std::optional<bool>) {
    const c10::DeviceGuard guard(device.value_or(at::Device(at::kCUDA, current)));
    return at::Tensor(at::detail::empty_strided_symint_generic(size, stride, &memory(), onCuda, at::dtype_or_default(type)));
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& from, bool) {
    useDevice();
    if (self.is_cuda() && !from.is_cuda()) crossBus(uploads);
    if (!self.is_cuda()) crossBus(downloads);
    HostSide side;
    const at::AutoDispatchBelowADInplaceOrView below;
    side.of(self).copy_(side.of(from));
    return self;
}

const at::Tensor& resize(const at::Tensor& self, c10::SymIntArrayRef size, std::optional<at::MemoryFormat> format) {
    const auto sizes = C10_AS_INTARRAYREF_SLOW(size);
    const auto like = at::detail::empty_meta(sizes, self.scalar_type(), std::nullopt, std::nullopt, std::nullopt, format);
    HostSide::resize(self, sizes, like.strides());
    return self;
}

std::int64_t plainAttention(const at::Tensor&, const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, double, bool,
                            std::optional<double>, bool) {
    return 0; // at::SDPBackend::math: the operators that attention is made of
}

// Of native_functions.yaml of PyTorch 2.11: on a CPU alone, or composite on CUDA.
bool lackedByCuda(const std::string& name) {
    for (const auto* begin :
         {"_add_relu", "mkldnn", "_mkldnn", "to_mkldnn", "from_file", "narrow_copy", "histogram", "_histogramdd", "slow_conv3d", "pixel_",
          "native_channel_shuffle", "_stack", "_spdiags", "_dyn_quant", "_test_", "_foobar", "_functional_assert"})
        if (name.starts_with(begin)) return true;
    return name.find("for_cpu") != std::string::npos;
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
    library.impl("empty.memory_format", empty);
    library.impl("empty_strided", emptyStrided);
    library.impl("copy_", copy);
    library.impl("resize_", resize);
    library.impl("_fused_sdp_choice", plainAttention);
    for (const auto* composite : {"convolution", "convolution_backward"}) // of back ends that are not here
        library.impl(composite, torch::CppFunction::makeFromBoxedFunction<&runOnHost>());
    static const std::set<std::string> own{"empty.memory_format", "empty_strided", "copy_", "resize_", "_fused_sdp_choice"};
    for (const auto& full : c10::Dispatcher::singleton().getAllOpNames()) {
        if (!full.name.starts_with("aten::")) continue;
        const auto name = full.name.substr(6) + (full.overload_name.empty() ? "" : "." + full.overload_name);
        const auto op = c10::Dispatcher::singleton().findOp(full);
        if (!op || !op->hasSchema() || own.contains(name) || lackedByCuda(name)) continue;
        if (op->hasKernelForDispatchKey(DispatchKey::CPU) && !op->hasKernelForDispatchKey(DispatchKey::CUDA))
            library.impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&runOnHost>());
    }
}

const bool allocatorIsSet = [] {
    c10::SetAllocator(c10::DeviceType::CUDA, &memory(), 9);
    return true;
}();

} // namespace

extern "C" {

int phloxineCudaDeviceCount() { return devices; }
const char* phloxineCudaFault() { return devices ? nullptr : "no device"; }
bool phloxineCudaComputesBf16(int) { return true; }
const char* phloxineCudaDeviceName(int device) { return device < devices ? "Stand-in GPU" : nullptr; }

const phloxine::CudaKernels* phloxineCudaKernels() {
    return &phloxine::stand_in::kernels([](const void* device) { return memory().host(device); }, useDevice);
}

// A graph is played by doing the work again; that it may be recorded is seen in the first run.
struct StandInGraph {
    void (*work)(void*) = nullptr;
    void* context = nullptr;
};
void phloxineCudaGraphPlay(void* graph) {
    const auto& g = *static_cast<StandInGraph*>(graph);
    ++graphs;
    g.work(g.context);
}
void* phloxineCudaGraphRecord(int, void (*work)(void*), void* context) {
    recording = true;
    try {
        work(context);
    } catch (...) {
        recording = false;
        throw;
    }
    recording = false;
    return new StandInGraph{work, context};
}
void phloxineCudaGraphRelease(void* graph) { delete static_cast<StandInGraph*>(graph); }

void standInGpuLimit(std::size_t bytes) { limit = bytes; }
void standInGpuLoseAfter(long count) { left = count; }
StandInCounts standInGpuCounts() { return {uploads, downloads, waits, operators, graphs, cachesEmptied}; }
}
