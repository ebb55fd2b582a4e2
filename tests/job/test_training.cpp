// A training in the queue: other jobs are done between its steps, reports come at a limited rate, and however it ends it can be gone on
// with.
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/job/JobQueue.h"
#include "core/train/memory_estimate.h"
#include "core/train/train_threads.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

class TrainingRecorder final : public JobEvents {
public:
    void started(JobId id) override { add(id, "started"); }
    void tile(JobId id, int, const Tile&, const fs::path&) override { add(id, "tile"); }
    void trained(JobId id, const TrainingReport& report) override {
        {
            const std::lock_guard lock(m_mutex);
            reports.push_back(report);
        }
        add(id, "trained");
    }
    void estimated(JobId id, const MemoryEstimate& e) override {
        estimate = e;
        add(id, "estimated");
    }
    void finished(JobId id) override { add(id, "finished"); }
    void cancelled(JobId id) override { add(id, "cancelled"); }
    void failed(JobId id, const JobFailure& f) override {
        {
            const std::lock_guard lock(m_mutex);
            failure = f;
        }
        add(id, "failed");
    }
    bool waitFor(JobId id, const std::string& word) {
        std::unique_lock lock(m_mutex);
        return m_wake.wait_for(lock, std::chrono::seconds(60),
                               [&] { return std::find(m_words[id].begin(), m_words[id].end(), word) != m_words[id].end(); });
    }
    std::vector<std::string> of(JobId id) {
        const std::lock_guard lock(m_mutex);
        return m_words[id];
    }
    std::vector<TrainingReport> reports;
    MemoryEstimate estimate;
    JobFailure failure;

private:
    void add(JobId id, const std::string& word) {
        const std::lock_guard lock(m_mutex);
        m_words[id].push_back(word);
        m_wake.notify_all();
    }
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::map<JobId, std::vector<std::string>> m_words;
};

std::string lossesOf(const fs::path& run) { // step and loss of each row: the rest is time
    std::istringstream lines(readFile(run / "log.jsonl"));
    std::string all;
    for (std::string line; std::getline(lines, line);) {
        const auto row = Json::parse(line);
        all += row["step"].dump() + " " + row["loss"].dump() + "\n";
    }
    return all;
}

} // namespace

class TestTraining : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_data;
    fs::path m_root, m_tissue;

    TrainRecipe small(int steps) const {
        return trainRecipeFromJson(smallDiffusion((m_root / "first-stage/autoencoder").string(), steps), "small");
    }
    TrainJob job(int steps, const char* folder, bool resume = false) const { return {small(steps), m_tissue, m_root / folder, resume}; }

