// A whole study on 48 rendered tiles: every arm trained and measured, stopped and gone on with, and nothing done twice.
#include <QTemporaryDir>
#include <QtTest>

#include <ATen/Parallel.h>

#include "core/base/Files.h"
#include "core/study/study_arm.h"
#include "core/tensor/devices.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

class StudyRunTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    CaptionStudy study() const {
        auto recipe = smallDiffusion(at("ae/autoencoder").string(), 3);
        recipe["data"]["hold_out"] = "[3579]$";
        Json json{{"format", "phloxine-study/1"},
                  {"kind", "caption-length"},
                  {"lengths", {14, 20}},
                  {"control_length", 20},
                  {"seeds", {1}},
                  {"tiles", 10},
                  {"steps", 2},
                  {"recipe", recipe}};
        return captionStudyFromJson(json, "small");
    }
    std::vector<std::string> run(const CaptionStudy& s, bool resume, int stopAfter = 1000) const {
        std::vector<std::string> done;
        StudyHooks hooks;
        hooks.finished = [&](const std::string& arm, std::uint64_t seed) { done.push_back(arm + "/" + std::to_string(seed)); };
        hooks.progress = [&](const Progress&) {
            if (int(done.size()) >= stopAfter) throw Cancelled();
        };
        try {
            runCaptionStudy(s, at("tissue"), at("study"), resume, hooks);
        } catch (const Cancelled&) {}
        return done;
    }

private slots:
    void initTestCase() {
        initDevices("cpu");
        at::set_num_threads(1);
        writeTissue(at("tissue"), 12);
        makeAutoencoder(at("tissue"), at("ae"));
    }

    void stoppedAndGoneOnWith() {
        const auto arms = armsOf(study());
        QCOMPARE(arms.size(), std::size_t(8));
        QCOMPARE(errorOf([&] { runCaptionStudy(study(), at("tissue"), at("study"), true); }), "not-found");
        const auto first = run(study(), false, 3);
        QCOMPARE(first.size(), std::size_t(3));
        QCOMPARE(errorOf([&] { runCaptionStudy(study(), at("tissue"), at("study"), false); }), "exists");
        const auto before = readFile(at("study/arms/text-14/seed-1/result.json"));
        const auto latents = std::distance(fs::directory_iterator(at("study/latents")), {});
        const auto rest = run(study(), true);
        QCOMPARE(first.size() + rest.size(), arms.size()); // each once
        QCOMPARE(readFile(at("study/arms/text-14/seed-1/result.json")), before);
        QCOMPARE(std::distance(fs::directory_iterator(at("study/latents")), {}), latents); // of all arms
        QVERIFY(!fs::exists(at("study/arms/none/seed-1/latents")));
        QCOMPARE(run(study(), true).size(), std::size_t(0));
    }

    void theReport() {
        const auto json = readJsonFile(at("study/study.json"));
        QCOMPARE(json["runs_done"].get<int>(), 8);
        QCOMPARE(json["arms"].size(), std::size_t(8));
        for (const auto& arm : json["arms"]) {
            const auto r = armResultFromJson(arm["results"][0]);
            QVERIFY(std::isfinite(r.kid) && std::isfinite(r.fid) && std::isfinite(r.loss) && std::isfinite(r.kidInClass));
            QVERIFY(r.peakBytes > 1e5 && r.imagesPerSecond > 0);
            QCOMPARE(r.tiles, 10);
            QCOMPARE(r.realTiles, 16); // equally many of each class
        }
        for (const auto* file : {"table.csv", "report.md", "report.html"}) {
            const auto text = readFile(at("study") / file);
            QVERIFY2(text.find("shuffled-in-class") != std::string::npos, file);
            QVERIFY2(text.find(m_dir.path().toStdString()) == std::string::npos, file);
        }
        QVERIFY(readFile(at("study/study.json")).find(m_dir.path().toStdString()) == std::string::npos);
        const auto captions = readFile(at("study/arms/none/captions.jsonl"));
        QVERIFY(captions.find("\"text\"") == std::string::npos);
    }

    // An arm that was stopped in its training, or after it, ends with the same model.
    void anArmGoesOn() {
        const auto model = readFile(at("study/arms/none/seed-1/model/weights.safetensors"));
        fs::remove_all(at("study/arms/none/seed-1"));
        StudyHooks hooks;
        hooks.progress = [&](const Progress& p) {
            if (p.stage.find("step 3 of 3") != std::string::npos) throw Cancelled();
        };
        QCOMPARE(errorOf([&] { runCaptionStudy(study(), at("tissue"), at("study"), true, hooks); }), "cancelled");
        QVERIFY(fs::exists(at("study/arms/none/seed-1/checkpoints/8/state.json")));
        QCOMPARE(run(study(), true), std::vector<std::string>{"none/1"});
        QCOMPARE(readFile(at("study/arms/none/seed-1/model/weights.safetensors")), model);
    }

    void moreSeedsAreTheSameStudy() {
        auto more = study();
        more.seeds = {1, 2};
        QCOMPARE(run(more, true, 1), std::vector<std::string>{"text-14/2"});
        StudyHooks some;
        some.only = {"none"};
        std::vector<std::string> done;
        some.finished = [&](const std::string& arm, std::uint64_t seed) { done.push_back(arm + "/" + std::to_string(seed)); };
        runCaptionStudy(more, at("tissue"), at("study"), true, some);
        QCOMPARE(done, std::vector<std::string>{"none/2"});
        some.only = {"text-21"};
        QCOMPARE(errorOf([&] { runCaptionStudy(more, at("tissue"), at("study"), true, some); }), "wrong-use");
        auto other = study();
        other.tiles = 11;
        std::string message;
        QCOMPARE(errorOf([&] { runCaptionStudy(other, at("tissue"), at("study"), true); }, &message), "exists");
        QVERIFY(message.find("is another one") != std::string::npos);
    }

    void facts() {
        const auto set = readTrainingSet(at("tissue"), study().recipe.data, {});
        const auto file = at("facts.json");
        const auto facts = measureFacts(set, file, {});
        QCOMPARE(facts.size(), std::size_t(48));
        int stated = 0;
        for (const auto& tile : facts)
            for (const auto& level : tile) stated += level.has_value();
        QVERIFY2(stated > 48 * 6, qPrintable(QString::number(stated)));
        const auto before = fs::last_write_time(file);
        QCOMPARE(measureFacts(set, file, {}), facts); // from the file
        QCOMPARE(fs::last_write_time(file), before);
    }
};

PHLOXINE_TEST(study_run, StudyRunTest, QCoreApplication)
#include "test_study_run.moc"
