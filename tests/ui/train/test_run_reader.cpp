// What the page makes of a run folder: whole, growing, written anew, broken, and gone.
#include <fstream>

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"
#include "ui/train/RunReader.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

struct Run {
    QTemporaryDir data;
    fs::path folder = fs::path(data.path().toStdString()) / "run";
    RunReader reader{QString::fromStdString(folder.string())};

    Run() {
        fs::create_directories(folder);
        auto recipe = smallDiffusion("somewhere", 100);
        recipe["classes"] =
            Json::array({{{"id", "dense"}, {"prompts", {"dense"}}}, {{"id", "sparse"}, {"label", "Few nuclei"}, {"prompts", {"few"}}}});
        std::ofstream(folder / "recipe.json") << recipe.dump();
    }
    void log(const std::string& text) const { std::ofstream(folder / "log.jsonl", std::ios::app) << text; }
    static std::string row(int step, double loss, std::optional<double> held = {}) {
        Json row{{"step", step}, {"images", step * 4}, {"loss", loss}, {"rate", 0.001}, {"images_per_second", 20.0}};
        if (held) row["validation_loss"] = *held;
        return row.dump() + "\n";
    }
};

} // namespace

class TestRunReader : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsWhatWasAdded() {
        Run run;
        run.log(Run::row(1, 1.0) + Run::row(2, 0.5, 0.8));
        auto found = run.reader.read();
        QCOMPARE(found.problem, QString());
        QCOMPARE(found.step, std::int64_t(2));
        QCOMPARE(found.images, std::int64_t(8));
        QCOMPARE(found.heldOut.size(), std::size_t(1));
        QCOMPARE(found.curve.size(), std::size_t(2));
        QVERIFY(!found.finished());
        const auto next = Run::row(3, 0.25);
        run.log(next.substr(0, 20)); // half a line: it is being written
        QCOMPARE(run.reader.read().step, std::int64_t(2));
        run.log(next.substr(20));
        found = run.reader.read();
        QCOMPARE(found.step, std::int64_t(3));
        QCOMPARE(found.brokenLines, 0);
        QCOMPARE(found.imagesPerSecond, 20.0);
    }

    void brokenLinesAreCounted() {
        Run run;
        run.log(Run::row(1, 1.0) + "{\"step\": 2, \"images\n" + "[]\n" + "{\"step\": 3, \"images\": 12, \"loss\": null}\n" +
                Run::row(4, 0.5));
        const auto found = run.reader.read();
        QCOMPARE(found.problem, QString());
        QCOMPARE(found.step, std::int64_t(4));
        QCOMPARE(found.brokenLines, 3);
        QCOMPARE(found.curve.size(), std::size_t(2));
    }

    void logWrittenAnewIsReadAnew() { // a training that goes on from a state drops the rows after it
        Run run;
        run.log(Run::row(1, 1.0) + Run::row(2, 0.5) + Run::row(3, 0.4, 0.3));
        QCOMPARE(run.reader.read().step, std::int64_t(3));
        std::ofstream(run.folder / "log.new") << Run::row(1, 1.0) << Run::row(2, 0.5);
        fs::rename(run.folder / "log.new", run.folder / "log.jsonl");
        const auto found = run.reader.read();
        QCOMPARE(found.step, std::int64_t(2));
        QVERIFY(found.heldOut.empty());
    }

    void manyStepsBecomeFewBins() {
        Run run;
        std::string rows;
        for (int i = 1; i <= 5000; ++i) rows += Run::row(i, 0.2 + (i == 2500 ? 0.7 : 0.001 * (i % 7)));
        run.log(rows);
        const auto found = run.reader.read();
        QVERIFY(found.curve.size() > 300 && found.curve.size() <= 600);
        QVERIFY(found.typicalHigh < 0.3); // one step far off does not set the scale
        double high = 0;
        for (const auto& bin : found.curve) high = std::max(high, bin.high);
        QCOMPARE(high, 0.9); // and is not lost either
        QVERIFY(std::abs(found.curve.back().smooth - 0.203) < 0.002);
    }

    void sessionsTellPauses() {
        Run run;
        run.log(Run::row(1, 1.0));
        std::ofstream(run.folder / "sessions.jsonl") << R"({"event":"started","time":"2026-01-01T10:00:00Z","images":0})"
                                                     << "\n"
                                                     << R"({"event":"stopped","time":"2026-01-01T10:30:00Z","images":40})"
                                                     << "\n"
                                                     << "not a row\n"
                                                     << R"({"event":"started","time":"2026-01-01T11:30:00Z","images":40})"
                                                     << "\n" // killed after this one
                                                     << R"({"event":"started","time":"2026-01-01T12:00:00Z","images":80})"
                                                     << "\n";
        const auto found = run.reader.read();
        QCOMPARE(found.pauses.size(), std::size_t(2));
        QCOMPARE(found.pauses[0].images, 40.0);
        QCOMPARE(found.pauses[0].seconds, 3600.0);
        QCOMPARE(found.pauses[1].seconds, 0.0); // nobody knows
        QCOMPARE(found.secondsWorked, 1800.0);
        QCOMPARE(found.began, QDateTime(QDate(2026, 1, 1), QTime(10, 0), Qt::UTC));
    }

    void classesAndFilesAreFound() {
        Run run;
        fs::create_directories(run.folder / "samples"), fs::create_directories(run.folder / "checkpoints/400");
        for (const char* name : {"400.png", "1200.png", "80.png", "notes.txt", "x.png"})
            std::ofstream(run.folder / "samples" / name) << "x";
        std::ofstream(run.folder / "checkpoints/400/state.json") << "{}";
        fs::create_directories(run.folder / "checkpoints/.phloxine-tmp-800");
        fs::create_directories(run.folder / "models/400"), fs::create_directories(run.folder / "models/1200");
        auto found = run.reader.read();
        QCOMPARE(found.samples.size(), std::size_t(3));
        QCOMPARE(found.samples[0].images, std::int64_t(80)); // by number, not by name
        QCOMPARE(found.samples[2].images, std::int64_t(1200));
        QCOMPARE(found.states, 1);
        QVERIFY(found.model.endsWith(QLatin1String("models/1200")));
        QCOMPARE(found.classes.size(), std::size_t(2));
        QCOMPARE(found.classes[1].label, QStringLiteral("Few nuclei"));
        QCOMPARE(found.classes[1].code, QStringLiteral("FN"));
        QVERIFY(found.classes[0].colour != found.classes[1].colour);
        fs::create_directories(run.folder / "model");
        std::ofstream(run.folder / "model/model.json") << "{}";
        QVERIFY(run.reader.read().model.endsWith(QLatin1String("/model"))); // the finished one comes first
    }

    void classesGetCodesOfTheirOwn() {
        const auto shown = shownClasses({{"colon_aca", {}, {}, {}, {}},
                                         {"colon_n", {}, {}, {}, {}},
                                         {"lung", {}, {}, {}, {}},
                                         {"lu", {}, {}, {}, {}},
                                         {"x", {}, {}, {}, {}},
                                         {"own", "Own", "QQ", "#123456", {}}});
        QStringList codes;
        for (const auto& c : shown) codes.append(c.code);
        QCOMPARE(codes, (QStringList{"CA", "CN", "LU", "L1", "X", "QQ"}));
        QCOMPARE(shown.back().colour, QStringLiteral("#123456"));
    }

    void whatIsNoRunIsSaidInASentence() {
        Run run;
        fs::remove(run.folder / "recipe.json");
        auto problem = run.reader.read().problem;
        QVERIFY2(problem.contains(QLatin1String("holds no training")), qPrintable(problem));
        std::ofstream(run.folder / "recipe.json") << "{\"format\": \"phloxine-recipe/1\", \"kind\": \"diffusion\", \"setps\": 3}";
        problem = run.reader.read().problem;
        QVERIFY2(problem.contains(QLatin1String("setps")), qPrintable(problem));
        fs::remove_all(run.folder);
        QVERIFY(!run.reader.read().problem.isEmpty());
    }
};

PHLOXINE_TEST(ui_run_reader, TestRunReader, QCoreApplication)
#include "test_run_reader.moc"
