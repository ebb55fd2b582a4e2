#pragma once
// CUDA kernels as plain C++: included before a kernel's own source, it gives the few names of CUDA that kernels use, so that the source is
// compiled by the C++ compiler and run on the CPU. The threads of a block are fibres that change places at barriers and shuffles alone, in
// an order that can be turned round or shuffled, and each warp runs ahead of the next as far as it can: a kernel whose result then changes
// has a race. Blocks run one after the other, in an order that changes likewise. What ends in an exception:
// - a barrier that not all threads of the block reach, or that they reach at different lines;
// - a shuffle that not all lanes of its mask reach, or from a lane outside of it;
// - a shared array used beyond its end; what no thread wrote there is not a number;
// - a DeviceArray written before its beginning or close behind its end; reading there gives what is not a number, and the page behind it
//   belongs to nobody: touching that ends the process.
// Not shown: speed, limits of a real device (registers, shared memory), warps that drift apart between two shuffles, memory order.
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __syncthreads() ::phloxine::emulation::Machine::one().barrier(__LINE__)
#define PHLOXINE_SHARED(type, name, count)                                                                                                 \
    static const char name##Key = 0;                                                                                                       \
    const auto name = ::phloxine::emulation::Machine::one().shared<type>(&name##Key, count)

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
    constexpr std::uint64_t size() const { return std::uint64_t(x) * y * z; }
    constexpr dim3 at(std::uint64_t i) const { return {unsigned(i % x), unsigned(i / x % y), unsigned(i / x / y)}; }
};
struct [[gnu::may_alias]] alignas(16) uint4 {
    unsigned x, y, z, w;
};
inline void __stwb(uint4* to, uint4 value) { *to = value; }
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

inline float __uint_as_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::uint32_t __float_as_uint(float x) { return std::bit_cast<std::uint32_t>(x); }

namespace phloxine::emulation {

// _longjmp() itself: under _FORTIFY_SOURCE the header's takes a jump to another stack for a fault.
extern "C" [[noreturn]] void uncheckedJump(jmp_buf, int) __asm__("_longjmp");

enum class Order { Forward, Reverse, Shuffled };

inline std::string text(const dim3& d) { return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")"; }

template <typename T>
class SharedArray {
public:
    SharedArray(T* data, std::size_t count) : m_data(data), m_count(count) {}
    T& operator[](std::size_t i) const;

private:
    T* m_data;
    std::size_t m_count;
};

class Machine {
public:
    Order order = Order::Forward;
    std::uint64_t launches = 0; // so far

    static Machine& one() {
        static Machine machine;
        return machine;
    }

