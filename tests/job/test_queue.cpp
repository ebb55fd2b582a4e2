// The queue: order of events, the two ways to stop, failures, and the end of the process in the middle of a job.
#include <fstream>
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "core/job/JobQueue.h"
#include "core/slide/SlideSource.h"
#include "tests/support/job_recorder.h"
#include "tests/support/model_folder.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

int ends(const std::vector<std::string>& words) {
    int n = 0;
    for (const auto& w : words) n += w == "finished" || w == "cancelled" || w == "failed";
    return n;
}

GenerateJob job(int count = 1, bool previews = false) { return {quickRequest(count), {}, previews}; }

} // namespace

class TestQueue : public QObject {
    Q_OBJECT

private slots:
    void eventsComeInOrder() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto id = queue.submit(job(2, true));
        QVERIFY(events.waitForEnd(id));
        const auto words = events.of(id);
        QCOMPARE(words.front(), std::string("started"));
        QCOMPARE(words.back(), std::string("finished"));
        QCOMPARE(ends(words), 1);
        QVERIFY(std::find(words.begin(), words.end(), "tile0") < std::find(words.begin(), words.end(), "tile1"));
        QVERIFY(std::count(words.begin(), words.end(), "progress") >= 6 && std::count(words.begin(), words.end(), "preview") >= 2);
        const auto fractions = events.fractions();
        QVERIFY(std::is_sorted(fractions.begin(), fractions.end()) && fractions.back() <= 1);
        const auto threads = events.threads(); // one worker, and not this thread
        QCOMPARE(threads.size(), std::size_t(1));
        QVERIFY(!threads.count(std::this_thread::get_id()));
        QTRY_VERIFY(queue.idle());
    }

    void jobsRunOneAfterTheOther() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto a = queue.submit(job()), b = queue.submit(job());
        QVERIFY(a != b && !queue.idle());
        QVERIFY(events.waitForEnd(b));
        QCOMPARE(events.of(a).back(), std::string("finished"));
        const auto tiles = events.tiles();
        QVERIFY(tiles.size() == 2 && tiles[0].image == tiles[1].image);
    }

    void stopNow() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto id = queue.submit(job(1000));
        QVERIFY(events.waitFor(id, "tile0"));
        queue.stop(id, Stop::Now);
        QVERIFY(events.waitForEnd(id));
        QCOMPARE(events.of(id).back(), std::string("cancelled"));
        QCOMPARE(ends(events.of(id)), 1);
        const auto next = queue.submit(job()); // the stop was for that job alone
        QVERIFY(events.waitForEnd(next));
        QCOMPARE(events.of(next).back(), std::string("finished"));
    }

    void stopAfterTile() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto id = queue.submit(job(1000));
        QVERIFY(events.waitFor(id, "tile0"));
        queue.stop(id, Stop::AfterTile);
        QVERIFY(events.waitForEnd(id));
        const auto words = events.of(id);
        QCOMPARE(words.back(), std::string("cancelled"));
        QVERIFY(words[words.size() - 2].starts_with("tile")); // the tile at work was finished
        QVERIFY(events.tiles().size() < 10);
    }

    void waitingJobIsRemoved() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto running = queue.submit(job(1000)), waiting = queue.submit(job());
        QVERIFY(events.waitFor(running, "started"));
        queue.stop(waiting, Stop::AfterTile);
        queue.stop(waiting, Stop::Now); // twice does no harm
        queue.stop(12345, Stop::Now);   // nor does one that never was
        queue.stop(running, Stop::Now);
        QVERIFY(events.waitForEnd(waiting));
        QCOMPARE(events.of(waiting), (std::vector<std::string>{"cancelled"}));
        QVERIFY(events.waitForEnd(running));
    }

    void aTileDoesNotWaitForASearch() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        FindTissueJob find;
        find.search.slide = resourcesFolder() / "slides/CMU-1-Small-Region.svs";
        const auto slide = openSlide(find.search.slide);
        find.search.slideMicronsPerPixel = slide->info().scale.micronsPerPixel;
        find.search.tile = readRegion(*slide, 900, 1200, 224, 224, 1.3), find.search.tileMicronsPerPixel = 1.3;
        const auto search = queue.submit(find);
        QVERIFY(events.waitFor(search, "progress"));
        const auto tile = queue.submit(job());
        QVERIFY(events.waitForEnd(tile));
        QCOMPARE(events.of(tile).back(), std::string("finished"));
        QCOMPARE(ends(events.of(search)), 0); // it goes on after the tile
        QVERIFY(events.waitForEnd(search));
        const auto words = events.of(search);
        QCOMPARE(words.back(), std::string("finished"));
        QCOMPARE(words[words.size() - 2], std::string("found"));
        const auto stopped = queue.submit(find);
        QVERIFY(events.waitFor(stopped, "progress"));
        queue.stop(stopped, Stop::Now);
        QVERIFY(events.waitForEnd(stopped));
        QCOMPARE(events.of(stopped).back(), std::string("cancelled"));
        find.search.slide = "/nowhere/slide.svs";
        const auto missing = queue.submit(find);
        QVERIFY(events.waitForEnd(missing));
        QCOMPARE(events.of(missing).back(), std::string("failed"));
    }

    void tissueGoesRound() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        RoundTripJob job;
        job.wish.slide = resourcesFolder() / "slides/CMU-1-Small-Region.svs";
        job.wish.slideScale = openSlide(job.wish.slide)->info().scale;
        job.wish.box = {900, 1200, 1200, 1500};
        const auto round = queue.submit(job);
        QVERIFY(events.waitForEnd(round));
        QCOMPARE(events.of(round), (std::vector<std::string>{"started", "progress", "round", "finished"}));
        job.wish.box = {-900, -900, -400, -400}; // off the slide
        const auto off = queue.submit(job);
        QVERIFY(events.waitForEnd(off));
        QCOMPARE(events.of(off).back(), std::string("failed"));
    }

    void stopAll() {
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto a = queue.submit(job(1000)), b = queue.submit(job()), c = queue.submit(job());
        QVERIFY(events.waitFor(a, "started"));
        queue.stopAll(Stop::Now);
        for (const auto id : {a, b, c}) {
            QVERIFY(events.waitForEnd(id));
            QCOMPARE(events.of(id).back(), std::string("cancelled"));
            QCOMPARE(ends(events.of(id)), 1);
        }
    }

    void failingJobDoesNotStopTheNext_data() {
        QTest::addColumn<QByteArray>("what");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("class") << QByteArray("class") << QByteArray("not-found");
        QTest::newRow("model") << QByteArray("model") << QByteArray("not-found");
        QTest::newRow("folder is a file") << QByteArray("folder") << QByteArray("exists");
        QTest::newRow("plan without tiles") << QByteArray("plan") << QByteArray("");
    }
    void failingJobDoesNotStopTheNext() {
        QFETCH(QByteArray, what);
        QFETCH(QByteArray, code);
        QTemporaryDir folder;
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        auto bad = job();
        if (what == "class") bad.request.classId = "nothing";
        if (what == "model") bad.request.model = "nothing";
        if (what == "folder") {
            bad.folder = folder.filePath("file").toStdString();
            std::ofstream(bad.folder) << "x";
        }
        const auto id = what == "plan" ? queue.submit(ExportJob{{}, folder.path().toStdString()}) : queue.submit(bad);
        const auto next = queue.submit(job());
        QVERIFY(events.waitForEnd(next));
        QCOMPARE(events.of(next).back(), std::string("finished"));
        QCOMPARE(ends(events.of(id)), 1);
        QCOMPARE(events.of(id).back(), std::string("failed"));
        if (!code.isEmpty()) QCOMPARE(QByteArray::fromStdString(std::string(toString(events.failure().code))), code);
        QVERIFY(!events.failure().message.empty());
    }

    void tilesAreSavedWithProvenance() {
        QTemporaryDir folder;
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        auto saved = job(2);
        saved.folder = fs::path(folder.path().toStdString()) / "tiles";
        QVERIFY(events.waitForEnd(queue.submit(saved)));
        const auto files = events.files();
        QCOMPARE(files.size(), std::size_t(2));
        for (std::size_t i = 0; i < 2; ++i) {
            QVERIFY(readPng(files[i]).image == events.tiles()[i].image);
            QCOMPARE(requestFromPng(files[i]).seed, std::uint64_t(11 + i));
        }
        const auto before = fs::last_write_time(files[0]);
        QVERIFY(events.waitForEnd(queue.submit(saved))); // again: nothing is written twice
        QVERIFY(fs::last_write_time(files[0]) == before);
    }

    void inspectsAndAddsModels() {
        QTemporaryDir folder;
        const auto source = copyEmbeddedModel(fs::path(folder.path().toStdString()) / "source");
        const auto root = fs::path(folder.path().toStdString()) / "models";
        fs::remove(source / "model.json"); // a foreign checkpoint now
        JobRecorder events;
        JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
        const auto looked = queue.submit(InspectJob{source / "weights.safetensors"});
        AddModelOptions options;
        options.id = "mine";
        const auto adding = queue.submit(AddModelJob{source / "weights.safetensors", options, root});
        const auto again = queue.submit(AddModelJob{source / "weights.safetensors", options, root});
        const auto nothing = queue.submit(InspectJob{source / "nothing"});
        QVERIFY(events.waitForEnd(nothing));
        QCOMPARE(events.of(looked), (std::vector<std::string>{"started", "progress", "inspected", "finished"}));
        QCOMPARE(events.report().json.value("fits", false), true);
        QCOMPARE(events.of(adding), (std::vector<std::string>{"started", "progress", "added", "finished"}));
        QCOMPARE(events.added().path, root / "mine");
        for (const auto bad : {again, nothing}) QCOMPARE(events.of(bad), (std::vector<std::string>{"started", "progress", "failed"}));
        QCOMPARE(ModelStore({root}).list().size(), std::size_t(1)); // nothing half-made is left
    }

    // Closing the program in the middle of a job ends soon, with an end for the running one.
    void destructorStopsTheRunningJob() {
        JobRecorder events;
        JobId running = 0;
        QElapsedTimer clock;
        {
            JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
            running = queue.submit(job(100000));
            queue.submit(job(100000));
            QVERIFY(events.waitFor(running, "tile0"));
            clock.start();
        }
        QVERIFY2(clock.elapsed() < 5000, "the destructor waits too long");
        QCOMPARE(events.of(running).back(), std::string("cancelled"));
        QCOMPARE(ends(events.of(running)), 1);
    }

    void emptyQueueComesAndGoes() {
        JobRecorder events;
        for (int i = 0; i < 20; ++i) JobQueue queue(std::make_shared<ModelStore>(), events, {0, "cpu"});
    }

    // Two OpenMP runtimes would each make a pool of threads and fight for the cores.
    void exactlyOneOpenMpRuntime() {
        std::set<std::string> runtimes;
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);)
            if (const auto at = line.find('/'); at != std::string::npos)
                for (const auto* name : {"libgomp", "libiomp", "libomp"})
                    if (line.find(name, at) != std::string::npos) runtimes.insert(line.substr(at));
        for (const auto& r : runtimes) qInfo("%s", r.c_str());
        QCOMPARE(runtimes.size(), std::size_t(1));
    }
};

PHLOXINE_TEST(job_queue, TestQueue, QCoreApplication)
#include "test_queue.moc"
