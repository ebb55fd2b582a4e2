// What a training looks at: pure, balanced, stratified, and never a held-out tile; captions; what stands on both sides of the hold-out.
#include <set>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Dice.h"
#include "core/condition/ClipTokenizer.h"
#include "core/region/cut_tiles.h"
#include "core/region/region_files.h"
#include "core/train/draws.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;

namespace {

bool equal(const StepDraws& a, const StepDraws& b) {
    return a.tiles == b.tiles && a.variants == b.variants && a.captions == b.captions && a.levels == b.levels && a.noiseSeed == b.noiseSeed;
}

} // namespace

class DrawsTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    std::filesystem::path folder(const char* name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }
    static TrainRecipe recipe() { return trainRecipeFromJson(smallDiffusion("a"), "r"); }
    TrainingSet set() const { return readTrainingSet(folder("tissue"), recipe().data, {}); }

    // A set of one picture per row of metadata.jsonl.
    std::filesystem::path writeRows(const char* name, const std::vector<Json>& rows, bool different = true) const {
        std::filesystem::create_directories(folder(name));
        std::string lines;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            Image image(16, 16);
            image.rgb[0] = std::uint8_t(different ? i + 1 : 1);
            writePng(folder(name) / rows[i]["file_name"].get<std::string>(), image);
            lines += rows[i].dump() + "\n";
        }
        writeFileAtomically(folder(name) / "metadata.jsonl", lines, IfExists::Replace);
        return folder(name);
    }

