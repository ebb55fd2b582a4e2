// The window's jobs on a device: where they run, what the status row says, and that the queue outlives full memory and a lost device.
#include <QTemporaryDir>
#include <QtTest>

#include "core/job/JobQueue.h"
#include "core/slide/SlideSource.h"
#include "tests/support/job_recorder.h"
#include "tests/support/stand_in_gpu.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestDeviceQueue : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    std::shared_ptr<ModelStore> m_store = std::make_shared<ModelStore>();
    JobRecorder m_events;
    std::unique_ptr<JobQueue> m_queue;

    GenerateJob job(int count = 1) const {
        auto request = quickRequest(count);
        request.device = "auto", request.precision = "fp32";
        return {request, m_dir.path().toStdString(), true};
    }
    std::string deviceOf(const GenerateJob& job) { // that the first tile of the job was made on; empty: there is none
        const auto before = m_events.tiles().size();
        if (!m_events.waitForEnd(m_queue->submit(job)) || m_events.tiles().size() == before) return {};
        return m_events.tiles()[before].request.device;
    }

private slots:
    void initTestCase() { m_queue = std::make_unique<JobQueue>(m_store, m_events, JobQueue::Options{0, "auto"}); }
    void cleanup() { stand_in::giveBack(); }
    void cleanupTestCase() { m_queue.reset(); }

    void aJobRunsOnTheDevice() {
        QCOMPARE(deviceOf(job()), std::string("cuda"));
        const auto status = deviceStatus();
        QCOMPARE(status.kind, std::string("cuda"));
        QCOMPARE(status.name, std::string("Stand-in GPU"));
        QCOMPARE(status.gpus.size(), std::size_t(1));
        QCOMPARE(status.gpus[0].device, std::string("cuda"));
        QVERIFY(status.memoryTotal == std::uint64_t(64) << 30 && status.memoryFree <= status.memoryTotal);
        QVERIFY(status.hostMemoryTotal > 0 && status.noGpu.empty());
    }

    void anEmptyQueueGivesMemoryBack() {
        const auto before = stand_in::counts().cachesEmptied;
        QVERIFY(m_events.waitForEnd(m_queue->submit(job())));
        QTRY_VERIFY(stand_in::counts().cachesEmptied > before);
    }

    void aRegionGoesRoundOnTheDevice() {
        RoundTripJob round;
        round.wish.slide = resourcesFolder() / "slides/CMU-1-Small-Region.svs";
        round.wish.slideScale = openSlide(round.wish.slide)->info().scale;
        round.wish.box = {900, 1200, 1200, 1500};
        const auto before = stand_in::counts().operators;
        const auto id = m_queue->submit(round);
        QVERIFY(m_events.waitForEnd(id));
        QCOMPARE(m_events.of(id).back(), std::string("finished"));
        QVERIFY(stand_in::counts().operators > before + 10);
    }

    void theSettingHoldsFromTheNextJobOn() {
        m_queue->setDevice("cpu");
        QCOMPARE(deviceOf(job()), std::string("cpu"));
        m_queue->setDevice("cuda:3"); // a card that was taken out
        const auto id = m_queue->submit(job());
        QVERIFY(m_events.waitForEnd(id));
        QCOMPARE(m_events.of(id).back(), std::string("failed"));
        QVERIFY(m_events.failure().message.find("There is no cuda:3") != std::string::npos);
        m_queue->setDevice("auto");
        QCOMPARE(deviceOf(job()), std::string("cuda"));
    }

    void fullMemoryIsSaidAndTheNextJobRuns() {
        m_store->unloadAll();
        stand_in::limitMemory(4 << 20);
        const auto id = m_queue->submit(job());
        QVERIFY(m_events.waitForEnd(id));
        QCOMPARE(m_events.of(id).back(), std::string("failed"));
        QVERIFY(m_events.failure().code == ErrorCode::OutOfMemory);
        stand_in::giveBack();
        QCOMPARE(deviceOf(job()), std::string("cuda"));
    }

    // A driver that failed once refuses this process everything; the CPU goes on.
    void aLostDeviceIsSaidAndTheCpuGoesOn() {
        stand_in::loseAfter(500);
        const auto id = m_queue->submit(job(4));
        QVERIFY(m_events.waitForEnd(id));
        QCOMPARE(m_events.of(id).back(), std::string("failed"));
        QVERIFY(m_events.failure().code == ErrorCode::DeviceLost);
        QVERIFY(m_events.failure().message.find("choose the CPU") != std::string::npos);
        m_queue->setDevice("cpu");
        QCOMPARE(deviceOf(job()), std::string("cpu"));
        m_queue->setDevice("auto");
    }
};

PHLOXINE_TEST(device_queue, TestDeviceQueue, NoApplication)
#include "test_device_queue.moc"
