// A classifier of the user's over tiles and slides. Expected numbers are those of PyTorch 2.11 and Pillow for the same pictures.
#include <QtTest>

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/annotate/annotate.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

const fs::path models = PHLOXINE_TEST_DATA "/classifiers";

Json configJson() {
    return parseJson(R"({"spec_version":"1.0","architecture":"tiny","num_classes":3,"class_names":["a","b","Tumor"],"patch_size_pixels":60,
        "spacing_um_px":0.5,"transform":[{"name":"Resize","arguments":{"size":32}},{"name":"ToTensor"},
        {"name":"Normalize","arguments":{"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}}]})",
                     "config");
}

ClassifierConfig config() { return classifierConfig(configJson(), "config.json"); }

bool near(const std::vector<double>& found, std::initializer_list<double> expected) {
    return std::equal(found.begin(), found.end(), expected.begin(), expected.end(),
                      [](double a, double b) { return std::abs(a - b) < 1e-5; });
}

// Sum over all bytes, weighted by their place, so that no two may change places.
std::uint64_t checksum(const Image& image) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < image.rgb.size(); ++i) sum += image.rgb[i] * (i % 251 + 1);
    return sum;
}

} // namespace

class ClassifierTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

private slots:
    void picturesAreReducedAsByPillow() {
        const auto picture = testPicture(23, 17, 4);
        QCOMPARE(checksum(pillowBilinear(picture, 7, 5)), std::uint64_t(388386));
        QCOMPARE(checksum(pillowBilinear(picture, 40, 11)), std::uint64_t(10355015));
        QVERIFY(pillowBilinear(picture, 23, 17) == picture);
    }

    void probabilitiesAreThoseOfPyTorch() {
        TileClassifier classifier(models / "three.pt", config());
        const auto found = classifier.probabilities({testPicture(60, 60, 1), testPicture(60, 60, 2), testPicture(60, 60, 3)});
        QVERIFY(near(found[0], {0.041005853563547134, 0.2868994176387787, 0.6720947623252869}));
        QVERIFY(near(found[1], {0.044232696294784546, 0.2596653699874878, 0.6961018443107605}));
        QVERIFY(near(found[2], {0.043078336864709854, 0.27121198177337646, 0.6857096552848816}));
        QCOMPARE(classifier.probabilities(std::vector<Image>(37, testPicture(60, 60, 1))).size(), std::size_t(37));
        QCOMPARE(errorOf([&] { classifier.probabilities({testPicture(59, 60)}); }), "shape");
    }

    void otherTransforms() {
        auto json = configJson();
        json["transform"].erase(0);
        QVERIFY(near(TileClassifier(models / "three.pt", classifierConfig(json, "c")).probabilities({testPicture(60, 60, 1)})[0],
                     {0.0359463170170784, 0.3005164563655853, 0.6635372042655945}));
        json = configJson();
        json["transform"][0]["arguments"]["size"] = {90, 90};
        QVERIFY(near(TileClassifier(models / "three.pt", classifierConfig(json, "c")).probabilities({testPicture(60, 60, 1)})[0],
                     {0.03543395921587944, 0.2988758683204651, 0.6656901836395264}));
        json = configJson();
        json["class_names"] = {"til"}, json["num_classes"] = 1; // one logit: its sigmoid
        QVERIFY(near(TileClassifier(models / "one.pt", classifierConfig(json, "c")).probabilities({testPicture(60, 60, 1)})[0],
                     {0.43836265802383423}));
    }

    void setsOfTiles() {
        fs::create_directories(at("set"));
        for (const unsigned seed : {1u, 2u}) writePng(at("set") / (std::to_string(seed) + ".png"), testPicture(60, 60, seed));
        TileClassifier classifier(models / "three.pt", config());
        const auto unscaled = annotateSet(classifier, readTileSet(at("set")));
        QCOMPARE(unscaled.table.rows[1].file, std::string("2.png"));
        QVERIFY(near(unscaled.table.rows[1].probabilities, {0.044232696294784546, 0.2596653699874878, 0.6961018443107605}));
        QCOMPARE(unscaled.remarks.size(), std::size_t(1));
        const auto exact = annotateSet(classifier, readTileSet(at("set")), 0.5);
        QVERIFY(exact.remarks.empty() && exact.table.rows[0].probabilities == unscaled.table.rows[0].probabilities);
        QCOMPARE(errorOf([&] { annotateSet(classifier, readTileSet(at("set")), 0.25); }), "wrong-use"); // less than a patch
        // Twice the patch a side: the mean of four.
        auto large = testPicture(120, 120, 5);
        large.scale = {0.5, ScaleSource::Property};
        fs::create_directories(at("large"));
        writePng(at("large/a.png"), large);
        std::vector<Image> quarters;
        for (const int y : {0, 60})
            for (const int x : {0, 60}) {
                Image quarter(60, 60);
                for (int row = 0; row < 60; ++row) std::copy_n(large.pixel(x, y + row), 180, quarter.pixel(0, row));
                quarters.push_back(quarter);
            }
        const auto parts = classifier.probabilities(quarters);
        const auto mean = annotateSet(classifier, readTileSet(at("large"))).table.rows[0].probabilities;
        for (std::size_t k = 0; k < 3; ++k) QVERIFY(std::abs(mean[k] - (parts[0][k] + parts[1][k] + parts[2][k] + parts[3][k]) / 4) < 1e-9);
    }

    void slides() {
        auto json = configJson();
        json["patch_size_pixels"] = 200, json["spacing_um_px"] = 1.0;
        TileClassifier classifier(models / "three.pt", classifierConfig(json, "c"));
        const auto slide = openSlide(smallSlide());
        const auto all = annotateSlide(classifier, *slide);
        QVERIFY(all.table.rows.size() >= 5 && all.table.hasPlaces);
        const auto& row = all.table.rows[all.table.rows.size() / 2];
        QVERIFY(row.place.width == std::round(200 / slide->info().scale.micronsPerPixel));
        const auto region = readRegion(*slide, std::int64_t(row.place.x), std::int64_t(row.place.y), 200, 200, 1.0);
        const auto again = classifier.probabilities({region})[0];
        for (std::size_t k = 0; k < 3; ++k) QVERIFY(std::abs(again[k] - row.probabilities[k]) < 1e-6);
        const auto one = annotateSlide(classifier, *slide, {{row.place.x + 1, row.place.y + 1, row.place.width - 2, row.place.height - 2}});
        QCOMPARE(one.table.rows.size(), std::size_t(1));
        QCOMPARE(errorOf([&] { annotateSlide(classifier, *slide, {{-500, -500, 10, 10}}); }), "wrong-use");
        writePng(at("plain.png"), testPicture(300, 300));
        QCOMPARE(errorOf([&] { annotateSlide(classifier, *openSlide(at("plain.png"))); }), "wrong-use"); // no scale
    }

    void configsThatAreRefused_data() {
        QTest::addColumn<QByteArray>("patch"); // merged into a good one
        for (const char* patch :
             {R"({"patch_size_pixels":null})",
              R"({"patch_size_pixels":"60"})",
              R"({"patch_size_pixels":0})",
              R"({"patch_size_pixels":60.5})",
              R"({"patch_size_pixels":1000000})",
              R"({"spacing_um_px":null})",
              R"({"spacing_um_px":-1})",
              R"({"spacing_um_px":0})",
              R"({"class_names":null})",
              R"({"class_names":[]})",
              R"({"class_names":["a","a","b"]})",
              R"({"class_names":[1,2,3]})",
              R"({"class_names":["a"]})",
              R"({"num_classes":2})",
              R"({"transform":null})",
              R"({"transform":{}})",
              R"({"transform":[]})",
              R"({"transform":["ToTensor"]})",
              R"({"transform":[{"name":"CenterCrop"},{"name":"ToTensor"}]})",
              R"({"transform":[{"name":"ToTensor"},{"name":"Resize","arguments":{"size":32}}]})",
              R"({"transform":[{"name":"ToTensor"},{"name":"ToTensor"}]})",
              R"({"transform":[{"name":"Resize"},{"name":"ToTensor"}]})",
              R"({"transform":[{"name":"Resize","arguments":{"size":[32,40]}},{"name":"ToTensor"}]})",
              R"({"transform":[{"name":"Resize","arguments":{"size":32,"interpolation":"bicubic"}},{"name":"ToTensor"}]})",
              R"({"transform":[{"name":"ToTensor"},{"name":"Normalize","arguments":{"mean":[0.5],"std":[0.5,0.5,0.5]}}]})",
              R"({"transform":[{"name":"ToTensor"},{"name":"Normalize","arguments":{"mean":[0.5,0.5,0.5],"std":[0.5,0,0.5]}}]})",
              R"({"transform":[{"name":"ToTensor","arguments":[1]}]})"})
            QTest::newRow(patch) << QByteArray(patch);
    }
    void configsThatAreRefused() {
        QFETCH(QByteArray, patch);
        auto json = configJson();
        const auto changes = parseJson(patch.toStdString(), "patch");
        for (const auto& [key, value] : changes.items()) json[key] = value;
        std::string message;
        QCOMPARE(errorOf([&] { classifierConfig(json, "config.json"); }, &message), "corrupt");
        QVERIFY(message.starts_with("config.json") && message.find('\n') == message.npos);
    }

    void programsThatAreRefused() {
        const fs::path encoders = PHLOXINE_TEST_DATA "/encoders";
        const auto code = [](const fs::path& file, const Json& json, std::chrono::milliseconds limit = std::chrono::seconds(60)) {
            return errorOf([&] { TileClassifier(file, classifierConfig(json, "c"), limit); });
        };
        QCOMPARE(code("/nowhere/model.pt", configJson()), "not-found");
        QCOMPARE(code(at("set"), configJson()), "not-found");
        QCOMPARE(code(encoders / "flat.pt", configJson()), "not-a-model");
        QCOMPARE(code(encoders / "mean.pt", configJson()), "shape"); // four values for three classes
        QCOMPARE(code(encoders / "endless.pt", configJson(), std::chrono::seconds(1)), "busy");
        QCOMPARE(errorOf([] { classifierConfig(Json::array(), "c"); }), "corrupt");
    }

    void commandLine() {
        const auto folder = m_folder.path();
        writeFileAtomically(at("config.json"), configJson().dump());
        const QStringList base{"annotate", "--classifier", QString::fromStdString((models / "three.pt").string()), "--config",
                               "config.json"};
        const auto good = runProgram(base + QStringList{"--data", "set", "--out", "table.csv", "--json"}, folder);
        QCOMPARE(good.code, 0);
        QCOMPARE(good.json()["rows"].toInt(), 2);
        const auto table = readProbabilityTable(at("table.csv"));
        QVERIFY(near(table.rows[1].probabilities, {0.044232696294784546, 0.2596653699874878, 0.6961018443107605}));
        QCOMPARE(runProgram(base + QStringList{"--data", "set", "--out", "table.csv"}, folder).code, 1); // it is there already
        QCOMPARE(runProgram(base + QStringList{"--out", "other.csv"}, folder).code, 2);
        QCOMPARE(runProgram(base + QStringList{"--data", "set", "--regions", "r.csv", "--out", "other.csv"}, folder).code, 2);
        QCOMPARE(runProgram(base + QStringList{"--data", "nowhere", "--out", "other.csv"}, folder).code, 1);
        QVERIFY(!fs::exists(at("other.csv")));
        // What it wrote is read as levels.
        const auto captions = runProgram({"caption", "set", "--data", "set", "--grammar", "pathldm", "--levels", "tumor=table.csv:Tumor",
                                          "--out", "captions.jsonl", "--json"},
                                         folder);
        QCOMPARE(captions.code, 0);
        QVERIFY(readFile(at("captions.jsonl")).find("\"high tumor\"") != std::string::npos);
        for (const char* levels : {"stroma=table.csv", "tumor=table.csv:liver"})
            QVERIFY(runProgram({"caption", "set", "--data", "set", "--levels", levels, "--out", "c2.jsonl"}, folder).code > 0);
        writeFileAtomically(at("report.txt"), std::string_view("Diagnosis: Papillary carcinoma. No necrosis."));
        const auto report = runProgram({"caption", "report", "report.txt", "--tokens", "20", "--json"}, folder);
        QCOMPARE(report.json()["summary"].toString(), QString("Papillary carcinoma. No necrosis."));
        QCOMPARE(runProgram({"caption", "report", "report.txt", "--summariser", "echo Short."}, folder).out, QByteArray("Short.\n"));
        QCOMPARE(runProgram({"caption", "report", "nowhere.txt"}, folder).code, 1);
        QCOMPARE(runProgram({"caption", "report", "report.txt", "--tokens", "3"}, folder).code, 2);
    }
};

PHLOXINE_TEST(annotate_classifier, ClassifierTest, QCoreApplication)
#include "test_classifier.moc"