    void run(dim3 grid, dim3 block, const std::function<void()>& kernel) {
        ++launches;
        if (block.size() == 0 || block.size() > 1024 || block.z > 64) throw std::runtime_error("a block of " + text(block) + " threads");
        if (grid.size() == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
            throw std::runtime_error("a grid of " + text(grid));
        m_kernel = &kernel, blockDim = block, gridDim = grid;
        for (const auto i : places(grid.size())) blockIdx = grid.at(i), runBlock();
        for (const auto* guard : guards) (*guard)();
    }

    // Called by kernels.
    void barrier(int line) { wait(Waits::Barrier, line); }
    template <typename T>
    T shuffle(unsigned mask, T value, unsigned from) {
        static_assert(sizeof(T) <= 8);
        auto& thread = m_threads[m_current];
        std::memcpy(&thread.given, &value, sizeof(T));
        thread.from = from;
        if (!(mask >> (m_current % 32) & 1)) fault("a shuffle by a lane outside of its mask");
        if (!(mask >> from & 1)) fault("a shuffle from a lane outside of its mask");
        wait(Waits::Shuffle, int(mask));
        std::memcpy(&value, &thread.taken, sizeof(T));
        return value;
    }
    template <typename T>
    SharedArray<T> shared(const void* key, std::size_t count) { // of the running block
        auto& array = m_shared[key];
        if (array.empty()) array.assign((count * sizeof(T) + 7) / 8, ~std::uint64_t(0));
        return {reinterpret_cast<T*>(array.data()), count};
    }
    [[noreturn]] void fault(const std::string& words) {
        m_fault = words;
        uncheckedJump(m_scheduler, 1); // and never back
    }

    std::set<const std::function<void()>*> guards; // of the memory, called after each launch

private:
    enum class Waits { Nothing, Barrier, Shuffle, Ended };
    struct Thread {
        ucontext_t context{}; // of its beginning
        jmp_buf place{};      // where it waits
        bool started = false;
        std::unique_ptr<char[]> stack;
        Waits waits = Waits::Nothing;
        int detail = 0; // line of the barrier, or mask of the shuffle
        unsigned from = 0;
        std::uint64_t given = 0, taken = 0;
    };
    static constexpr std::size_t stackSize = 64 * 1024;

    // 0 .. n - 1 in the order that is asked for.
    std::vector<std::size_t> places(std::size_t n) const {
        std::vector<std::size_t> all(n);
        for (std::size_t i = 0; i < n; ++i) all[i] = order == Order::Reverse ? n - 1 - i : i;
        std::uint64_t state = 0x9e3779b97f4a7c15ull;
        if (order == Order::Shuffled)
            for (std::size_t i = n; i > 1; --i) {
                state = state * 6364136223846793005ull + 1442695040888963407ull;
                std::swap(all[i - 1], all[(state >> 33) % i]);
            }
        return all;
    }

    static void enter() {
        auto& machine = one();
        (*machine.m_kernel)();
        machine.wait(Waits::Ended, 0);
    }
    void wait(Waits what, int detail) {
        auto& thread = m_threads[m_current];
        thread.waits = what, thread.detail = detail;
        if (_setjmp(thread.place) == 0) uncheckedJump(m_scheduler, 1);
    }
    // Lets the thread run until it waits. The first time it enters its stack; later jumps keep to the stacks that there are, and need no
    // call of the system, as a change of contexts does.
    void resume(Thread& thread) {
        if (_setjmp(m_scheduler) != 0) return;
        if (thread.started) uncheckedJump(thread.place, 1);
        thread.started = true;
        setcontext(&thread.context);
    }

    void runBlock() {
        const std::size_t n = blockDim.size();
        if (m_threads.size() < n) m_threads.resize(n);
        m_shared.clear();
        for (std::size_t i = 0; i < n; ++i) {
            auto& thread = m_threads[i];
            if (!thread.stack) thread.stack = std::make_unique<char[]>(stackSize);
            getcontext(&thread.context);
            thread.context.uc_stack.ss_sp = thread.stack.get(), thread.context.uc_stack.ss_size = stackSize;
            thread.context.uc_link = nullptr;
            makecontext(&thread.context, enter, 0);
            thread.waits = Waits::Nothing, thread.started = false;
        }
        m_fault.clear();
        const auto warps = places((n + 31) / 32), lanes = places(32);
        do // each warp goes as far as it can, so that it meets the others at barriers alone
            for (const auto warp : warps) {
                const auto first = warp * 32, end = std::min(n, first + 32);
                do
                    for (const auto lane : lanes)
                        if (first + lane < end) runThread(first + lane);
                while (releaseWarp(first, end));
            }
        while (releaseBlock(n));
    }
    void runThread(std::size_t i) {
        if (m_threads[i].waits != Waits::Nothing) return;
        m_current = i, threadIdx = blockDim.at(i);
        resume(m_threads[i]);
        if (!m_fault.empty()) throw std::runtime_error(m_fault + ", by thread " + text(threadIdx) + " of block " + text(blockIdx));
    }

    // When all threads have come to a barrier they go on; false when all have ended.
    bool releaseBlock(std::size_t n) {
        std::size_t ended = 0, barrier = 0, sameLine = 0;
        int line = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const auto& thread = m_threads[i];
            ended += thread.waits == Waits::Ended;
            if (thread.waits != Waits::Barrier) continue;
            if (barrier++ == 0) line = thread.detail;
            sameLine += thread.detail == line;
        }
        if (ended == n) return false;
        if (sameLine != n)
            throw std::runtime_error("block " + text(blockIdx) + ": of " + std::to_string(n) + " threads " + std::to_string(sameLine) +
                                     " wait at the barrier of line " + std::to_string(line) + ", " + std::to_string(barrier - sameLine) +
                                     " at others, " + std::to_string(n - ended - barrier) + " at shuffles, and " + std::to_string(ended) +
                                     " have ended");
        for (std::size_t i = 0; i < n; ++i) m_threads[i].waits = Waits::Nothing;
        return true;
    }

