// The queue without a worker: order, pause, attempts, and that it is kept in the project and offered again.
#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>

#include <nlohmann/json.hpp>

#include "tests/project/made_tiles.h"
#include "tests/support/test_main.h"
#include "tests/ui/generate/page_fixture.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/generate/QueuePanel.h"
#include "ui/generate/QueueStore.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

GenerateRequest wish(std::uint64_t seed, int count) {
    auto request = madeRequest(seed);
    request.count = count;
    return request;
}

// A list whose jobs go to a worker that only notes them.
struct Queue {
    JobBridge bridge;
    JobList list{bridge};
    std::vector<GenerateRequest> given;
    Queue() {
        list.setSubmit([this](const GenerateRequest& request) {
            given.push_back(request);
            return quint64(given.size());
        });
    }
    quint64 current() const { return given.size(); }
    void start() { Q_EMIT bridge.started(current()); }
    void makeTiles(int count) {
        for (int i = 0; i < count; ++i) Q_EMIT bridge.tile(current(), i, tileOf(forTile(given.back(), i)));
    }
    std::vector<std::uint64_t> waitingSeeds() const {
        std::vector<std::uint64_t> seeds;
        for (const auto& row : list.rows())
            if (row.state == JobState::Waiting && !row.submitted) seeds.push_back(row.request.seed);
        return seeds;
    }
    const JobRow& withSeed(std::uint64_t seed) const {
        for (const auto& row : list.rows())
            if (row.request.seed == seed) return row;
        qFatal("no such job");
    }
};

} // namespace

class QueueTest : public QObject {
    Q_OBJECT
    using Seeds = std::vector<std::uint64_t>;

private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void oneAtATimeInOrder() {
        Queue q;
        for (int i = 1; i <= 3; ++i) q.list.enqueue(wish(std::uint64_t(100 * i), 2));
        QCOMPARE(q.given.size(), std::size_t(1));
        QCOMPARE(q.waitingSeeds(), (Seeds{200, 300}));
        q.list.move(q.withSeed(300).id, 0);
        QCOMPARE(q.waitingSeeds(), (Seeds{300, 200}));
        q.list.move(q.withSeed(100).id, 1); // it is with the worker
        QCOMPARE(q.waitingSeeds(), (Seeds{300, 200}));
        q.start(), q.makeTiles(2);
        Q_EMIT q.bridge.finished(q.current());
        QCOMPARE(q.given.back().seed, std::uint64_t(300));
        q.list.remove(q.withSeed(200).id);
        QVERIFY(q.waitingSeeds().empty());
        q.start(), q.makeTiles(2);
        Q_EMIT q.bridge.finished(q.current());
        QVERIFY(!q.list.busy());
        QCOMPARE(q.given.size(), std::size_t(2));
    }

    void pausedJobsGoOnWithWhatIsMissing() {
        Queue q;
        q.list.enqueue(wish(100, 5));
        q.list.enqueue(wish(200, 2));
        q.start(), q.makeTiles(2);
        q.list.pauseAll();
        Q_EMIT q.bridge.finished(q.current()); // after the tile under way
        QCOMPARE(int(q.withSeed(100).state), int(JobState::Paused));
        QVERIFY(!q.list.busy());
        QCOMPARE(q.given.size(), std::size_t(1)); // the other does not start
        q.list.resumeAll();
        QCOMPARE(q.given.size(), std::size_t(2));
        QCOMPARE(q.given.back().seed, std::uint64_t(102));
        QCOMPARE(q.given.back().count, 3);
        q.start();
        Q_EMIT q.bridge.progress(q.current(), {}, 0.5);
        QVERIFY(std::abs(q.withSeed(100).fraction - 0.7) < 1e-9); // 2 of 5, and half of the rest
        q.makeTiles(3);
        Q_EMIT q.bridge.finished(q.current());
        QCOMPARE(int(q.withSeed(100).state), int(JobState::Done));
        QCOMPARE(q.given.back().seed, std::uint64_t(200));
    }

