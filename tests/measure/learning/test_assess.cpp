#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/measure/learning/AssessReport.h"
#include "tests/measure/learning/toy_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace fs = std::filesystem;

class AssessTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    fs::path at(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

    AssessRequest request() const {
        AssessRequest r;
        r.real = at("real"), r.synthetic = at("synthetic");
        r.realGroupPattern = "^g([0-9]+)_";
        r.ratios = {1};
        r.seeds = 2;
        r.steps = 12;
        r.batch = 24;
        r.rates = {0.003};
        r.sizePx = 32;
        return r;
    }

private slots:
    void initTestCase() {
        writeToySet(at("real"), 2, 8, 2, 1);
        writeToySet(at("synthetic"), 2, 30, 1, 2);
    }

    void requestsSurviveJson() {
        AssessRequest r = request();
        r.realGroups = {4, 0};
        r.generatorWords = "other tiles";
        QCOMPARE(toJson(assessRequestFromJson(toJson(r), "request")).dump(), toJson(r).dump());
        auto newer = toJson(r);
        newer["format"] = "phloxine-assess-request/2";
        QCOMPARE(errorOf([&] { assessRequestFromJson(newer, "request"); }), "unsupported");
        auto wrong = toJson(r);
        wrong["ratios"] = "many";
        QCOMPARE(errorOf([&] { assessRequestFromJson(wrong, "request"); }), "corrupt");
    }

    void refusesBadRequests() {
        const auto refused = [&](const std::function<void(AssessRequest&)>& change) {
            auto r = request();
            change(r);
            return errorOf([&] { validate(r); });
        };
        QCOMPARE(refused([](auto&) {}), "");
        QCOMPARE(refused([](auto& r) { r.real.clear(); }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.ratios = {}; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.ratios = {-1}; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.ratios = {std::numeric_limits<double>::quiet_NaN()}; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.realGroups = {1}; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.seeds = 0; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.steps = 0; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.rates = {0}; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.sizePx = 50; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.testShare = 1; }), "wrong-use");
        QCOMPARE(refused([](auto& r) { r.generatorTiles = -1; }), "wrong-use");
    }

    void assesses() {
        auto r = request();
        r.realGroups = {3};
        r.generatorTiles = 4000;
        const auto report = assessInto(r, at("out"));
        QCOMPARE(int(report.rows.size()), 4);
        QCOMPARE(report.testGroups, 4);
        QCOMPARE(report.testTiles, 8);
        QVERIFY(report.groupsKnown);
        const auto& real = report.rows[0];
        QCOMPARE(real.realGroups, 4); // 3 of each class, one of them for the rate
        QCOMPARE(real.realTiles, 8);
        QVERIFY(std::isnan(real.overReal.value) && real.remarks.empty());
        QVERIFY(std::isfinite(report.rows[1].overReal.value) && std::isnan(report.rows[1].overAugmentation.value));
        for (int i = 2; i < 4; ++i) {
            const auto& row = report.rows[std::size_t(i)];
            QCOMPARE(row.syntheticTiles, 8);
            QVERIFY(row.overReal.low <= row.overReal.value && row.overReal.value <= row.overReal.high);
            QVERIFY(std::isfinite(row.overAugmentation.value));
            QVERIFY(std::abs(row.accuracy - real.accuracy - row.overReal.value) < 1e-9); // a gain is the difference of the accuracies
            QCOMPARE(int(row.remarks.size()), 1);
            QVERIFY(QString::fromStdString(row.remarks[0]).contains("saw 4000 real tiles, this classifier 8"));
        }
        QVERIFY(report.rows[3].title != report.rows[2].title);
        const auto json = readJsonFile(at("out") / "assess.json");
        QCOMPARE(json.at("format").get<std::string>(), std::string("phloxine-assess/1"));
        QCOMPARE(json.at("rows").size(), std::size_t(4));
        QCOMPARE(json.at("request").at("real").get<std::string>(), std::string("real")); // no absolute path
        QVERIFY(json.at("rows")[0].at("gain_over_real").at("value").is_null());
        const auto csv = QString::fromStdString(readFile(at("out") / "assess.csv"));
        QCOMPARE(csv.count('\n'), 5);
        QCOMPARE(errorOf([&] { assessInto(r, at("out")); }), "exists");
    }

    void sameRequestSameNumbers() {
        auto r = request();
        r.steps = 4;
        r.rates = {0.001, 0.003};
        r.seeds = 1;
        const auto first = assess(r), second = assess(r);
        for (std::size_t i = 0; i < first.rows.size(); ++i) {
            QCOMPARE(first.rows[i].accuracies, second.rows[i].accuracies);
            QCOMPARE(first.rows[i].rate, second.rows[i].rate);
        }
        QVERIFY(QString::fromStdString(first.rows[2].remarks.at(0)).contains("not stated"));
    }

    void saysWhatIsLacking() {
        auto r = request();
        r.ratios = {50};
        r.steps = 2;
        const auto report = assess(r);
        QVERIFY(QString::fromStdString(report.rows[2].remarks.at(0)).startsWith("Only 60 synthetic tiles were there"));
        r.ratios = {1};
        r.realGroups = {20};
        const auto few = assess(r);
        QCOMPARE(int(few.remarks.size()), 2);
        QVERIFY(QString::fromStdString(few.remarks[0]).contains("\"across\" has 6 groups to train on, not 20"));
        r.realGroupPattern.clear();
        QVERIFY(!assess(r).remarks.empty()); // without groups
    }

    void refusesBadSets() {
        std::string message;
        auto r = request();
        writeToySet(at("one class"), 1, 8, 1, 3);
        r.real = at("one class"), r.synthetic = at("one class");
        QCOMPARE(errorOf([&] { assess(r); }, &message), "wrong-use");
        QVERIFY2(QString::fromStdString(message).contains("one class only"), message.c_str());
        r = request();
        writeToySet(at("three"), 3, 6, 1, 3);
        r.synthetic = at("three");
        QCOMPARE(errorOf([&] { assess(r); }, &message), "wrong-use");
        QVERIFY2(QString::fromStdString(message).contains("no tiles of the class \"dots\""), message.c_str());
        r = request();
        writeToySet(at("few"), 2, 3, 4, 3);
        r.real = at("few");
        QCOMPARE(errorOf([&] { assess(r); }, &message), "wrong-use");
        QVERIFY2(QString::fromStdString(message).contains("only 3 groups"), message.c_str());
        r = request();
        r.real = at("nowhere");
        QVERIFY(!errorOf([&] { assess(r); }).isEmpty());
        fs::create_directories(at("empty"));
        r.real = at("empty");
        QVERIFY(!errorOf([&] { assess(r); }).isEmpty());
    }

    void stopsWhenAsked() {
        int calls = 0;
        QCOMPARE(errorOf([&] {
                     assessInto(request(), at("stopped"), [&](const Progress&) {
                         if (++calls == 20) throw Cancelled();
                     });
                 }),
                 "cancelled");
        QVERIFY(!fs::exists(at("stopped") / "assess.json"));
    }
};

PHLOXINE_TEST(measure_learning_assess, AssessTest, QCoreApplication)
#include "test_assess.moc"