    // The lanes of a mask go on when all of them have come.
    bool releaseWarp(std::size_t first, std::size_t end) {
        bool released = false;
        for (std::size_t i = first; i < end; ++i) {
            if (m_threads[i].waits != Waits::Shuffle) continue;
            const auto mask = unsigned(m_threads[i].detail);
            bool all = true;
            for (unsigned lane = 0; lane < 32; ++lane)
                if (mask >> lane & 1) {
                    const auto at = first + lane;
                    all = all && at < end && m_threads[at].waits == Waits::Shuffle && unsigned(m_threads[at].detail) == mask;
                }
            if (!all) continue;
            for (unsigned lane = 0; lane < 32; ++lane)
                if (mask >> lane & 1) {
                    auto& thread = m_threads[first + lane];
                    thread.taken = m_threads[first + thread.from].given, thread.waits = Waits::Nothing;
                }
            released = true;
        }
        return released;
    }

    std::vector<Thread> m_threads;
    std::map<const void*, std::vector<std::uint64_t>> m_shared;
    jmp_buf m_scheduler{};
    const std::function<void()>* m_kernel = nullptr;
    std::size_t m_current = 0;
    std::string m_fault;
};

template <typename T>
T& SharedArray<T>::operator[](std::size_t i) const {
    if (i >= m_count)
        Machine::one().fault("element " + std::to_string(i) + " of a shared array of " + std::to_string(m_count) + " was used");
    return m_data[i];
}

// Memory of the device: between guards, and with a page behind it that nobody may touch. It begins at a multiple of 16 bytes, or `shift`
// values behind one, and is filled with what is not a number.
template <typename T>
class DeviceArray {
public:
    explicit DeviceArray(std::size_t count, std::size_t shift = 0) : m_count(count) {
        const std::size_t page = 4096, bytes = (count + shift) * sizeof(T), behind = (16 - bytes % 16) % 16;
        m_size = (bytes + behind + 64 + page - 1) / page * page + page;
        m_pages = static_cast<char*>(mmap(nullptr, m_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (m_pages == MAP_FAILED) throw std::bad_alloc();
        mprotect(m_pages + m_size - page, page, PROT_NONE);
        m_end = m_pages + m_size - page;
        m_data = reinterpret_cast<T*>(m_end - behind - count * sizeof(T));
        std::memset(m_pages, 0xff, m_size - page);
        m_guard = [this] { check(); };
        Machine::one().guards.insert(&m_guard);
    }
    explicit DeviceArray(const std::vector<T>& values, std::size_t shift = 0) : DeviceArray(values.size(), shift) {
        if (!values.empty()) std::memcpy(m_data, values.data(), values.size() * sizeof(T));
    }
    ~DeviceArray() {
        Machine::one().guards.erase(&m_guard);
        munmap(m_pages, m_size);
    }
    DeviceArray(const DeviceArray&) = delete;

    T* data() const { return m_data; }
    std::size_t size() const { return m_count; }
    std::vector<T> values() const { return {m_data, m_data + m_count}; }

private:
    void check() const {
        const auto damaged = [](const char* from, const char* to) {
            for (; from != to; ++from)
                if (*from != char(0xff)) return true;
            return false;
        };
        if (damaged(m_pages, reinterpret_cast<const char*>(m_data)))
            throw std::runtime_error("memory before an array of " + std::to_string(m_count) + " was written");
        if (damaged(reinterpret_cast<const char*>(m_data + m_count), m_end))
            throw std::runtime_error("memory behind an array of " + std::to_string(m_count) + " was written");
    }

    std::size_t m_count, m_size = 0;
    char *m_pages = nullptr, *m_end = nullptr;
    T* m_data = nullptr;
    std::function<void()> m_guard;
};

} // namespace phloxine::emulation

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int with) {
    const auto lane = (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
    return phloxine::emulation::Machine::one().shuffle(mask, value, lane ^ unsigned(with));
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance) { // beyond the warp: one's own value
    const auto lane = (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
    return phloxine::emulation::Machine::one().shuffle(mask, value, lane + distance < 32 ? lane + distance : lane);
}

namespace phloxine::kernels {

// What launch() of core/cuda/kernels/portable.cuh does on a device.
template <typename... Parameters, typename... Arguments>
int launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, void*, Arguments... arguments) {
    emulation::Machine::one().run(grid, block, [&] { kernel(arguments...); });
    return 0;
}
inline const char* errorText(int error) { return error == 0 ? "no error" : "invalid argument"; }

} // namespace phloxine::kernels
