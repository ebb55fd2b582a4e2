// What a model folder knows of its training tiles, and what is remembered of a real set.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/image/orientation.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/measured_set.h"
#include "core/measure/neighbours.h"
#include "core/measure/tissue/rendered_fields.h"
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class NeighboursTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
    SetChoice set(const std::string& name) const { return {name, at(name), "^g([0-9]+)_"}; }
    void render(const std::string& name, int first, int groups) const {
        fs::create_directories(at(name));
        for (int g = first; g < first + groups; ++g) {
            FieldSettings settings;
            settings.sidePx = 96, settings.nuclei = 4 + g % 9;
            writePng(at(name) / ("g" + std::to_string(g) + "_0.png"), renderField(settings, std::uint64_t(g)));
        }
    }
    static MeasuredSet measured(const SetChoice& choice, bool remembered) {
        const std::vector<FeatureNet> extractors{openFeatureNet("embedded")};
        PassPlan plan{&extractors, true, true};
        plan.remembered = remembered;
        return measureSet(choice, plan, [](const Progress&) {});
    }
    static bool same(const MeasuredSet& a, const MeasuredSet& b) {
        return at::equal(a.features[0], b.features[0]) && at::equal(a.fingerprints, b.fingerprints) &&
               a.measures.size() == b.measures.size() && a.cues == b.cues && a.spectra == b.spectra && a.groups == b.groups &&
               a.summary.contentSha256 == b.summary.contentSha256 && a.sketches.back().fine == b.sketches.back().fine &&
               a.summary.faults.size() == b.summary.faults.size();
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CACHE_HOME", (m_folder.path() + "/cache").toUtf8());
        initDevices("cpu");
        render("training", 0, 30), render("held", 100, 24);
    }

    void copiesAreFoundWithoutTheTiles() {
        const auto made = writeNeighbours(set("training"), set("held"), at(neighboursFile));
        QCOMPARE(made.tiles, 30);
        QCOMPARE(made.calibrationGroups, 24);
        const auto known = readKnownNeighbours(at(neighboursFile), embeddedEncoder().sha256);
        QCOMPARE(known.features.size(0), 30);
        QCOMPARE(known.limit.detectors, 1);
        fs::create_directories(at("copies"));
        for (const int g : {3, 11, 19})
            writePng(at("copies") / (std::to_string(g) + ".png"),
                     oriented(readImage(at("training") / ("g" + std::to_string(g) + "_0.png")), g % 8));
        const auto result = CopyCheck(known, "a model").check(measured({"copies", at("copies"), {}}, false), [](const Progress&) {});
        QCOMPARE(result.count, 3);
        QVERIFY(result.pairs[0].training.starts_with("training tile "));
        QVERIFY(result.finding.text.find("Only fingerprints of the 30 training tiles") != std::string::npos);
    }

    void badFilesAreNamed() {
        const auto encoder = embeddedEncoder().sha256;
        QCOMPARE(errorOf([&] { readKnownNeighbours(at("nothing"), encoder); }), "not-found");
        QCOMPARE(errorOf([&] { readKnownNeighbours(at(neighboursFile), "another"); }), "unsupported");
        QCOMPARE(errorOf([&] { writeNeighbours(set("training"), set("held"), at(neighboursFile)); }), "exists");
        QCOMPARE(errorOf([&] { writeNeighbours(set("training"), set("training"), at("same")); }), "wrong-use");
        writeFileAtomically(at("cut"), readFile(at(neighboursFile)).substr(0, 400));
        QVERIFY(!errorOf([&] { readKnownNeighbours(at("cut"), encoder); }).isEmpty());
        std::map<std::string, std::string> words;
        auto tensors = readSafetensors(at(neighboursFile), &words);
        const auto bad = [&](const char* name, const Weights& changed, std::map<std::string, std::string> metadata) {
            writeSafetensors(at(name), changed, metadata);
            return errorOf([&] { readKnownNeighbours(at(name), encoder); });
        };
        QCOMPARE(bad("lacking", {{"features", tensors.at("features")}}, words), "corrupt");
        auto fewer = tensors;
        fewer["groups"] = fewer["groups"].narrow(0, 0, 3).clone();
        QCOMPARE(bad("fewer", fewer, words), "corrupt");
        auto limitless = words;
        limitless["limit"] = "{}";
        QCOMPARE(bad("limitless", tensors, limitless), "corrupt");
        limitless["limit"] = "{";
        QCOMPARE(bad("broken", tensors, limitless), "corrupt");
    }

    void realSetsAreReadOnce() {
        writeFileAtomically(at("held/g200_0.png"), std::string_view(""));
        const auto first = measured(set("held"), true);
        QCOMPARE(first.set.tiles.size(), std::size_t(24));
        QCOMPARE(std::distance(fs::directory_iterator(at("cache/phloxine/measured")), {}), 1);
        const auto again = measured(set("held"), true);
        QVERIFY(same(first, again));
        QCOMPARE(again.set.faults.size(), std::size_t(1));
        QCOMPARE(again.set.tiles.size(), std::size_t(24));
    }

    void changedTilesAreMeasuredAnew() {
        const auto before = measured(set("held"), true);
        fs::remove(at("held/g100_0.png"));
        render("held", 300, 1);
        const auto after = measured(set("held"), true);
        QVERIFY(!same(before, after));
        QVERIFY(same(after, measured(set("held"), false)));
    }

    void damagedMemoryCostsTimeOnly() {
        const auto before = measured(set("held"), true);
        for (const auto& entry : fs::directory_iterator(at("cache/phloxine/measured")))
            fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
        QVERIFY(same(before, measured(set("held"), true)));
        QVERIFY(same(before, measured(set("held"), true)));
    }
};

PHLOXINE_TEST(measure_neighbours, NeighboursTest, QCoreApplication)
#include "test_neighbours.moc"