    void anotherAttemptMakesTheRest() {
        Queue q;
        q.list.enqueue(wish(100, 4));
        q.start(), q.makeTiles(1);
        Q_EMIT q.bridge.failed(q.current(), {ErrorCode::DiskFull, {}, {}});
        QCOMPARE(int(q.withSeed(100).state), int(JobState::Failed));
        q.list.retry(q.withSeed(100).id);
        QCOMPARE(q.given.back().seed, std::uint64_t(101));
        QCOMPARE(q.given.back().count, 3);
        QVERIFY(q.withSeed(100).problem.isEmpty());
        q.start(), q.makeTiles(3);
        Q_EMIT q.bridge.finished(q.current());
        q.list.retry(q.withSeed(100).id); // nothing is missing
        QCOMPARE(q.given.size(), std::size_t(2));
    }

    void theQueueIsKeptAndOffered() {
        QTemporaryDir folder;
        {
            Queue q;
            ProjectBridge project;
            QueueStore store(q.list, project);
            project.open(folder.path());
            q.list.enqueue(wish(100, 5)); // before the project is open
            QSignalSpy opened(&project, &ProjectBridge::opened);
            QVERIFY(opened.wait(10000));
            for (int i = 2; i <= 4; ++i) q.list.enqueue(wish(std::uint64_t(100 * i), 2));
            QTest::qWait(50);
            QCOMPARE(q.list.rows().size(), std::size_t(4)); // the first is not there twice
            q.start(), q.makeTiles(2);
            q.list.move(q.withSeed(400).id, 0);
            q.list.remove(q.withSeed(300).id);
            q.list.freeze(); // the window is closed
            Q_EMIT q.bridge.cancelled(q.current());
        }
        Queue q;
        ProjectBridge project;
        QueueStore store(q.list, project);
        project.open(folder.path());
        QTRY_COMPARE(q.list.held(), 3);
        QVERIFY(!q.list.busy() && q.given.empty());
        QCOMPARE(q.withSeed(100).tilesDone, 2);
        Seeds order;
        for (const auto& row : q.list.rows()) order.push_back(row.request.seed);
        QCOMPARE(order, (Seeds{100, 400, 200}));
        q.list.resumeHeld();
        QCOMPARE(q.given.back().seed, std::uint64_t(102));
        q.start(), q.makeTiles(3);
        Q_EMIT q.bridge.finished(q.current());
        q.start();
        Q_EMIT q.bridge.failed(q.current(), {ErrorCode::OutOfMemory, {}, {}});
        std::vector<StoredJob> jobs;
        project.ask(
            &q.list, [](Project& p) { return p.jobs(); }, [&](const std::vector<StoredJob>& all) { jobs = all; });
        QTRY_COMPARE(jobs.size(), std::size_t(3));
        QCOMPARE(
            int(std::count_if(jobs.begin(), jobs.end(), [](const auto& j) { return j.state == StoredState::Finished && j.done == 5; })), 1);
        QCOMPARE(int(std::count_if(jobs.begin(), jobs.end(),
                                   [](const auto& j) { return j.state == StoredState::Failed && !j.message.empty(); })),
                 1);
    }

    void savedTilesCountThoughNobodyCountedThem() {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        auto request = wish(50, 4);
        request.model.clear(), request.modelSha256.clear(), request.build.clear(), request.steps = 0; // as a person leaves them open
        {
            Project project(root);
            StoredJob job;
            job.kind = "generate", job.value = toJson(request).dump(), job.count = 4, job.done = 1, job.state = StoredState::Running;
            project.addJob(job);
            request.seed = 70;
            job.value = toJson(request).dump(), job.done = 0, job.state = StoredState::Waiting;
            project.addJob(job);
            request.seed = 60, request.count = 1;
            job.value = toJson(request).dump(), job.count = 1;
            project.addJob(job);
        }
        for (const std::uint64_t seed : {50, 51, 52, 60}) writeMadeTile(root / "tiles", madeRequest(seed));
        auto other = madeRequest(70);
        other.guidance = 9; // the same seed, but another wish
        writeMadeTile(root / "tiles", other);
        Queue q;
        ProjectBridge project;
        QueueStore store(q.list, project);
        project.open(folder.path());
        QTRY_COMPARE(q.list.held(), 2);
        QCOMPARE(q.withSeed(50).tilesDone, 3);
        QCOMPARE(q.withSeed(70).tilesDone, 0);
        QCOMPARE(int(q.withSeed(60).state), int(JobState::Done)); // nothing of it is missing
        q.list.resumeHeld();
        QCOMPARE(q.given.back().seed, std::uint64_t(53));
        QCOMPARE(q.given.back().count, 1);
    }

