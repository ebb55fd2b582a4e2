// The parts of a comparison that captions, clicked nuclei and power spectra answer.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "core/measure/compare.h"
#include "core/measure/measured_set.h"
#include "core/measure/report_files.h"
#include "core/measure/tissue/rendered_fields.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class ComparePartsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
    static Image field(int nuclei, std::uint64_t seed, int sidePx = 96) {
        FieldSettings settings;
        settings.sidePx = sidePx, settings.nuclei = nuclei;
        return renderField(settings, seed);
    }
    CompareRequest tissueRequest() const {
        for (const char* set : {"real", "made"})
            for (int i = 0; i < 52; ++i) {
                fs::create_directories(at(set));
                writePng(at(set) / QStringLiteral("g%1_%2.png").arg(i / 2).arg(i % 2).toStdString(),
                         field(12, std::uint64_t(i) + (set[0] == 'm' ? 900 : 0)), {}, IfExists::Replace);
            }
        CompareRequest r;
        r.real = {"real", at("real"), "^g([0-9]+)_"};
        r.synthetic = {{"made", at("made"), {}}};
        r.metrics = {"tissue"};
        return r;
    }

private slots:
    // Two classes whose counts differ; in one arm the captions say what was drawn, in the other they lie.
    void askedLevelsAreMeasured() {
        for (const char* set : {"asked", "deaf"}) {
            std::string rows;
            for (int i = 0; i < 60; ++i) {
                const int level = i / 2 % 3, asked = set == std::string("asked") ? level : i / 6 % 3;
                const char* words[] = {"few nuclei", "medium nuclear density", "many nuclei"};
                FieldSettings settings;
                settings.sidePx = 96, settings.nuclei = (i % 2 ? 24 : 8) + 4 * level;
                const auto name = std::to_string(i).append(".png");
                fs::create_directories(at(set));
                writePng(at(set) / name, renderField(settings, 7000 + std::uint64_t(i)));
                rows += Json{{"file_name", name},
                             {"class", i % 2 ? "many" : "few"},
                             {"text", "tissue, " + std::string(words[asked])},
                             {"seed", i}}
                            .dump() +
                        "\n";
            }
            writeFileAtomically(at(set) / "metadata.jsonl", rows);
            // The real set: the same tiles without their classes, so that no judge is trained.
            for (auto place = rows.find("\"class\""); place != rows.npos; place = rows.find("\"class\"")) rows.replace(place, 7, "\"was\"");
            writeFileAtomically(at(set) / "real.jsonl", rows);
        }
        CompareRequest r;
        r.synthetic = {{"asked", at("asked"), {}}, {"deaf", at("deaf"), {}}};
        r.real = {"captioned", at("asked/real.jsonl"), {}};
        r.metrics = {"adherence"}, r.steps = 2;
        const auto report = compare(r);
        const auto& follows = report.synthetic.at(0).adherence;
        const auto& row = follows.attributes.at(0);
        QCOMPARE(row.attribute, std::string("Nuclear density"));
        QCOMPARE(row.tiles, 60);
        QCOMPARE(row.groups, 60);
        QVERIFY(row.low > 0.3 && row.correlation <= row.ceiling && row.ceiling > 0.9 && row.ceiling < 0.96);
        QVERIFY(row.realTiles == 60 && row.realLow > 0 && row.realHigh > row.real);
        QCOMPARE(follows.attributes.size(), std::size_t(3)); // and each class
        QVERIFY(follows.attributeFindings.at(0).text.starts_with("Asking for more nuclei gives more nuclei"));
        const auto& deaf = report.synthetic.at(1).adherence;
        QVERIFY2(deaf.attributeFindings.at(0).text.find("no effect seen") != std::string::npos, deaf.attributeFindings.at(0).text.c_str());
    }

    // Tiles made from texts have no class: there the other words must not stand in for the attribute.
    void otherWordsAreNoEffect() {
        std::string rows;
        for (int i = 0; i < 80; ++i) {
            const bool colon = i % 2; // has many nuclei, and is mostly asked for with many
            const bool many = colon == (i / 2 % 4 != 0);
            const auto name = std::to_string(i).append(".png");
            fs::create_directories(at("texts"));
            writePng(at("texts") / name, field(colon ? 25 : 8, 3000 + std::uint64_t(i)));
            rows += Json{{"file_name", name},
                         {"text", std::string(many ? "Many nuclei, " : "few nuclei, ") + (colon ? "colon tissue" : "lung tissue")}}
                        .dump() +
                    "\n";
        }
        writeFileAtomically(at("texts/metadata.jsonl"), rows);
        CompareRequest r;
        r.real = {"real", at("texts"), {}}, r.synthetic = {{"texts", at("texts"), {}}};
        r.metrics = {"adherence"}, r.steps = 2;
        const auto adherence = compare(r).synthetic.at(0).adherence;
        QCOMPARE(adherence.attributes.at(0).tiles, 80);
        QVERIFY2(adherence.attributeFindings.at(0).text.find("no effect seen") != std::string::npos,
                 adherence.attributeFindings.at(0).text.c_str());
    }

    // One matrix for both arms; the counts of both arms are divided by one factor, and only with enough fields.
    void stainAndCalibrationAreStated() {
        auto r = tissueRequest();
        r.stain = "macenko";
        NucleiCalibration clicks{"real", std::string(64, 'a'), "k3m9", 1, {}};
        const auto set = readTileSet(r.real.path, {"real", r.real.groupPattern});
        for (std::size_t i = 0; i < 52; ++i) {
            const auto image = readImage(set.tiles[i].file);
            clicks.fields.push_back({set.tiles[i].name,
                                     sha256OfFile(set.tiles[i].file),
                                     image.width,
                                     image.height,
                                     countingFrame(image.width, image.height, {}),
                                     {{40, 40}},
                                     i < 40,
                                     {}});
        }
        r.calibration = at("clicks.json");
        writeNucleiCalibration(r.calibration, clicks);
        const auto few = compare(r);
        QVERIFY2(few.nuclei.finding.text.find("10 are missing") != std::string::npos, few.nuclei.finding.text.c_str());
        const auto stain = parseJson(few.protocol, "the protocol").at("stain");
        QCOMPARE(stain.at("choice").get<std::string>(), std::string("macenko"));
        QVERIFY(stain.at("source").get<std::string>().starts_with("Macenko, "));
        QVERIFY(std::abs(stain.at("haematoxylin")[0].get<double>() - ruifrokJohnston().haematoxylin[0]) <
                0.1); // what the fields were rendered with
        for (auto& field : clicks.fields) field.done = true;
        writeNucleiCalibration(r.calibration, clicks);
        const auto enough = compare(r);
        QVERIFY2(enough.nuclei.finding.text.starts_with("Calibrated on 52 fields: counts are divided by "),
                 enough.nuclei.finding.text.c_str());
        QVERIFY(!enough.nuclei.sameSet);
        QVERIFY(parseJson(few.protocol, "the protocol").at("counts_of_nuclei_divided_by").is_null());
        QVERIFY(std::abs(parseJson(enough.protocol, "the protocol").at("counts_of_nuclei_divided_by").get<double>() -
                         enough.nuclei.clicked.factor) < 1e-12);
        const double factor = enough.nuclei.clicked.factor;
        const auto medians = [](const CompareReport& report) {
            const auto& d = report.synthetic[0].distributions[3];
            return std::pair(d.realMedian, d.syntheticMedian);
        };
        QVERIFY(std::abs(medians(few).first / medians(enough).first / factor - 1) < 1e-9);
        QVERIFY(std::abs(medians(few).second / medians(enough).second / factor - 1) < 1e-9);
        QVERIFY(reportPage(enough, {false, false}).find("On clicked nuclei") != std::string::npos);
        QCOMPARE(toJson(enough).at("nuclei_counter").at("clicked").at("fields").get<int>(), 52);
        r.calibration = at("gone.json");
        QCOMPARE(errorOf([&] { compare(r); }), "not-found");
        r.metrics = {"cues"}; // that clicks have no part in
        QCOMPARE(errorOf([&] { compare(r); }), "wrong-use");
    }

    // Two samples of the same fields are called different about as seldom as is claimed.
    void equalSpectraAreEqual() {
        std::vector<RadialPower> pool;
        for (int i = 0; i < 240; ++i) pool.push_back(radialPower(field(6 + i % 5, std::uint64_t(i), 64)));
        int alarms = 0;
        Dice dice(1);
        for (int run = 0; run < 200; ++run) {
            dice.shuffle(pool);
            MeasuredSet real, synthetic;
            real.spectra.assign(pool.begin(), pool.begin() + 12), synthetic.spectra.assign(pool.begin() + 12, pool.begin() + 30);
            SyntheticReport report;
            compareSpectra(real, synthetic, report);
            alarms += report.spectrum.finding.judgement != Judgement::Good;
        }
        qInfo("%d alarms in 200", alarms);
        QVERIFY2(alarms <= 18, qPrintable(QString::number(alarms))); // 5 % and chance
        MeasuredSet few;
        few.spectra.assign(pool.begin(), pool.begin() + 3);
        SyntheticReport report;
        compareSpectra(few, few, report);
        QVERIFY(report.spectrum.finding.text.starts_with("Fewer than five groups"));
    }
};

PHLOXINE_TEST(measure_compare_parts, ComparePartsTest, QCoreApplication)
#include "test_compare_parts.moc"
