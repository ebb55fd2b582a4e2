// Grids and variations: what an axis may say, which requests come of it, and that variations lead from one tile to another.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/generate/grid.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

using Values = std::vector<std::string>;

GenerateRequest quick() {
    GenerateRequest r;
    r.classId = "lung_scc", r.steps = 2, r.seed = 5;
    return r;
}

Image tileOf(ModelStore& store, const GenerateRequest& request) {
    Image image;
    GenerateHooks hooks;
    hooks.tile = [&](int, const Tile& tile) { image = tile.image; };
    generate(store, request, hooks);
    return image;
}

double distance(const Image& a, const Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
    return sum / double(a.rgb.size());
}

} // namespace

class TestGrid : public QObject {
    Q_OBJECT
private slots:
    void axes() {
        QVERIFY(gridAxis("guidance=1,2.5,4").values == (Values{"1", "2.5", "4"}));
        QVERIFY(gridAxis("seed=1..4").values == (Values{"1", "2", "3", "4"}));
        QVERIFY(gridAxis("variation=0..1/0.25").values == (Values{"0", "0.25", "0.5", "0.75", "1"}));
        QVERIFY(gridAxis("guidance=0.1..0.5/0.1").values == (Values{"0.1", "0.2", "0.3", "0.4", "0.5"}));
        QVERIFY(gridAxis("seed=9,20..22").values == (Values{"9", "20", "21", "22"}));
        QVERIFY(gridAxis("append=\"pale stain, low lumen\", ,dark stain").values == (Values{"pale stain, low lumen", "", "dark stain"}));
        QVERIFY(gridAxis("prompt", "a..b").values == Values{"a..b"}); // two dots in words are no range
    }

    void refusedAxes_data() {
        QTest::addColumn<QString>("text");
        for (const char* text :
             {"guidance", "nothing=1", "guidance=", "guidance=1,,2", "guidance=a", "steps=1.5", "seed=-1", "seed=5..1", "seed=1..9/0",
              "seed=1..1000", "guidance=1..x", "prompt=\"open", "seed=99999999999999999999999", "guidance=nan..2"})
            QTest::newRow(text) << QString::fromLatin1(text);
    }
    void refusedAxes() {
        QFETCH(QString, text);
        QCOMPARE(errorOf([&] { gridAxis(text.toStdString()); }), "wrong-use");
    }

    void requests() {
        Grid grid{quick(), gridAxis("guidance=1,3"), gridAxis("class=lung_n,colon_n,lung_aca")};
        QCOMPARE(grid.columns() * grid.rows(), std::size_t(6));
        QCOMPARE(grid.at(1, 2).guidance, 3.0);
        QCOMPARE(grid.at(1, 2).classId, std::string("lung_aca"));
        QCOMPARE(grid.at(1, 2).seed, std::uint64_t(5));
        validate(grid);
        Grid words{quick(), gridAxis("append=pale stain,dark stain"), {}};
        words.base.classId.clear(), words.base.prompt = "benign lung";
        QCOMPARE(words.at(1, 0).prompt, std::string("benign lung, dark stain"));
        QCOMPARE(errorOf([&] { validate(Grid{quick(), {}, {}}); }), "wrong-use");
        QCOMPARE(errorOf([&] { validate(Grid{quick(), gridAxis("seed=1,2"), gridAxis("seed=3,4")}); }), "wrong-use");
        QCOMPARE(errorOf([&] { validate(Grid{quick(), gridAxis("guidance=1,31"), {}}); }), "wrong-use");
        QCOMPARE(errorOf([&] { validate(Grid{quick(), gridAxis("variation=0,1"), {}}); }), "wrong-use"); // towards which seed?
        QCOMPARE(errorOf([&] { (void)Grid{quick(), gridAxis("lora-strength=0,1"), {}}.at(0, 0); }), "wrong-use");
    }

    void largeSheetsAreReduced() {
        Image tile(1024, 512);
        tile.scale = {0.5, ScaleSource::Property};
        QVERIFY(tileForSheet(tile, 100) == tile);
        const auto small = tileForSheet(tile, 4096);
        QVERIFY(double(small.width) * small.height * 4096 <= 64e6 && small.width > 2 * small.height - 3);
        QVERIFY(std::abs(small.scale.micronsPerPixel * small.width / (0.5 * 1024) - 1) < 1e-9);
        QVERIFY(tileForSheet(Image(4096, 4096), 1u << 20).width >= 1);
    }

    void goesOnWhereItStopped() {
        QTemporaryDir folder;
        ModelStore store;
        const Grid grid{quick(), gridAxis("guidance=1,2"), gridAxis("seed=5,6")};
        const fs::path out = folder.filePath("grid").toStdString();
        int made = 0;
        GenerateHooks stopping;
        stopping.step = [&](int tile, int, int) {
            if (tile == 2) throw Cancelled();
        };
        stopping.tile = [&](int, const Tile&) { ++made; };
        QVERIFY_EXCEPTION_THROWN(generateGrid(store, grid, out, stopping), Cancelled);
        QCOMPARE(made, 2);
        const auto result = generateGrid(store, grid, out, {});
        QCOMPARE(result.made, 2);
        QCOMPARE(result.kept, 2);
        const auto sheet = readPng(result.sheet).image;
        QVERIFY(sheet.width > 2 * 224 && sheet.height > 2 * 224);
        QVERIFY(requestFromPng(out / "2-1" / "lung_scc-6.png").seed == 6);
        auto other = grid;
        other.base.steps = 3;
        QCOMPARE(errorOf([&] { generateGrid(store, other, out, {}); }), "exists");
    }

    // At 0 the tile of the seed, at 1 that of the other, and further apart with each step between.
    void variationsLeadFromTileToTile() {
        ModelStore store;
        auto request = quick();
        const auto from = tileOf(store, request);
        request.seed = 77;
        const auto to = tileOf(store, request);
        request = quick(), request.variationSeed = 77;
        QCOMPARE(distance(tileOf(store, request), from), 0.0);
        double before = 0;
        for (const double share : {0.1, 0.4, 0.8}) {
            request.variation = share;
            const double moved = distance(tileOf(store, request), from);
            QVERIFY2(moved > before, qPrintable(QString::number(moved)));
            before = moved;
        }
        request.variation = 1;
        QCOMPARE(distance(tileOf(store, request), to), 0.0);
    }

    void variationsOfOneTileCountTheirOwnSeed() {
        auto request = quick();
        request.variationSeed = 100, request.variation = 0.2, request.count = 3;
        const auto third = forTile(request, 2);
        QCOMPARE(third.seed, std::uint64_t(5));
        QCOMPARE(*third.variationSeed, std::uint64_t(102));
        QVERIFY(tileFileName(third) != tileFileName(forTile(request, 1)));
        QVERIFY(generateRequestFromJson(toJson(request), "x") == request);
        QVERIFY(parametersText(request).find("Variation seed: 100, Variation seed strength: 0.2") != std::string::npos);
        request.variation = 1.5;
        QCOMPARE(errorOf([&] { validate(request); }), "wrong-use");
    }
};

PHLOXINE_TEST(generate_grid, TestGrid, QCoreApplication)
#include "test_grid.moc"
