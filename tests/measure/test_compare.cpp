// A comparison from folders to files, with what users do wrong.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/measure/compare.h"
#include "core/measure/report_files.h"
#include "core/measure/tissue/rendered_fields.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class CompareTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    CompareReport m_report;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
    // Fields of four tiles, two classes that differ in their nuclei.
    void render(const std::string& set, int groups, std::uint64_t seed, double blur = 0.7) const {
        for (const char* name : {"few", "many"})
            for (int g = 0; g < groups; ++g)
                for (int t = 0; t < 2; ++t) {
                    FieldSettings settings;
                    settings.sidePx = 96, settings.nuclei = name == std::string("few") ? 5 : 20, settings.blurPx = blur;
                    fs::create_directories(at(set) / name);
                    writePng(
                        at(set) / name / QStringLiteral("g%1_%2.png").arg(g).arg(t).toStdString(),
                        renderField(settings, seed + std::uint64_t(g) * 10 + std::uint64_t(t) + (name == std::string("few") ? 5000 : 0)));
                }
    }
    CompareRequest request(const std::string& synthetic) const {
        CompareRequest r;
        r.real = {"real", at("real"), "^g([0-9]+)_"};
        r.synthetic = {{"made", at(synthetic), {}}};
        r.metrics = {"distances", "tissue", "copying", "cues"};
        return r;
    }
    static const MetricResult& metric(const SyntheticReport& report, const std::string& id) {
        for (const auto& m : report.metrics)
            if (m.id == id && m.className.empty()) return m;
        throw std::runtime_error(id);
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CACHE_HOME", (m_folder.path() + "/cache").toUtf8());
        render("real", 16, 1), render("made", 10, 100000), render("blurred", 10, 200000, 2.5);
        writeFileAtomically(at("made/few/broken.png"), std::string_view(""));
    }

    void reportHoldsNumbersAndFaults() {
        m_report = compare(request("made"));
        const auto& s = m_report.synthetic.at(0);
        QCOMPARE(m_report.real.groups, 32);
        QCOMPARE(s.set.tiles, 40);
        QCOMPARE(s.set.faults.size(), std::size_t(1));
        QVERIFY(
            std::any_of(m_report.warnings.begin(), m_report.warnings.end(), [](const auto& w) { return w.find("broken.png") != w.npos; }));
        QVERIFY(std::isfinite(metric(s, "kid").estimate.low) && std::isfinite(metric(s, "fid").estimate.value));
        QVERIFY(s.copying.checked);
        QVERIFY(s.copying.finding.text.find("not a copy") == std::string::npos);
        QVERIFY(s.copying.finding.text.find("roughly calibrated (32 groups)") != std::string::npos);
        for (const auto& d : s.distributions) QCOMPARE(d.syntheticValues.size(), std::size_t(40));
        QCOMPARE(s.spectrum.cyclesPerPx.size(), std::size_t(48));
        QVERIFY2(s.spectrum.finding.judgement == Judgement::Good, s.spectrum.finding.text.c_str());
        QCOMPARE(m_report.nuclei.rendered.size(), std::size_t(9));
        QVERIFY(m_report.nuclei.finding.text.starts_with("Not calibrated on this stain"));
    }

    // Judges are trained in the middle of a comparison.
    void classesAreJudged() {
        auto r = request("made");
        r.metrics = {"adherence"}, r.steps = 4;
        const auto report = compare(r);
        const auto& adherence = report.synthetic.at(0).adherence;
        QCOMPARE(adherence.classes.size(), std::size_t(6)); // two judges: all, few, many
        for (const auto& row : adherence.classes) QVERIFY(std::isfinite(row.real) && std::isfinite(row.synthetic));
        QCOMPARE(adherence.findings.size(), std::size_t(2));
        QVERIFY(adherence.attributes.empty() && adherence.attributeFindings.at(0).text.starts_with("No tile of this set asks"));
    }

    void rightMeasureReacts() {
        auto soft = request("blurred");
        soft.metrics = {"distances", "tissue", "cues"};
        const auto blurred = compare(soft);
        const auto high = [](const CompareReport& r) {
            for (const auto& d : r.synthetic[0].distributions)
                if (d.id == "high_frequencies") return d;
            return Distribution{};
        };
        QVERIFY(high(m_report).pValue > 0.05);
        QVERIFY(high(blurred).pValue < 0.05 && high(blurred).difference.high < 0);
        QVERIFY(metric(blurred.synthetic[0], "kid").estimate.value > metric(m_report.synthetic[0], "kid").estimate.value);
        QVERIFY(blurred.synthetic[0].cues.rows[0].auc > 0.9);
        const auto& spectrum = blurred.synthetic[0].spectrum;
        QVERIFY2(spectrum.finding.text.find("they are smoother there") != std::string::npos, spectrum.finding.text.c_str());
        QVERIFY(spectrum.synthetic[12] < spectrum.realLow[12]);
    }

    void filesAreWrittenOnce() {
        writeReport(m_report, at("report"));
        const auto page = readFile(at("report/report.html"));
        QVERIFY(page.find(m_folder.path().toStdString()) == page.npos); // no path of this machine
        QVERIFY(readFile(at("report/report.json")).find(m_folder.path().toStdString()) == std::string::npos);
        QVERIFY(page.find("realBand") != page.npos && page.find("On rendered fields") != page.npos);
        QVERIFY(page.find("data:image/jpeg;base64,") != page.npos && page.find("<script") == page.npos && page.find("http") == page.npos);
        QVERIFY(reportPage(m_report, {false, false}).find("data:image") == std::string::npos);
        const auto json = readJsonFile(at("report/report.json"));
        for (const auto* key : {"kid", "fid", "prdc", "copying", "stain"}) QVERIFY2(json.at("metrics").contains(key), key);
        QCOMPARE(json.at("synthetic")[0].at("spectrum").at("cycles_per_px").size(), std::size_t(48));
        QCOMPARE(json.at("n").at("made").get<int>(), 40);
        writeReport(m_report, at("report")); // the same again is no change
        auto other = m_report;
        other.warnings.push_back("another");
        QCOMPARE(errorOf([&] { writeReport(other, at("report")); }), "exists");
    }

    void wrongInputSaysSo() {
        fs::create_directories(at("one"));
        fs::copy_file(at("real/few/g0_0.png"), at("one/a.png"));
        auto wrong = request("one");
        wrong.metrics = {"cues"};
        QCOMPARE(errorOf([&] { compare(wrong); }), "wrong-use");
        wrong = request("nowhere");
        wrong.metrics = {"cues"};
        QCOMPARE(errorOf([&] { compare(wrong); }), "not-found");
        wrong = request("made");
        wrong.metrics = {"beauty"};
        QCOMPARE(errorOf([&] { compare(wrong); }), "wrong-use");
        wrong = request("made");
        wrong.stain = "per tile";
        QCOMPARE(errorOf([&] { compare(wrong); }), "wrong-use");
        wrong = request("made");
        wrong.extractors = {"unknown"};
        QCOMPARE(errorOf([&] { compare(wrong); }), "wrong-use");
        wrong = request("made");
        wrong.synthetic.push_back(wrong.synthetic[0]);
        QCOMPARE(errorOf([&] { compare(wrong); }), "wrong-use");
        QCOMPARE(errorOf([&] { compare(request("made"), [](const Progress&) { throw Cancelled(); }); }), "cancelled");
    }

    void requestsSurviveJson() {
        const auto r = request("made");
        QVERIFY(compareRequestFromJson(toJson(r), "the request") == r);
        QCOMPARE(errorOf([] { compareRequestFromJson({{"format", "phloxine-compare-request/1"}}, "it"); }), "corrupt");
    }
};

PHLOXINE_TEST(measure_compare, CompareTest, QCoreApplication)
#include "test_compare.moc"
