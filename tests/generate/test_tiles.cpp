// The same request gives the same pixels, whatever stands around it.
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;

class TestTiles : public QObject {
    Q_OBJECT
    ModelStore m_store;

private slots:
    void sameRequestSamePixels() {
        const auto first = tilesOf(m_store, quickRequest()), second = tilesOf(m_store, quickRequest());
        QCOMPARE(first.size(), std::size_t(1));
        QVERIFY(first[0].image == second[0].image);
        QCOMPARE(first[0].image.width, 224);
        ModelStore other; // loaded anew
        QVERIFY(tilesOf(other, quickRequest())[0].image == first[0].image);
        QVERIFY(!(tilesOf(m_store, quickRequest(1, 12))[0].image == first[0].image));
    }

    void tileOfManyEqualsTheSingleOne() {
        const auto many = tilesOf(m_store, quickRequest(8, 100));
        QCOMPARE(many.size(), std::size_t(8));
        QVERIFY(many[5].image == tilesOf(m_store, quickRequest(1, 105))[0].image);
        QCOMPARE(many[5].request.seed, std::uint64_t(105));
        QVERIFY(tilesOf(m_store, many[5].request)[0].image == many[5].image); // from its provenance
    }

    // Three tiles in batches of two: the padding must not show.
    void paddedBatchDoesNotChangeATile() {
        auto request = quickRequest(3, 40);
        request.batch = 2;
        const auto tiles = tilesOf(m_store, request);
        QCOMPARE(tiles.size(), std::size_t(3));
        QCOMPARE(tiles[2].request.batch, 2);
        QVERIFY(tilesOf(m_store, forTile(request, 2))[0].image == tiles[2].image);
        QVERIFY(tilesOf(m_store, forTile(request, 0))[0].image == tiles[0].image);
    }