private Q_SLOTS:
    void initTestCase() {
        m_root = m_data.path().toStdString(), m_tissue = m_root / "tissue";
        writeTissue(m_tissue);
        makeAutoencoder(m_tissue, m_root / "first-stage");
    }

    void othersAreDoneInBetween() {
        TrainingRecorder recorder;
        JobQueue queue(std::make_shared<ModelStore>(), recorder);
        const auto training = queue.submit(job(100'000, "between"));
        QVERIFY(recorder.waitFor(training, "trained"));
        const auto second = queue.submit(job(4, "second"));
        GenerateJob tile;
        tile.request.classId = "lung_n", tile.request.steps = 1, tile.request.seed = 3, tile.previews = false;
        const auto made = queue.submit(tile), estimate = queue.submit(EstimateTrainingJob{small(4)});
        QVERIFY(recorder.waitFor(made, "finished"));
        QCOMPARE(recorder.of(made), (std::vector<std::string>{"started", "tile", "finished"}));
        QVERIFY(recorder.waitFor(estimate, "finished"));
        QVERIFY(recorder.estimate.total() > 0);
        QVERIFY(recorder.of(second).empty()); // a training waits for the end of the other
        QCOMPARE(recorder.of(training).back(), std::string("trained"));
        tile.request.count = 50; // stopped on its own: the training is not meant
        const auto stopped = queue.submit(tile);
        QVERIFY(recorder.waitFor(stopped, "tile"));
        queue.stop(stopped, Stop::Now);
        QVERIFY(recorder.waitFor(stopped, "cancelled"));
        queue.stop(training, Stop::WithModel);
        QVERIFY(recorder.waitFor(training, "cancelled"));
        QVERIFY(recorder.waitFor(second, "finished"));
        QVERIFY(isThere(m_root / "second/model/model.json"));
        const auto& last = recorder.reports;
        QVERIFY(!fs::is_empty(m_root / "between/models"));
        QVERIFY(!last.empty());
        for (const auto& report : last) QVERIFY(report.imagesPerSecond > 0 && report.steps > 0 && report.secondsLeft >= 0);
    }

    void reportsComeAtALimitedRate() {
        TrainingRecorder recorder;
        auto quiet = small(60);
        quiet.watch.checkpointEvery = 0, quiet.watch.validateEvery = 20, quiet.watch.samplesEvery = 0;
        const auto start = std::chrono::steady_clock::now();
        {
            JobQueue queue(std::make_shared<ModelStore>(), recorder);
            QVERIFY(recorder.waitFor(queue.submit(TrainJob{quiet, m_tissue, m_root / "rate"}), "finished"));
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        QVERIFY2(double(recorder.reports.size()) <= seconds * 5 + 5, qPrintable(QString::number(recorder.reports.size())));
        QCOMPARE(
            std::count_if(recorder.reports.begin(), recorder.reports.end(), [](const auto& r) { return r.validationLoss.has_value(); }), 3);
        QCOMPARE(recorder.reports.back().step, std::int64_t(60)); // the last one is always told
        QVERIFY(recorder.reports.back().saved);
    }

    void endOfTheProgramSavesTheState() { // and the numbers are those of an unbroken run
        auto whole = job(40, "whole"), broken = job(40, "broken");
        {
            TrainingRecorder recorder;
            JobQueue queue(std::make_shared<ModelStore>(), recorder);
            QVERIFY(recorder.waitFor(queue.submit(whole), "finished"));
            (void)queue.submit(broken);
            while (!isThere(m_root / "broken/log.jsonl")) QTest::qWait(1);
        } // quits here
        QVERIFY(!isThere(m_root / "broken/model"));
        broken.resume = true;
        TrainingRecorder recorder;
        JobQueue queue(std::make_shared<ModelStore>(), recorder);
        QVERIFY(recorder.waitFor(queue.submit(broken), "finished"));
        QCOMPARE(lossesOf(m_root / "broken"), lossesOf(m_root / "whole"));
        const auto sessions = readFile(m_root / "broken/sessions.jsonl");
        QCOMPARE(std::count(sessions.begin(), sessions.end(), '\n'), 4); // started, stopped, started, finished
    }

    void startThatFailsBarsNothing() {
        TrainingRecorder recorder;
        JobQueue queue(std::make_shared<ModelStore>(), recorder);
        auto wrong = job(4, "retry");
        std::get<TrainRecipe>(wrong.recipe).model.autoencoder = (m_root / "nowhere").string();
        const auto first = queue.submit(wrong);
        QVERIFY(recorder.waitFor(first, "failed"));
        QVERIFY2(recorder.failure.message.find("nowhere") != std::string::npos, recorder.failure.message.c_str());
        QVERIFY(!isThere(m_root / "retry/recipe.json"));
        QVERIFY(recorder.waitFor(queue.submit(job(4, "retry")), "finished"));
        const auto again = queue.submit(job(8, "retry")); // another recipe in its place
        QVERIFY(recorder.waitFor(again, "failed"));
        QVERIFY(recorder.failure.code == ErrorCode::Exists);
        QVERIFY(isThere(m_root / "retry/model/model.json")); // what was there stays
    }

    void lockedFolderIsLeftAlone() {
        TrainingRecorder recorder;
        JobQueue queue(std::make_shared<ModelStore>(), recorder);
        fs::create_directories(m_root / "locked/base");
        const FolderLock other(m_root / "locked");
        QVERIFY(recorder.waitFor(queue.submit(job(4, "locked")), "failed"));
        QVERIFY(recorder.failure.code == ErrorCode::Busy);
        QVERIFY(isThere(m_root / "locked/base"));
    }

    void autoencoderIsTrainedToo() {
        TrainingRecorder recorder;
        JobQueue queue(std::make_shared<ModelStore>(), recorder);
        const auto id = queue.submit(TrainJob{autoencoderRecipeFromJson(smallAutoencoder(), "small"), m_tissue, m_root / "another"});
        QVERIFY(recorder.waitFor(id, "finished"));
        QVERIFY(isThere(m_root / "another/autoencoder/report.json"));
    }
};

PHLOXINE_TEST(job_training, TestTraining, QCoreApplication)
#include "test_training.moc"