    void whatIsDiscardedIsHistory() {
        QTemporaryDir folder;
        {
            Project project(folder.path().toStdString());
            StoredJob job;
            job.kind = "generate", job.value = toJson(wish(7, 3)).dump(), job.count = 3, job.done = 1, job.state = StoredState::Running;
            project.addJob(job);
            job.value = "{\"format\": \"phloxine-request/99\"}"; // of a newer Phloxine
            project.addJob(job);
        }
        PageFixture f;
        ProjectBridge project;
        f.page->setProject(&project);
        project.open(folder.path());
        auto* offer = f.find<QWidget>("heldJobs");
        QTRY_VERIFY(offer->isVisibleTo(f.page.get()));
        QVERIFY2(f.find<QLabel>("heldText")->text().startsWith(QStringLiteral("1 job was waiting")),
                 qPrintable(f.find<QLabel>("heldText")->text()));
        QVERIFY(!f.page->busy());
        f.find<QPushButton>("discardHeld")->click();
        QVERIFY(!offer->isVisibleTo(f.page.get()));
        QCOMPARE(int(f.page->jobs().rows()[0].state), int(JobState::Stopped));
        std::vector<StoredJob> jobs;
        project.ask(
            f.page.get(), [](Project& p) { return p.jobs(); }, [&](const std::vector<StoredJob>& all) { jobs = all; });
        QTRY_COMPARE(jobs.size(), std::size_t(2)); // the other stays as it is
        QCOMPARE(int(jobs.back().state), int(StoredState::Stopped));
    }

    void keysAndMouseChangeTheOrder() {
        PageFixture f;
        for (int i = 1; i <= 4; ++i) f.page->jobs().enqueue(wish(std::uint64_t(100 * i), 2)); // the first goes to the worker
        auto* queue = f.page->findChild<QueuePanel*>();
        const auto seeds = [&] {
            Seeds all;
            for (const auto* row : queue->rows()) all.push_back(f.page->jobs().find(row->id())->request.seed);
            return all;
        };
        QCOMPARE(seeds(), (Seeds{100, 200, 300, 400}));
        f.page->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(f.page.get()));
        queue->rows()[3]->setFocus();
        QTest::keyClick(queue->rows()[3], Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(seeds(), (Seeds{100, 200, 400, 300}));
        QVERIFY(queue->rows()[2]->hasFocus()); // it goes with the job
        QTest::keyClick(queue->rows()[2], Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(seeds(), (Seeds{100, 200, 300, 400}));
        QTest::qWait(50); // layout
        auto* dragged = queue->rows()[3];
        const QPoint from(20, 10), to = dragged->mapFromGlobal(queue->rows()[1]->mapToGlobal(QPoint(20, 2)));
        QTest::mousePress(dragged, Qt::LeftButton, {}, from);
        for (const QPoint at : {from + QPoint(0, -30), to}) {
            QMouseEvent move(QEvent::MouseMove, at, dragged->mapToGlobal(at), Qt::NoButton, Qt::LeftButton, {});
            QApplication::sendEvent(dragged, &move);
        }
        QTest::mouseRelease(dragged, Qt::LeftButton, {}, to);
        QCOMPARE(seeds(), (Seeds{100, 400, 200, 300}));
        QTest::keyClick(queue->rows()[1], Qt::Key_Delete);
        QCOMPARE(seeds(), (Seeds{100, 200, 300}));
        auto* pause = f.find<QToolButton>("pauseQueueButton");
        QVERIFY(pause->isVisibleTo(f.page.get()));
        pause->click();
        QVERIFY(f.page->jobs().paused());
        QVERIFY(queue->rows()[1]->stateText().contains(QStringLiteral("paused")));
        pause->click();
        QVERIFY(!f.page->jobs().paused());
    }
};

PHLOXINE_TEST(ui_queue, QueueTest, QApplication)
#include "test_queue.moc"
