// The emulation finds the faults that it is there for.
#include <QtTest>

#include <numeric>

#include "tests/support/cuda_emulation.h"
// after it
#include "core/cuda/kernels/portable.cuh"
#include "tests/support/test_main.h"

using namespace phloxine;
using emulation::DeviceArray;
using emulation::Machine;
using emulation::Order;

namespace {

QByteArray faultOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const std::runtime_error& error) { return error.what(); }
    return {};
}

// The sum of each block's values, by way of a tree; `barriers`: whether the threads wait for each other.
__global__ void sumKernel(const float* x, float* sums, bool barriers) {
    PHLOXINE_SHARED(float, part, 256);
    part[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
    if (barriers) __syncthreads();
    for (unsigned half = 128; half > 0; half /= 2) {
        if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
        if (barriers) __syncthreads();
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = part[0];
}

__global__ void unequalBarriers() {
    if (threadIdx.x < 40) __syncthreads();
    else __syncthreads(); // clang-format keeps it on a line of its own
}
__global__ void missedBarrier() {
    if (threadIdx.x == 63) return;
    __syncthreads();
}
__global__ void missedShuffle(int* to) {
    if (threadIdx.x != 5) to[threadIdx.x] = __shfl_xor_sync(kernels::wholeWarp, int(threadIdx.x), 1);
}
__global__ void sharedBeyondItsEnd() {
    PHLOXINE_SHARED(float, part, 32);
    part[threadIdx.x] = 1;
}
__global__ void sharedUnwritten(float* to) {
    PHLOXINE_SHARED(float, part, 64);
    if (threadIdx.x != 7) part[threadIdx.x] = 1;
    __syncthreads();
    to[threadIdx.x] = part[threadIdx.x];
}
__global__ void writes(float* to, int at) { to[at] = 1; }
__global__ void whereAmI(unsigned* to) {
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    to[block * blockDim.x * blockDim.y + threadIdx.y * blockDim.x + threadIdx.x] = block * 1000 + threadIdx.y * 10 + threadIdx.x;
}
__global__ void shuffles(double* down, int* exchanged) {
    down[threadIdx.x] = __shfl_down_sync(kernels::wholeWarp, double(threadIdx.x) + 0.25, 3);
    exchanged[threadIdx.x] = __shfl_xor_sync(kernels::wholeWarp, int(threadIdx.x), 6);
}

} // namespace

class TestEmulation : public QObject {
    Q_OBJECT

private slots:
    void cleanup() { Machine::one().order = Order::Forward; }

    void blocksAndThreadsHaveTheirPlaces() {
        const DeviceArray<unsigned> to(2 * 3 * 2 * 5 * 4);
        kernels::launch(whereAmI, dim3(2, 3, 2), dim3(5, 4), nullptr, to.data());
        for (unsigned i = 0; i < to.size(); ++i) QCOMPARE(to.data()[i], i / 20 * 1000 + i % 20 / 5 * 10 + i % 5);
    }

    void lanesExchangeValues() {
        const DeviceArray<double> down(64);
        const DeviceArray<int> exchanged(64);
        kernels::launch(shuffles, dim3(1), dim3(64), nullptr, down.data(), exchanged.data());
        for (int i = 0; i < 64; ++i) {
            QCOMPARE(down.data()[i], (i % 32 + 3 < 32 ? i + 3 : i) + 0.25);
            QCOMPARE(exchanged.data()[i], i ^ 6);
        }
    }

    void sumsAreThoseOfAnyOrder() {
        std::vector<float> values(3 * 256);
        std::iota(values.begin(), values.end(), 0.0f);
        const DeviceArray<float> x(values), sums(3);
        for (const auto order : {Order::Forward, Order::Reverse, Order::Shuffled}) {
            Machine::one().order = order;
            kernels::launch(sumKernel, dim3(3), dim3(256), nullptr, x.data(), sums.data(), true);
            for (int i = 0; i < 3; ++i) QCOMPARE(sums.data()[i], float(256 * 256 * i + 256 * 255 / 2));
        }
    }

    void aMissingBarrierShowsInSomeOrder() {
        const DeviceArray<float> x(std::vector<float>(256, 1)), sum(1);
        int right = 0;
        for (const auto order : {Order::Forward, Order::Reverse, Order::Shuffled}) {
            Machine::one().order = order;
            kernels::launch(sumKernel, dim3(1), dim3(256), nullptr, x.data(), sum.data(), false);
            right += sum.data()[0] == 256;
        }
        QVERIFY(right < 3);
    }

    void barriersMustBeReachedByAll() {
        QVERIFY(faultOf([] { kernels::launch(unequalBarriers, dim3(1), dim3(64), nullptr); }).contains("24 at others"));
        QVERIFY(faultOf([] { kernels::launch(missedBarrier, dim3(1), dim3(64), nullptr); }).contains("1 have ended"));
    }

    void shufflesMustBeReachedByAll() {
        const DeviceArray<int> to(32);
        QVERIFY(faultOf([&] { kernels::launch(missedShuffle, dim3(1), dim3(32), nullptr, to.data()); }).contains("31 at shuffles"));
    }

    void sharedMemoryIsWatched() {
        QVERIFY(faultOf([] {
                    kernels::launch(sharedBeyondItsEnd, dim3(1), dim3(64), nullptr);
                }).contains("element 32 of a shared array of 32"));
        const DeviceArray<float> to(64);
        kernels::launch(sharedUnwritten, dim3(1), dim3(64), nullptr, to.data());
        for (int i = 0; i < 64; ++i) QCOMPARE(std::isnan(to.data()[i]), i == 7);
    }

    void memoryIsGuarded_data() {
        QTest::addColumn<int>("at");
        QTest::addColumn<QByteArray>("fault");
        QTest::newRow("inside") << 4 << QByteArray();
        QTest::newRow("before") << -1 << QByteArray("before");
        QTest::newRow("behind") << 5 << QByteArray("behind");
    }

    void memoryIsGuarded() {
        QFETCH(int, at);
        QFETCH(QByteArray, fault);
        const DeviceArray<float> to(5);
        QCOMPARE(reinterpret_cast<std::uintptr_t>(to.data()) % 16, std::uintptr_t(0));
        QCOMPARE(reinterpret_cast<std::uintptr_t>(DeviceArray<float>(5, 1).data()) % 16, std::uintptr_t(4));
        const auto said = faultOf([&] { kernels::launch(writes, dim3(1), dim3(1), nullptr, to.data(), at); });
        QVERIFY2(fault.isEmpty() ? said.isEmpty() : said.contains(fault), said.constData());
    }

    void impossibleLaunchesAreRefused() {
        const DeviceArray<float> to(1);
        QVERIFY(!faultOf([&] { kernels::launch(writes, dim3(1), dim3(1025), nullptr, to.data(), 0); }).isEmpty());
        QVERIFY(!faultOf([&] { kernels::launch(writes, dim3(1, 65536), dim3(1), nullptr, to.data(), 0); }).isEmpty());
        QVERIFY(!faultOf([&] { kernels::launch(writes, dim3(0), dim3(1), nullptr, to.data(), 0); }).isEmpty());
    }
};

PHLOXINE_TEST(cuda_emulation, TestEmulation, NoApplication)
#include "test_emulation.moc"
