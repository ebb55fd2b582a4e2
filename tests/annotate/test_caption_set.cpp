// Captions for a set: levels from the training tiles alone, tables, reports, the protocol, and nothing overwritten.
#include <QtTest>

#include <sstream>

#include <nlohmann/json.hpp>

#include "core/annotate/CaptionRequest.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/report_summary.h"
#include "core/image/ImageFile.h"
#include "core/measure/TileSet.h"
#include "tests/annotate/painted_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

std::vector<Json> rowsOf(const fs::path& file) {
    std::vector<Json> rows;
    std::istringstream lines(readFile(file));
    for (std::string line; std::getline(lines, line);) rows.push_back(parseJson(line, "row"));
    return rows;
}

} // namespace

class CaptionSetTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
    void write(const std::string& name, const std::string& text) {
        fs::create_directories(at(name).parent_path());
        writeFileAtomically(at(name), text, IfExists::Replace);
    }
    CaptionRequest request() const {
        CaptionRequest r;
        r.data = at("set");
        r.groupPattern = "^g([0-9]+)_";
        return r;
    }

private slots:
    // Two classes of 24 tiles in 8 groups; nuclei and stain differ from tile to tile, tone and lumen do not.
    void initTestCase() {
        for (const auto* name : {"colon_aca", "lung_n"})
            for (int i = 0; i < 24; ++i) {
                const auto file = at("set") / name / ("g" + std::to_string(i / 3) + "_" + std::to_string(i) + ".png");
                fs::create_directories(file.parent_path());
                writePng(file, paintedTile({.nuclei = 8 + 3 * i, .darker = (i * 7) % 24, .size = 64, .seed = std::uint64_t(i)}));
            }
    }

    void levelsAndMeasures() {
        const auto result = captionSet(request());
        QCOMPARE(result.tiles.size(), std::size_t(48));
        std::map<std::string, int> counts;
        for (const auto& tile : result.tiles) {
            ++counts[tile.className + tile.levels.at("nuclear-density")];
            QVERIFY2(tile.text.starts_with(tile.className == "lung_n" ? "lung n; " : "colon aca; "), tile.text.c_str());
            QVERIFY(tile.text.find(tile.levels.at("nuclear-density") + " nuclear density") != std::string::npos);
            QVERIFY2(!tile.levels.count("lumen"), "a constant attribute is not stated");
            QVERIFY(tile.tokens == promptTokens(tile.text) && tile.tokens <= 77);
            QCOMPARE(tile.measures.size(), std::size_t(4));
        }
        for (const auto& [key, n] : counts) QVERIFY2(n >= 6 && n <= 10, key.c_str());
        QCOMPARE(result.protocol["thresholds"]["lung_n"]["lumen"].contains("not_stated"), true);
        QCOMPARE(result.protocol["thresholds"]["lung_n"]["nuclear-density"]["tiles"].get<int>(), 24);
    }

    void heldOutTilesDoNotMoveTheThresholds() {
        auto r = request();
        r.holdOut = "/[67]$";
        const auto before = captionSet(r);
        QCOMPARE(before.protocol["held_out_tiles"].get<int>(), 12);
        QCOMPARE(before.protocol["thresholds"]["lung_n"]["nuclear-density"]["tiles"].get<int>(), 18);
        const auto file = at("set/lung_n/g7_23.png");
        const auto kept = readFile(file);
        writePng(file, paintedTile({.nuclei = 0, .darker = 60, .size = 64}), {}, IfExists::Replace);
        const auto after = captionSet(r);
        QCOMPARE(before.protocol["thresholds"], after.protocol["thresholds"]);
        QVERIFY(captionSet(request()).protocol["thresholds"] != before.protocol["thresholds"]);
        writeFileAtomically(file, kept, IfExists::Replace);
        for (const auto& tile : after.tiles) QCOMPARE(tile.heldOut, tile.group.ends_with("/6") || tile.group.ends_with("/7"));
        r.holdOut = "."; // nothing is left to learn from
        const auto none = captionSet(r);
        for (const auto& tile : none.tiles) QVERIFY(tile.levels.empty() && !tile.text.empty());
    }

    void filesAreReadBackAndNeverOverwritten() {
        const auto out = at("out/deep/metadata.jsonl");
        const auto result = captionSet(request());
        writeCaptions(result, out);
        const auto set = readTileSet(out);
        QCOMPARE(set.tiles.size(), std::size_t(48));
        QVERIFY(set.groupsKnown && set.faults.empty());
        for (std::size_t i = 0; i < 48; ++i) QVERIFY(!set.tiles[i].prompt.empty() && !set.tiles[i].className.empty());
        const auto row = rowsOf(out)[0];
        QVERIFY(!fs::path(row["file_name"].get<std::string>()).is_absolute());
        for (const char* key : {"class", "group", "text", "levels", "measures"}) QVERIFY2(row.contains(key), key);
        requireFormat(readJsonFile(at("out/deep/metadata.protocol.json")), "captions", 1, "protocol");
        const auto text = readFile(out);
        QCOMPARE(errorOf([&] { writeCaptions(result, out); }), "exists");
        QCOMPARE(readFile(out), text);
        write("half/metadata.protocol.json", "{}");
        QCOMPARE(errorOf([&] { requireCaptionPlace(at("half/metadata.jsonl")); }), "exists");
        QCOMPARE(errorOf([&] { requireCaptionPlace(at("half/metadata.csv")); }), "wrong-use");
    }

    void tablesByFile() {
        std::string tumor = "file,prob_Other,prob_Tumor\n", til = "file,prob_til\n";
        for (int i = 0; i < 24; ++i) {
            const auto name = "lung_n/g" + std::to_string(i / 3) + "_" + std::to_string(i) + ".png";
            tumor += name + "," + std::to_string(1 - i / 24.0) + "," + std::to_string(i / 24.0) + "\n";
            if (i % 2) til += name + ",0.5\n";
        }
        write("tumor.csv", tumor), write("til.csv", til);
        auto r = request();
        r.grammar = "pathldm";
        r.tumor = {at("tumor.csv"), ""}, r.til = {at("til.csv"), "til"};
        const auto result = captionSet(r);
        QCOMPARE(result.tiles.size(), std::size_t(24)); // nothing is known of the other class, and no caption is blank
        QCOMPARE(result.protocol["n_dropped"].get<int>(), 24);
        for (const auto& tile : result.tiles) {
            const int i = std::stoi(tile.name.substr(tile.name.find('_', 7) + 1));
            QCOMPARE(tile.text, std::string(i >= 12 ? "high tumor" : "low tumor") + (i % 2 ? "; high til" : ""));
        }
        QCOMPARE(result.protocol["tiles_with_til_level"].get<int>(), 12);
    }

    void tablesByPlace() {
        std::string rows;
        for (int i = 0; i < 24; ++i)
            rows += Json{{"file_name", "set/lung_n/g" + std::to_string(i / 3) + "_" + std::to_string(i) + ".png"},
                         {"class", "lung"},
                         {"group", "p" + std::to_string(i / 3)},
                         {"slide", i < 12 ? "S1.svs" : "S2.svs"},
                         {"x", (i % 12) * 100},
                         {"y", 0},
                         {"width", 100},
                         {"height", 100}}
                        .dump() +
                    "\n";
        write("places.jsonl", rows);
        write("tables/S1.csv", "minx,miny,width,height,prob_Tumor\n0,0,600,100,0.9\n600,0,700,100,0.2\n");
        auto r = request();
        r.groupPattern.clear(), r.data = at("places.jsonl"), r.grammar = "pathldm";
        r.tumor.table = at("tables"); // no table for the second slide
        const auto result = captionSet(r);
        QCOMPARE(result.tiles.size(), std::size_t(12));
        for (const auto& tile : result.tiles)
            QCOMPARE(tile.text, std::string(std::stoi(tile.name.substr(tile.name.rfind('_') + 1)) < 6 ? "high tumor" : "low tumor"));
    }

    void reports() {
        write("reports/0.txt",
              "Diagnosis: Papillary carcinoma with necrosis. No vascular invasion. Seen by Dr. Quillfeather on 3 March 2008.");
        write("reports/1.part.txt",
              std::string("Diagnose: Das ist ein Karzinom der Lunge und nicht auf Englisch, mit Nekrosen und ohne Gefäße."));
        write("reports/2.txt", "");
        auto r = request();
        r.reports = at("reports");
        const auto result = captionSet(r);
        for (const auto& tile : result.tiles)
            QCOMPARE(tile.text.ends_with("; Papillary carcinoma with necrosis. No vascular invasion."), tile.group.ends_with("/0"));
        QVERIFY(result.protocol.dump().find("Quill") == std::string::npos);
        int refused = 0, missing = 0;
        for (const auto& row : result.protocol["reports"]) refused += row.contains("refused"), missing += row.contains("missing");
        QCOMPARE(refused, 4);
        QCOMPARE(missing, 10);
        r.promptTokens = 24; // the second sentence does not fit, and that is listed
        const auto shorter = captionSet(r);
        for (const auto& tile : shorter.tiles) QVERIFY(tile.tokens <= 24);
        QCOMPARE(shorter.protocol["n_rewritten"].get<int>(), 6);
        r.promptTokens = 77, r.summariser = "echo Solid carcinoma.";
        QVERIFY(captionSet(r).tiles[0].text.ends_with("; Solid carcinoma."));
    }

    void requestsThatAreRefused() {
        const auto code = [&](auto change) {
            auto r = request();
            change(r);
            return errorOf([&] { captionSet(r); });
        };
        QCOMPARE(code([](auto& r) { r.data = "/nowhere"; }), "not-found");
        QCOMPARE(code([](auto& r) { r.grammar = "other"; }), "wrong-use");
        QCOMPARE(code([](auto& r) { r.holdOut = "("; }), "wrong-use");
        QCOMPARE(code([](auto& r) { r.groupPattern = "", r.holdOut = "3"; }), "wrong-use");
        QCOMPARE(code([](auto& r) { r.promptTokens = 3; }), "wrong-use");
        QCOMPARE(code([](auto& r) { r.threshold = 2; }), "wrong-use");
        QCOMPARE(code([](auto& r) { r.reports = "/nowhere"; }), "not-found");
        QCOMPARE(code([](auto& r) { r.tumor.table = "/nowhere/t.csv"; }), "not-found");
        QCOMPARE(code([](auto& r) { r.grammar = "pathldm"; }), "wrong-use"); // nothing is known that it states
        QCOMPARE(code([](auto& r) { r.classNames["lung_n"] = "a; b"; }), "wrong-use");
        QCOMPARE(code([](auto& r) { r.summaryTokens = 2; }), ""); // asked of reports alone
        write("broken.csv", "file,prob_t\na.png,x\n");
        QCOMPARE(code([&](auto& r) { r.til.table = at("broken.csv"); }), "corrupt");
    }

    void tilesThatCannotBeReadAreListed() {
        write("set/lung_n/g9_bad.png", "no picture");
        writePng(at("set/lung_n/g9_small.png"), paintedTile({.size = 32}));
        const auto result = captionSet(request());
        QCOMPARE(result.tiles.size(), std::size_t(48));
        QCOMPARE(result.protocol["n_dropped"].get<int>(), 2);
        fs::remove(at("set/lung_n/g9_bad.png")), fs::remove(at("set/lung_n/g9_small.png"));
    }

    void stopping() {
        int calls = 0;
        QCOMPARE(errorOf([&] {
                     captionSet(request(), [&](const Progress&) {
                         if (++calls == 3) throw Cancelled();
                     });
                 }),
                 "cancelled");
    }
};

PHLOXINE_TEST(annotate_captions, CaptionSetTest, NoApplication)
#include "test_caption_set.moc"