    // The last bits depend on where in a batch a tile is computed: it is made again there.
    void tileOfABatchIsMadeAgainInItsPlace() {
        auto request = quickRequest(5, 60);
        request.batch = 3;
        const auto tiles = tilesOf(m_store, request);
        QCOMPARE(tiles.size(), std::size_t(5));
        for (int i = 0; i < 5; ++i) {
            const auto& made = tiles[std::size_t(i)];
            QCOMPARE(made.request.place, i % 3);
            QCOMPARE(forTile(request, i).place, i % 3);
            QVERIFY2(tilesOf(m_store, made.request)[0].image == made.image, QByteArray::number(i));
        }
        auto rest = tiles[2].request; // a run that goes on in the middle of a batch
        rest.count = 3;
        const auto again = tilesOf(m_store, rest);
        QCOMPARE(again.size(), std::size_t(3));
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(again[i].image == tiles[i + 2].image);
            QVERIFY(again[i].request == tiles[i + 2].request);
        }
        rest.place = 3;
        QCOMPARE(errorOf([&] { (void)tilesOf(m_store, rest); }), "wrong-use");
    }

    void everySamplerAndPrecisionRepeats_data() {
        QTest::addColumn<QByteArray>("sampler");
        QTest::addColumn<QByteArray>("precision");
        for (const auto& row : samplerRows())
            if (row.id != "flow_euler" && row.id != "scheduler") // for other kinds of models
                for (const auto* precision : {"fp32", "bf16"})
                    QTest::addRow("%s %s", row.id.c_str(), precision) << QByteArray::fromStdString(row.id) << QByteArray(precision);
    }
    void everySamplerAndPrecisionRepeats() {
        QFETCH(QByteArray, sampler);
        QFETCH(QByteArray, precision);
        auto request = quickRequest();
        request.sampler = sampler.toStdString();
        request.precision = precision.toStdString();
        const auto tile = tilesOf(m_store, request)[0];
        QVERIFY(tilesOf(m_store, request)[0].image == tile.image);
        QCOMPARE(tile.request.precision, request.precision);
    }

    // Hooks watch; they do not change what is made.
    void previewsDoNotChangeThePixels() {
        const auto plain = tilesOf(m_store, quickRequest())[0].image;
        std::vector<TilePreview> previews;
        int steps = 0;
        Image image;
        GenerateHooks hooks;
        hooks.step = [&](int, int, int) { ++steps; };
        hooks.preview = [&](const TilePreview& p) { previews.push_back(p); };
        hooks.tile = [&](int, const Tile& tile) { image = tile.image; };
        generate(m_store, quickRequest(), hooks);
        QVERIFY(image == plain);
        QVERIFY(steps >= 3);
        QVERIFY(!previews.empty());
        const auto& p = previews.back();
        QCOMPARE(p.image.width, 14);
        QCOMPARE(p.steps, 3);
        // The same field at a sixteenth of the pixels.
        QCOMPARE(p.image.scale.micronsPerPixel, 16 * image.scale.micronsPerPixel);
        QVERIFY(p.image.scale.source == image.scale.source);
    }

    void stopNow() {
        int tiles = 0;
        GenerateHooks hooks;
        hooks.step = [](int tile, int step, int) {
            if (tile == 1 && step == 1) throw Cancelled();
        };
        hooks.tile = [&](int, const Tile&) { ++tiles; };
        QCOMPARE(errorOf([&] { generate(m_store, quickRequest(4), hooks); }), "cancelled");
        QCOMPARE(tiles, 1);
        QCOMPARE(tilesOf(m_store, quickRequest()).size(), std::size_t(1)); // the store is still fit
    }

    void stopAfterTile() {
        int tiles = 0;
        GenerateHooks hooks;
        hooks.tile = [&](int, const Tile&) { ++tiles; };
        hooks.stopAfterTile = [&] { return tiles == 2; };
        QCOMPARE(errorOf([&] { generate(m_store, quickRequest(4), hooks); }), "cancelled");
        QCOMPARE(tiles, 2);
    }

    void resolvedRequestIsDefinite() {
        auto request = quickRequest();
        request.steps = 0;
        const auto r = resolve(request, m_store.find(""));
        QVERIFY(!r.model.empty() && !r.sampler.empty() && r.steps > 0 && r.guidance >= 0 && r.modelSha256.size() == 64 && !r.build.empty());
        QVERIFY(r.precision == "fp32" || r.precision == "bf16");
        QCOMPARE(r.device, std::string("cpu"));
        QVERIFY(resolve(r, m_store.find("")) == r);
    }

    void wrongRequestsAreSaid_data() {
        QTest::addColumn<QByteArray>("what");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("class") << QByteArray("class") << QByteArray("not-found");
        QTest::newRow("sampler") << QByteArray("sampler") << QByteArray("wrong-use");
        QTest::newRow("precision") << QByteArray("precision") << QByteArray("wrong-use");
        QTest::newRow("device") << QByteArray("device") << QByteArray("wrong-use");
        QTest::newRow("model") << QByteArray("model") << QByteArray("not-found");
        QTest::newRow("hash") << QByteArray("hash") << QByteArray("not-found");
        QTest::newRow("count") << QByteArray("count") << QByteArray("wrong-use");
    }
    void wrongRequestsAreSaid() {
        QFETCH(QByteArray, what);
        QFETCH(QByteArray, code);
        auto request = quickRequest();
        if (what == "class") request.classId = "lung_xyz";
        if (what == "sampler") request.sampler = "best";
        if (what == "precision") request.precision = "fp4";
        if (what == "device") request.device = "abacus";
        if (what == "model") request.model = "none";
        if (what == "hash") request.modelSha256 = std::string(64, '0');
        if (what == "count") request.count = 0;
        std::string message;
        QCOMPARE(errorOf([&] { generate(m_store, request, {}); }, &message), code);
        QVERIFY(message.ends_with(".") && message.find('\n') == std::string::npos);
        if (what == "class")
            QVERIFY2(message.find("lung_xyz") != std::string::npos && message.find("lung_scc") != std::string::npos, message.c_str());
    }

    void longPromptIsCutAndSaid() {
        auto request = quickRequest();
        request.classId.clear();
        const int words = m_store.find("").card.maxTokens - 2; // all that fit beside the start and the end
        for (int i = 0; i < words; ++i) request.prompt += "lung ";
        const auto cut = request.prompt + "keratin pearls";
        std::vector<std::string> notices;
        GenerateHooks hooks;
        hooks.notice = [&](const std::string& s) { notices.push_back(s); };
        Image a, b;
        hooks.tile = [&](int, const Tile& tile) { a = tile.image; };
        generate(m_store, request, hooks);
        QVERIFY(notices.empty());
        hooks.tile = [&](int, const Tile& tile) { b = tile.image; };
        request.prompt = cut;
        generate(m_store, request, hooks);
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY2(notices[0].find("cut") != std::string::npos && notices[0].find("pearls") != std::string::npos, notices[0].c_str());
        QVERIFY(a == b);
    }

    // The memory is full at the first step of the first, second and third attempt; the run goes on in smaller steps and says so.
    void fullMemoryIsAnsweredWithSmallerSteps() {
        auto request = quickRequest(5, 60);
        request.batch = 4;
        std::vector<std::string> notices;
        std::vector<Tile> tiles;
        int failures = 0;
        GenerateHooks hooks;
        hooks.notice = [&](const std::string& s) { notices.push_back(s); };
        hooks.tile = [&](int, const Tile& tile) { tiles.push_back(tile); };
        hooks.step = [&](int tile, int, int) {
            if (tile == (failures == 0 ? 0 : 2) && failures < 3) ++failures, throw std::bad_alloc();
        };
        generate(m_store, request, hooks);
        QCOMPARE(notices.size(), std::size_t(3));
        QVERIFY2(notices[0].find("2 tiles at once") != std::string::npos && notices[0].find("Nothing is lost") != std::string::npos,
                 notices[0].c_str());
        QVERIFY2(notices[1].find("one tile at once") != std::string::npos && notices[1].find("2 of 5 tiles") != std::string::npos,
                 notices[1].c_str());
        QVERIFY2(notices[2].find("gave unused memory back") != std::string::npos, notices[2].c_str());
        for (const auto& notice : notices)
            QVERIFY(notice.find('\n') == std::string::npos && notice.find("seeds did not change") != std::string::npos);
        QCOMPARE(tiles.size(), std::size_t(5));
        QCOMPARE(tiles[0].request.batch, 2);
        QCOMPARE(tiles[4].request.batch, 1);
        for (const auto& tile : tiles) QVERIFY(tilesOf(m_store, tile.request)[0].image == tile.image); // from its provenance
    }

    void fullMemoryEndsTheRunWhenOneTileDoesNotFit() {
        int notices = 0;
        GenerateHooks hooks;
        hooks.notice = [&](const std::string&) { ++notices; };
        hooks.step = [](int, int, int) { throw std::bad_alloc(); };
        std::string message;
        QCOMPARE(errorOf([&] { generate(m_store, quickRequest(), hooks); }, &message), "out-of-memory");
        QCOMPARE(notices, 1);
        QVERIFY(message.find("one tile") != std::string::npos);
    }

    // The processor's allocator throws neither bad_alloc nor a type of its own.
    void memoryThatTorchDidNotGetIsFullMemory() {
        int failures = 0, tiles = 0;
        std::vector<std::string> notices;
        GenerateHooks hooks;
        hooks.notice = [&](const std::string& s) { notices.push_back(s); };
        hooks.tile = [&](int, const Tile&) { ++tiles; };
        hooks.step = [&](int, int, int) {
            if (++failures == 1) at::empty({std::int64_t(1) << 50}, at::kByte);
        };
        generate(m_store, quickRequest(), hooks);
        QCOMPARE(tiles, 1);
        QCOMPARE(notices.size(), std::size_t(1));
    }

    void emptyAndBrokenPromptsAreTexts() {
        auto request = quickRequest();
        request.classId.clear();
        QCOMPARE(tilesOf(m_store, request).size(), std::size_t(1));
        request.prompt = "\xf0\x9f\x94\xac colon";
        QCOMPARE(tilesOf(m_store, request).size(), std::size_t(1));
    }

    void negativeAndGuidanceMatter() {
        auto request = quickRequest();
        const auto plain = tilesOf(m_store, request)[0].image;
        request.guidance = 1;
        const auto unguided = tilesOf(m_store, request)[0].image;
        QVERIFY(!(plain == unguided));
        request.guidance = -1;
        request.negative = "benign colon";
        QVERIFY(!(tilesOf(m_store, request)[0].image == plain));
    }

    void provenanceThroughAFile() {
        QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString()) / "tile.png";
        const auto tile = tilesOf(m_store, quickRequest())[0];
        writePng(path, tile.image, provenance(tile.request));
        QVERIFY(requestFromPng(path) == tile.request);
        const auto png = readPng(path);
        QVERIFY(png.image == tile.image);
        QCOMPARE(png.texts.size(), std::size_t(3));
        QVERIFY(png.texts[2].text.find("trainedAlgorithmicMedia") != std::string::npos);
        for (const auto& chunk : png.texts)
            QVERIFY2(chunk.text.find("/work") == std::string::npos && chunk.text.find("/home") == std::string::npos, chunk.text.c_str());
    }

    void brokenProvenance_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("none") << QByteArray() << QByteArray("not-found");
        QTest::newRow("not JSON") << QByteArray("{\"format\":") << QByteArray("corrupt");
        QTest::newRow("a list") << QByteArray("[]") << QByteArray("corrupt");
        QTest::newRow("newer") << QByteArray(R"({"format":"phloxine-request/9"})") << QByteArray("unsupported");
        QTest::newRow("wrong kind") << QByteArray(R"({"format":"phloxine-request/1","steps":"x"})") << QByteArray("corrupt");
        QTest::newRow("impossible") << QByteArray(R"({"format":"phloxine-request/1","steps":-5})") << QByteArray("wrong-use");
        QTest::newRow("nested deeply") << QByteArray(200000, '[') << QByteArray("corrupt");
    }
    void brokenProvenance() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, code);
        QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString()) / "tile.png";
        writePng(path, Image(8, 8), text.isEmpty() ? std::vector<TextChunk>{} : std::vector<TextChunk>{{"phloxine", text.toStdString()}});
        std::string message;
        QCOMPARE(errorOf([&] { requestFromPng(path); }, &message), code);
        QVERIFY2(message.find('\n') == std::string::npos, message.c_str());
    }
};

PHLOXINE_TEST(generate_tiles, TestTiles, NoApplication)
#include "test_tiles.moc"
