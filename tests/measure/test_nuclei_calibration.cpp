// Clicked nuclei: the file and what is wrong with it, the order of the fields, and what clicks with a known error say about the counter.
#include <set>

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "core/measure/NucleiCalibration.h"
#include "core/measure/tissue/rendered_fields.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class NucleiCalibrationTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    TileSet m_set;

    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
    static NucleusSettings settingsOf(const Scale& scale) { return nucleusSettings(scale); }

    // A reader who sees what the counter sees, but clicks each nucleus `times` and lies off by up to a pixel.
    NucleiCalibration clicked(int fields, int times = 1) const {
        NucleiCalibration c{"real", contentSha256(m_set), "k3m9", 7, {}};
        Dice dice(5);
        for (int i = 0; i < fields; ++i) {
            const auto& tile = m_set.tiles[std::size_t(i)];
            const auto image = readImage(tile.file);
            ClickedField field{
                tile.name, sha256OfFile(tile.file), image.width, image.height, countingFrame(image.width, image.height, {}), {},
                true,      "2026-01-31T12:00:00Z"};
            const auto found = findNuclei(image);
            const auto counted = countedByFrame(found, image.width, field.frame);
            for (std::size_t n = 0; n < found.nuclei.size(); ++n)
                for (int t = 0; counted[n] && t < times; ++t)
                    field.points.push_back({found.nuclei[n].x + dice.uniform(-0.5, 0.5), found.nuclei[n].y + dice.uniform(-0.5, 0.5)});
            c.fields.push_back(field);
        }
        return c;
    }
    static Json valid() {
        return Json::parse(R"({"format":"phloxine-nuclei-calibration/1","set":{"name":"real","content_sha256":")" + std::string(64, 'a') +
                           R"("},"reader":"k3m9","seed":7,"fields":[{"tile":"a.png","sha256":")" + std::string(64, 'b') +
                           R"(","width_px":96,"height_px":80,"frame_px":[10,10,86,70],"points_px":[[12.5,30]],"done":true}]})");
    }

