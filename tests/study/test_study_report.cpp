// The table of a study from invented results: intervals by hand, and sentences that say what the numbers say.
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/study/study_report.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;

namespace {

CaptionStudy study() {
    auto s = captionStudyFromJson({{"format", "phloxine-study/1"}, {"kind", "caption-length"}, {"recipe", smallDiffusion("ae")}}, "s");
    s.seeds = {1, 2};
    return s;
}

ArmResult result(const std::string& arm, std::uint64_t seed, double kid, double loss) {
    ArmResult r;
    r.arm = arm, r.seed = seed, r.tiles = 500, r.realTiles = 1000, r.realGroups = 200;
    r.kid = kid, r.kidInClass = kid, r.fid = 100 * kid, r.loss = loss, r.kidLow = kid / 2, r.kidHigh = kid * 2;
    r.imagesPerSecond = 100, r.peakBytes = 1e8, r.tokens = 20, r.facts = 3;
    return r;
}

// text-35 at 0.010 +- 0.001, the controls at given distances above it.
std::vector<ArmResult> results(double shuffled, double inClass) {
    return {result("text-20", 1, 0.011, 0.2),
            result("text-20", 2, 0.013, 0.2),
            result("text-35", 1, 0.009, 0.2),
            result("text-35", 2, 0.011, 0.2),
            result("none", 1, 0.019, 0.25),
            result("none", 2, 0.021, 0.25),
            result("shuffled", 1, 0.009 + shuffled, 0.2),
            result("shuffled", 2, 0.011 + shuffled, 0.2),
            result("shuffled-in-class", 1, 0.0095 + inClass, 0.2),
            result("shuffled-in-class", 2, 0.0105 + inClass, 0.2)};
}

} // namespace

class StudyReportTest : public QObject {
    Q_OBJECT
private slots:
    void meansAndPooledIntervals() {
        const auto table = tableOf(study(), results(0.01, 0));
        QCOMPARE(table.planned, 34);
        QCOMPARE(table.done, 10);
        QCOMPARE(table.rows.size(), std::size_t(5));
        const auto& row = table.rows[1];
        QCOMPARE(row.arm.id, std::string("text-35"));
        QVERIFY(std::abs(row.kid.value - 0.010) < 1e-12);
        // Four arms of two seeds +- 0.001 and one +- 0.0005: variance (4 x 2e-6 + 5e-7) / 5, t(5, 97.5 %) = 2.570582
        const double half = 2.570582 * std::sqrt(8.5e-6 / 5 / 2);
        QVERIFY(std::abs(row.kid.high - row.kid.value - half) < 1e-7);
        QVERIFY(std::abs(row.kid.value - row.kid.low - half) < 1e-7);
    }

    void differencesArePaired() {
        const auto table = tableOf(study(), results(0.01, 0));
        const auto d = difference(table, "text-35", "shuffled", &ArmResult::kid);
        QVERIFY(std::abs(d.value - 0.01) < 1e-12);
        QVERIFY(d.low > 0.009); // both moved together over the seeds
        QVERIFY(!std::isfinite(difference(table, "text-35", "filler-50", &ArmResult::kid).value));
    }

    void saysThatTextIsUsed() {
        const auto text = studyParagraph(study(), tableOf(study(), results(0.01, 0.01)));
        QVERIFY2(text.find("so the text as a whole is used") != std::string::npos, text.c_str());
        QVERIFY(text.find("10 of 34 runs") != std::string::npos);
    }

    void saysThatTextIsUnused() {
        const auto text = studyParagraph(study(), tableOf(study(), results(0, -0.001)));
        QVERIFY2(text.find("the text is unused by these models") != std::string::npos, text.c_str());
        QVERIFY2(text.find("the statements beyond the class are unused") != std::string::npos, text.c_str());
    }

    void aWorseLossIsUseToo() {
        auto all = results(0, 0);
        for (auto& r : all)
            if (r.arm == "shuffled") r.loss = r.seed == 1 ? 0.2101 : 0.21;
        const auto text = studyParagraph(study(), tableOf(study(), all));
        QVERIFY2(text.find("so the text as a whole is used") != std::string::npos, text.c_str());
        QVERIFY2(text.find("the statements beyond the class are unused") != std::string::npos, text.c_str());
    }

    void oneSeedJudgesNothing() {
        std::vector<ArmResult> some;
        for (const auto& r : results(0.01, 0.01))
            if (r.seed == 1) some.push_back(r);
        const auto table = tableOf(study(), some);
        QVERIFY(!std::isfinite(table.rows[0].kid.low));
        const auto text = studyParagraph(study(), table);
        QVERIFY2(text.find("one seed cannot tell") != std::string::npos, text.c_str());
        QVERIFY(text.find("unused") == std::string::npos && text.find("is used") == std::string::npos);
    }

    void nothingDone() { QCOMPARE(studyParagraph(study(), tableOf(study(), {})), std::string("No run is finished yet.")); }

    void resultsAsJson() {
        auto r = result("none", 2, 0.01, 0.2);
        r.peakBytes = ArmResult::none;
        const auto back = armResultFromJson(toJson(r));
        QCOMPARE(toJson(back).dump(), toJson(r).dump());
        QVERIFY(!std::isfinite(back.peakBytes));
        auto json = toJson(r);
        json.erase("kid");
        QCOMPARE(errorOf([&] { (void)armResultFromJson(json); }), "corrupt");
    }
};

PHLOXINE_TEST(study_report, StudyReportTest, QCoreApplication)
#include "test_study_report.moc"