private slots:
    void initTestCase() { writeTissue(folder("tissue")); }

    void heldOutGroupsTrainNothing() {
        const auto tiles = set();
        QCOMPARE(tiles.tiles.size(), std::size_t(24));
        QCOMPARE(tiles.rows(true).size(), std::size_t(4)); // group 3 of each class
        QVERIFY(tiles.leaks.empty());
        const auto r = recipe();
        const Draws draws(tiles, r);
        std::set<int> seen;
        for (int step = 0; step < 400; ++step)
            for (const int row : draws.at(step).tiles) {
                QVERIFY(!tiles.tiles[std::size_t(row)].heldOut &&
                        !QString::fromStdString(tiles.tiles[std::size_t(row)].name).contains("g003"));
                seen.insert(row);
            }
        QCOMPARE(seen.size(), std::size_t(20));
    }

    // A group pattern over file names takes the place of the metadata's groups, and a patient on both sides is told all the same.
    void patientsOnBothSidesAreTold() {
        RecipeData data;
        data.tileSizePx = 16, data.groupPattern = "^f([0-9]+)", data.holdOut = "2$";
        const auto both = writeRows("patients", {{{"file_name", "f1.png"}, {"class", "a"}, {"patient", "P1"}, {"slide", "S1"}},
                                                 {{"file_name", "f2.png"}, {"class", "a"}, {"patient", "P1"}, {"slide", "S2"}},
                                                 {{"file_name", "f3.png"}, {"class", "a"}, {"patient", "P2"}, {"slide", "S3"}}});
        const auto told = readTrainingSet(both, data, {}).leaks;
        QCOMPARE(told.size(), std::size_t(1));
        QVERIFY2(told[0].find("\"patient\"") != std::string::npos && told[0].find("P1") != std::string::npos, told[0].c_str());
        data.holdOut = "3$";
        QVERIFY(readTrainingSet(both, data, {}).leaks.empty());
    }

    void pureAndBalanced() {
        const auto tiles = set();
        const auto r = recipe();
        const Draws draws(tiles, r), others(tiles, r);
        std::vector<StepDraws> forward;
        for (int step = 0; step < 50; ++step) forward.push_back(draws.at(step));
        for (int step = 49; step >= 0; --step) QVERIFY(equal(others.at(step), forward[std::size_t(step)])); // in any order
        QVERIFY(!equal(forward[0], forward[1]));
        std::map<int, int> counts, classes;
        for (const auto& step : forward)
            for (const int row : step.tiles) ++counts[row], ++classes[tiles.tiles[std::size_t(row)].classIndex];
        QCOMPARE(classes[0], 100);
        QCOMPARE(classes[1], 100);
        for (const auto& [row, count] : counts) QCOMPARE(count, 10); // 10 tiles a class: whole turns
        auto other = r;
        other.seed = 2;
        QVERIFY(!equal(Draws(tiles, other).at(7), forward[7]));
    }

    void levelsAreStratified() {
        const auto tiles = set();
        auto r = recipe();
        r.batch = 8;
        const Draws draws(tiles, r);
        for (int step = 0; step < 30; ++step) {
            const auto drawn = draws.at(step);
            std::set<int> parts;
            for (const double u : drawn.levels) {
                QVERIFY(u >= 0 && u < 1);
                parts.insert(int(u * 8));
            }
            QCOMPARE(parts.size(), std::size_t(8));
            for (const int v : drawn.variants) QVERIFY(v >= 0 && v < 8);
        }
        r.dihedral = false;
        for (const int v : Draws(tiles, r).at(3).variants) QCOMPARE(v, 0);
    }

    void captionsByTheChances() {
        const RecipeClass tissue{"c", "C", "", "", {"benign colon", "normal colon"}};
        TrainingTile tile;
        tile.levels = {AttributeLevel::High, {}, AttributeLevel::Low, {}};
        Dice dice(1);
        RecipeCaptions chances{0.5, 0.5, 0.5, 0.1};
        int named = 0, dense = 0;
        for (int i = 0; i < 2000; ++i) {
            const auto caption = composedCaption(tile, tissue, chances, dice);
            QVERIFY(!caption.empty());
            named += caption.find("colon") != caption.npos;
            const auto levels = attributeLevelsIn(caption); // what readers of captions make of it
            dense += levels[0].has_value();
            QVERIFY(!levels[0] || *levels[0] == AttributeLevel::High);
            QVERIFY(!levels[1] && !levels[3]);
        }
        QVERIFY(named > 1150 && named < 1350); // half, and those that would be empty
        QVERIFY(dense > 900 && dense < 1100);
        QCOMPARE(usualCaption(tile, tissue, chances),
                 std::string("benign colon, ") + attributes()[0].phrases[2].front() + ", " + attributes()[2].phrases[0].front());
        tile.text = "as written";
        QCOMPARE(composedCaption(tile, tissue, chances, dice), std::string("as written"));
        auto composed = chances;
        composed.composed = true;
        QVERIFY(composedCaption(tile, tissue, composed, dice) != "as written" && usualCaption(tile, tissue, composed) != "as written");
    }

    // Whatever is composed of prompts and attributes can be learned: a comma may become one piece with the punctuation before it.
    void everyPieceOfACaptionIsKnown() {
        TrainingSet set;
        set.classes = {{"a", "A", {}, {}, {"lung (scc)", "50%", "is it lung?"}}, {"b", "B", {}, {}, {"colon, benign!"}}};
        RecipeCaptions chances;
        chances.attributeChance = 0.8, chances.shuffleChance = 0.5;
        std::set<std::int64_t> known;
        for (const auto& phrase : possiblePhrases(set, chances))
            for (const auto id : ClipTokenizer::shared().encode(phrase)) known.insert(id);
        TrainingTile tile;
        tile.levels = {AttributeLevel::High, AttributeLevel::Low, AttributeLevel::Low, AttributeLevel::High};
        Dice dice(5);
        for (int i = 0; i < 200; ++i) {
            const auto caption = composedCaption(tile, set.classes[std::size_t(i % 2)], chances, dice);
            for (const auto id : ClipTokenizer::shared().encode(caption)) QVERIFY2(known.count(id), caption.c_str());
        }
    }

    void droppedCaptions() {
        const auto tiles = set();
        auto r = recipe();
        r.captions.dropChance = 0.25, r.batch = 16;
        const Draws draws(tiles, r);
        int dropped = 0;
        for (int step = 0; step < 250; ++step)
            for (const auto& caption : draws.at(step).captions) dropped += caption.empty();
        QVERIFY2(dropped > 880 && dropped < 1120, qPrintable(QString::number(dropped)));
    }

    void readsRowsOfMetadata() {
        const auto path = writeRows(
            "rows",
            {{{"file_name", "a.png"}, {"class", "x"}, {"patient", "p1"}, {"levels", {{"nuclear-density", "high"}, {"lumen", "odd"}}}},
             {{"file_name", "b.png"}, {"class", "x"}, {"patient", "p2"}, {"text", "own words"}}});
        RecipeData data;
        data.holdOut = "^p2$";
        const auto tiles = readTrainingSet(path, data, {});
        QVERIFY(!tiles.tiles[0].heldOut && tiles.tiles[1].heldOut);
        QVERIFY(tiles.tiles[0].levels[0] == AttributeLevel::High);
        QVERIFY(!tiles.tiles[0].levels[3]);
        QCOMPARE(tiles.tiles[1].text, std::string("own words"));
    }

    void readsATableOfCaptions() {
        auto data = recipe().data;
        data.captions = folder("captions.jsonl").string();
        const auto write = [&](const char* text) { writeFileAtomically(data.captions, text, IfExists::Replace); };
        write("{\"file_name\": \"dense/g000_0.png\", \"levels\": {\"nuclear-density\": \"low\"}}\n");
        const auto tiles = readTrainingSet(folder("tissue"), data, {});
        QVERIFY(tiles.tiles[0].levels[0] == AttributeLevel::Low && !tiles.tiles[1].levels[0]);
        QCOMPARE(tiles.sha256, set().sha256);
        QVERIFY(tiles.captionSha256 != set().captionSha256);
        std::string message;
        write("{\"file_name\": \"g000_0.png\"}\n");
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {}); }, &message), "wrong-use");
        QVERIFY(message.find("name no tile") != std::string::npos);
        write("{\"name\": 1}\n");
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {}); }), "corrupt");
        write("{");
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {}); }), "corrupt");
        std::filesystem::remove(data.captions);
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {}); }), "not-found");
    }

    void groupsOnBothSidesAreNamed() { // the hold-out takes one class of a patient and not the other
        const auto path = writeRows("sides", {{{"file_name", "a.png"}, {"class", "x"}, {"patient", "x/p1"}},
                                              {{"file_name", "b.png"}, {"class", "x"}, {"patient", "x/p2"}},
                                              {{"file_name", "c.png"}, {"class", "y"}, {"patient", "y/p1"}}});
        RecipeData data;
        data.holdOut = "^x/p1$";
        const auto tiles = readTrainingSet(path, data, {});
        QCOMPARE(tiles.leaks.size(), std::size_t(1));
        QVERIFY2(QString::fromStdString(tiles.leaks[0]).contains("held out: p1."), tiles.leaks[0].c_str());
    }

    void copiesOfHeldOutTilesAreHeldOut() {
        std::filesystem::create_directories(folder("twins"));
        std::filesystem::copy(folder("tissue"), folder("twins"),
                              std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
        std::filesystem::copy_file(folder("twins") / "dense" / "g003_0.png", folder("twins") / "dense" / "g000_9.png");
        const auto tiles = readTrainingSet(folder("twins"), recipe().data, {});
        QCOMPARE(tiles.rows(true).size(), std::size_t(5));
        QCOMPARE(tiles.leaks.size(), std::size_t(1));
        QVERIFY2(QString::fromStdString(tiles.leaks[0]).contains("dense/g000_9.png"), tiles.leaks[0].c_str());
    }

    void tilesOfSlidesAreHeldOutByPatient() { // two slides of each patient, two classes on each slide
        std::filesystem::create_directories(folder("slides"));
        for (const int i : {0, 1, 2, 3}) {
            const auto name = "TCGA-AA-000" + std::to_string(i / 2) + "-0" + std::to_string(i) + "A";
            auto image = syntheticSlide(256, 128, std::uint64_t(i + 1))->read(0, 0, 0, 256, 128);
            image.scale = {0.5, ScaleSource::User};
            writePng(folder("slides") / (name + ".png"), image);
            const Ring left{{0, 0}, {128, 0}, {128, 128}, {0, 128}}, right{{128, 0}, {256, 0}, {256, 128}, {128, 128}};
            writeRegions(folder("slides") / (name + ".geojson"),
                         {{"1", "", "tumour", "", "annotation", {{left, {}}}}, {"2", "", "stroma", "", "annotation", {{right, {}}}}},
                         RegionFormat::GeoJson);
        }
        CutRequest request;
        request.tilePx = 32, request.tissueShare = 0.9; // lumens without nuclei are all alike
        cutTiles(findSlides({folder("slides")}, {}, {}), request, folder("cut"));
        RecipeData data;
        data.holdOut = "^TCGA-AA-0001$";
        const auto tiles = readTrainingSet(folder("cut"), data, {});
        QVERIFY(tiles.tiles.size() > 40 && !tiles.rows(false).empty());
        QCOMPARE(tiles.classes.size(), std::size_t(2));
        QVERIFY(tiles.leaks.empty());
        for (const auto& tile : tiles.tiles)
            QCOMPARE(tile.heldOut, QString::fromStdString(tile.name).contains("/TCGA-AA-0001-0")); // on both slides, in both classes
        const auto copied = tiles.tiles[std::size_t(tiles.rows(true).front())].file,
                   over = tiles.tiles[std::size_t(tiles.rows(false).front())].file;
        std::filesystem::copy_file(copied, over, std::filesystem::copy_options::overwrite_existing);
        const auto leaking = readTrainingSet(folder("cut"), data, {});
        QCOMPARE(leaking.rows(true).size(), tiles.rows(true).size() + 1);
        QCOMPARE(leaking.leaks.size(), std::size_t(1));
        QVERIFY(leaking.leaks[0].find(over.filename().string()) != std::string::npos);
    }

    void unknownGroupsAreNamed() {
        auto data = recipe().data;
        data.groupPattern.clear(), data.holdOut = "g003";
        const auto tiles = readTrainingSet(folder("tissue"), data, {});
        QCOMPARE(tiles.leaks.size(), std::size_t(1));
        QVERIFY(QString::fromStdString(tiles.leaks[0]).contains("group pattern"));
    }

    void whatCannotTrain() {
        auto data = recipe().data;
        std::string message;
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {{"dense", "D", "", "", {"d"}}}); }, &message), "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("\"sparse\""));
        QCOMPARE(errorOf(
                     [&] {
                         readTrainingSet(folder("tissue"), data,
                                         {{"dense", "D", "", "", {"d"}}, {"sparse", "S", "", "", {"s"}}, {"third", "T", "", "", {"t"}}});
                     },
                     &message),
                 "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("\"third\""));
        data.holdOut = "nothing";
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {}); }), "wrong-use");
        data.holdOut = "dense";
        QCOMPARE(errorOf([&] { readTrainingSet(folder("tissue"), data, {}); }), "wrong-use");
        QCOMPARE(errorOf([&] { readTrainingSet(folder("nowhere"), data, {}); }), "not-found");
    }
};

PHLOXINE_TEST(train_draws, DrawsTest, QCoreApplication)
#include "test_draws.moc"