private slots:
    void initTestCase() {
        for (int i = 0; i < 52; ++i) {
            FieldSettings settings;
            settings.sidePx = 96, settings.nuclei = 6 + i % 12;
            fs::create_directories(at("set"));
            const auto name = QStringLiteral("g%1_%2.png").arg(i / 2).arg(i % 2).toStdString();
            writePng(at("set") / name, renderField(settings, std::uint64_t(i)));
        }
        m_set = readTileSet(at("set"), {"real", "^g([0-9]+)_"});
    }

    void framesAreThoseOfTheCounter() {
        for (const double mpp : {0.0, 0.5, 0.25}) {
            auto image = renderField({}, 3);
            image.scale = {mpp, mpp > 0 ? ScaleSource::Property : ScaleSource::Unknown};
            const auto settings = nucleusSettings(image.scale);
            const auto field = findNuclei(image, settings);
            const auto counted = countedByFrame(field, image.width, countingFrame(image.width, image.height, settings));
            QCOMPARE(int(std::count(counted.begin(), counted.end(), char(1))), field.counted);
        }
    }

    void filesSurvive() {
        const auto calibration = clicked(3);
        writeNucleiCalibration(at("clicks.json"), calibration);
        writeNucleiCalibration(at("clicks.json"), calibration); // over its own earlier state
        auto read = readNucleiCalibration(at("clicks.json"));
        QCOMPARE(read.fields.size(), std::size_t(3));
        QVERIFY(std::abs(read.fields[1].points.at(0).x - calibration.fields[1].points.at(0).x) < 0.006); // hundredths of a pixel
        for (auto* c : {&read}) c->fields = calibration.fields;
        QVERIFY(read == calibration);
        QVERIFY(readFile(at("clicks.json")).find(m_folder.path().toStdString()) == std::string::npos);
    }

    void wrongFiles_data() {
        QTest::addColumn<QByteArray>("pointer");
        QTest::addColumn<QByteArray>("value"); // empty: taken away
        QTest::addColumn<QByteArray>("code");
        const auto row = [](const char* name, const char* pointer, const char* value, const char* code = "corrupt") {
            QTest::newRow(name) << QByteArray(pointer) << QByteArray(value) << QByteArray(code);
        };
        row("another kind", "/format", "\"phloxine-compare/1\"");
        row("newer", "/format", "\"phloxine-nuclei-calibration/2\"", "unsupported");
        row("no set", "/set", "");
        row("set without hash", "/set/content_sha256", "\"abc\"");
        row("reader with a name", "/reader", "\"Dr. Smith\"");
        row("negative seed", "/seed", "-1");
        row("fields are no list", "/fields", "{}");
        row("field is a number", "/fields/0", "7");
        row("tile is a number", "/fields/0/tile", "7");
        row("no hash", "/fields/0/sha256", "\"xyz\"");
        row("no width", "/fields/0/width_px", "");
        row("width of zero", "/fields/0/width_px", "0");
        row("width too large", "/fields/0/width_px", "99999999999");
        row("frame of three", "/fields/0/frame_px", "[1,2,3]");
        row("frame inside out", "/fields/0/frame_px", "[50,10,20,60]");
        row("frame beyond the tile", "/fields/0/frame_px", "[10,10,97,70]");
        row("points are a word", "/fields/0/points_px", "\"many\"");
        row("point of three", "/fields/0/points_px/0", "[1,2,3]");
        row("point of words", "/fields/0/points_px/0", "[\"a\",2]");
        row("point outside", "/fields/0/points_px/0", "[1,80]");
        row("point nowhere", "/fields/0/points_px/0", "[1,null]");
        row("not said whether done", "/fields/0/done", "1");
        row("time is a number", "/fields/0/time", "3");
    }
    void wrongFiles() {
        QFETCH(QByteArray, pointer);
        QFETCH(QByteArray, value);
        QFETCH(QByteArray, code);
        QCOMPARE(errorOf([] { nucleiCalibrationFromJson(valid(), "clicks.json"); }), "");
        auto json = valid();
        const Json::json_pointer place(pointer.toStdString());
        if (value.isEmpty()) json[place.parent_pointer()].erase(place.back());
        else json[place] = Json::parse(value.toStdString());
        std::string said;
        QCOMPARE(errorOf([&] { nucleiCalibrationFromJson(json, "clicks.json"); }, &said), code);
        QVERIFY2(said.starts_with("clicks.json") && said.ends_with(".") && said.find('\n') == std::string::npos, said.c_str());
    }

    void wrongFilesOnDisk() {
        QCOMPARE(errorOf([&] { readNucleiCalibration(at("gone.json")); }), "not-found");
        QCOMPARE(errorOf([&] { readNucleiCalibration(at("set")); }), "not-found");
        writeFileAtomically(at("cut.json"), std::string_view("{\"format\":"));
        QCOMPARE(errorOf([&] { readNucleiCalibration(at("cut.json")); }), "corrupt");
        auto twice = valid();
        twice["fields"].push_back(twice["fields"][0]);
        QCOMPARE(errorOf([&] { nucleiCalibrationFromJson(twice, "clicks.json"); }), "corrupt");
    }

    void orderGoesThroughTheGroups() {
        const auto order = calibrationOrder(m_set.tiles, 7);
        QCOMPARE(order.size(), m_set.tiles.size());
        QCOMPARE(std::set<std::size_t>(order.begin(), order.end()).size(), order.size());
        std::set<std::string> first;
        for (std::size_t i = 0; i < 26; ++i) first.insert(m_set.tiles[order[i]].group);
        QCOMPARE(first.size(), std::size_t(26));
        QVERIFY(calibrationOrder(m_set.tiles, 7) == order && calibrationOrder(m_set.tiles, 8) != order);
        QVERIFY(calibrationOrder({}, 7).empty());
    }

    void perfectReaderGivesOne() {
        const auto r = judgeCounter(clicked(52), m_set, settingsOf);
        QCOMPARE(r.fields, 52);
        QCOMPARE(r.groups, 26);
        QVERIFY(r.applies() && r.clicked == r.counted && r.clicked > 100);
        QCOMPARE(r.factor, 1.0);
        QVERIFY(std::abs(r.low - 1) < 1e-9 && std::abs(r.high - 1) < 1e-9 && r.bias == 0 && r.spread == 0);
        QVERIFY(r.rankCorrelation > 0.999 && r.precision == 1 && r.recall == 1);
    }

    // Every second nucleus that the counter finds is not one: half of its counts have a click, and each click has a nucleus.
    void inventedNucleiLowerPrecision() {
        auto calibration = clicked(52);
        for (auto& field : calibration.fields)
            for (std::size_t i = field.points.size(); i-- > 0;)
                if (i % 2) field.points.erase(field.points.begin() + std::ptrdiff_t(i));
        const auto r = judgeCounter(calibration, m_set, settingsOf);
        QCOMPARE(r.recall, 1.0);
        QVERIFY(std::abs(r.precision * r.factor - 1) < 1e-9 && r.factor > 1.6 && r.factor < 2);
        QVERIFY(r.low > 1.5 && r.low < r.factor && r.high > r.factor && r.high < 2.1 && r.bias > 0.5);
    }

    // Two clicks on one nucleus: one of them has none.
    void missedNucleiLowerRecall() {
        const auto r = judgeCounter(clicked(52, 2), m_set, settingsOf);
        QCOMPARE(r.factor, 0.5);
        QCOMPARE(r.precision, 1.0);
        QVERIFY2(r.recall >= 0.5 && r.recall < 0.55, qPrintable(QString::number(r.recall))); // a few second clicks find a neighbour
        QVERIFY(std::abs(r.bias + 0.5) < 1e-9);
    }

    void otherTilesAreNamed() {
        auto calibration = clicked(6);
        calibration.fields[0].tile = "unknown.png";
        calibration.fields[1].sha256 = std::string(64, '0');
        calibration.fields[2].widthPx = 97;
        calibration.fields[3].done = false;
        const auto r = judgeCounter(calibration, m_set, settingsOf);
        QCOMPARE(r.fields, 2);
        QVERIFY(!r.applies() && std::isnan(r.low)); // two groups are too few for an interval
        QCOMPARE(r.faults.size(), std::size_t(3));
        for (const char* word : {"no tile of this name", "hashes differ", "size"})
            QVERIFY2(std::any_of(r.faults.begin(), r.faults.end(), [&](const auto& f) { return f.reason.find(word) != std::string::npos; }),
                     word);
        const auto none = judgeCounter({}, m_set, settingsOf);
        QVERIFY(none.fields == 0 && std::isnan(none.factor) && std::isnan(none.precision));
    }
};

PHLOXINE_TEST(measure_nuclei_calibration, NucleiCalibrationTest, QCoreApplication)
#include "test_nuclei_calibration.moc"
