// Sets on disk: what is a tile, which group it belongs to, and what happens to files that are none.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/measure/TileSet.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TileSetTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path at(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
    fs::path tile(const char* name, int side = 16, std::uint8_t grey = 200) const {
        Image image(side, side);
        std::fill(image.rgb.begin(), image.rgb.end(), grey);
        fs::create_directories(at(name).parent_path());
        writePng(at(name), image);
        return at(name);
    }
    void text(const char* name, std::string_view words) const {
        fs::create_directories(at(name).parent_path());
        writeFileAtomically(at(name), words, IfExists::Replace);
    }

private slots:
    void foldersAreClassesAndPatternsAreGroups() {
        tile("a/colon/g1_1.png"), tile("a/colon/g1_2.png"), tile("a/lung/g1_1.png");
        text("a/README.md", "not a tile");
        tile("a/.hidden/x.png");
        const auto plain = readTileSet(at("a"));
        QCOMPARE(plain.tiles.size(), std::size_t(3));
        QVERIFY(!plain.groupsKnown);
        QCOMPARE(groupNumbers(plain.tiles), (std::vector{0, 1, 2}));
        const auto grouped = readTileSet(at("a"), {.groupPattern = "^g([0-9]+)_"});
        QVERIFY(grouped.groupsKnown);
        QCOMPARE(grouped.tiles[2].className, std::string("lung"));
        QCOMPARE(groupNumbers(grouped.tiles), (std::vector{0, 0, 1})); // field 1 of the lung is another field
        QCOMPARE(errorOf([&] { readTileSet(at("a"), {.groupPattern = "^x([0-9]+)_"}); }), "wrong-use");
        QCOMPARE(errorOf([&] { readTileSet(at("a"), {.groupPattern = "("}); }), "wrong-use");
    }

    void metadataNamesClassGroupAndScale() {
        tile("b/1.png"), tile("b/2.png");
        text("b/metadata.jsonl",
             "{\"file_name\": \"1.png\", \"label\": \"colon\", \"patient\": \"p7\", \"mpp\": 0.5, \"prompt\": \"benign colon\"}\n\n"
             "{\"file_name\": \"2.png\", \"class\": \"lung\", \"patient\": 8}\n{\"file_name\": \"gone.png\"}\n");
        const auto set = readTileSet(at("b"));
        QCOMPARE(set.tiles.size(), std::size_t(2));
        QCOMPARE(set.tiles[0].group, std::string("p7"));
        QCOMPARE(set.tiles[1].group, std::string("8"));
        QCOMPARE(set.tiles[0].prompt, std::string("benign colon"));
        QCOMPARE(set.tiles[0].scale.micronsPerPixel, 0.5);
        QCOMPARE(set.groupSource, std::string("metadata.jsonl: patient"));
        QCOMPARE(set.faults.size(), std::size_t(1));
        QCOMPARE(set.faults[0].name, std::string("gone.png"));
    }

    void whatIsNoTileIsNamedAndCounted() {
        for (int i = 0; i < 6; ++i) tile(("c/" + std::to_string(i) + ".png").c_str(), 16, std::uint8_t(i));
        tile("c/large.png", 32);
        text("c/empty.png", "");
        text("c/words.jpg", "not a picture");
        auto set = readTileSet(at("c"));
        std::vector<std::string> used;
        forEachTile(set, [&](const TileEntry& entry, const Image&) { used.push_back(entry.name); });
        QCOMPARE(used.size(), std::size_t(6));
        QCOMPARE(set.tiles.size(), std::size_t(6));
        for (std::size_t i = 0; i < used.size(); ++i) QCOMPARE(set.tiles[i].name, used[i]);
        QCOMPARE(set.faults.size(), std::size_t(3));
        for (const auto& fault : set.faults) QVERIFY2(!fault.reason.empty() && fault.reason.back() == '.', fault.reason.c_str());
    }

    void wrongSetsSaySo() {
        fs::create_directories(at("d"));
        QCOMPARE(errorOf([&] { readTileSet(at("d")); }), "not-found");
        QCOMPARE(errorOf([&] { readTileSet(at("nowhere")); }), "not-found");
        QCOMPARE(errorOf([&] { readTileSet(tile("d1/one.png")); }), "wrong-use");
        text("e/metadata.jsonl", "{\"label\": \"colon\"}\n");
        QCOMPARE(errorOf([&] { readTileSet(at("e")); }), "corrupt");
        text("f/metadata.jsonl", "{\"file_name\": ");
        QCOMPARE(errorOf([&] { readTileSet(at("f")); }), "corrupt");
        text("g/metadata.jsonl", "[1]\n");
        QCOMPARE(errorOf([&] { readTileSet(at("g")); }), "corrupt");
    }

    void contentIsKnownByItsBytes() {
        tile("h/1.png", 16, 1), tile("h/2.png", 16, 2), tile("i/x.png", 16, 1), tile("i/y.png", 16, 2), tile("j/x.png", 16, 3);
        QCOMPARE(contentSha256(readTileSet(at("h"))), contentSha256(readTileSet(at("i"))));
        QVERIFY(contentSha256(readTileSet(at("h"))) != contentSha256(readTileSet(at("j"))));
    }
};

PHLOXINE_TEST(measure_tile_set, TileSetTest, QCoreApplication)
#include "test_tile_set.moc"
