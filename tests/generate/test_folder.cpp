// Tiles into a folder: what is there is verified and kept, what belongs to others stays.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestFolder : public QObject {
    Q_OBJECT
    ModelStore m_store;
    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_out;

    static int leftovers(const fs::path& folder) {
        int n = 0;
        for (const auto& f : fs::recursive_directory_iterator(folder)) n += f.path().filename().string().starts_with(temporaryPrefix);
        return n;
    }

private slots:
    void init() {
        m_temporary = std::make_unique<QTemporaryDir>();
        m_out = fs::path(m_temporary->path().toStdString()) / "out";
    }

    void writesTilesOfTheRequest() {
        const auto result = generateIntoFolder(m_store, quickRequest(3), m_out, {});
        QCOMPARE(result.files.size(), std::size_t(3));
        QCOMPARE(result.kept, 0);
        for (const auto& file : result.files) QCOMPARE(requestFromPng(m_out / file.name).seed, file.seed);
        QVERIFY(readPng(m_out / result.files[1].name).image == tilesOf(m_store, quickRequest(1, 12))[0].image);
        QCOMPARE(leftovers(m_out), 0);
    }

    void sameRequestAgainKeepsWhatIsThere() {
        generateIntoFolder(m_store, quickRequest(4), m_out, {});
        std::map<std::string, fs::file_time_type> times;
        for (const auto& f : fs::directory_iterator(m_out)) times[f.path().filename()] = fs::last_write_time(f.path());
        fs::remove(m_out / "lung_scc-12.png");
        fs::remove(m_out / "lung_scc-13.png");
        std::vector<int> made;
        GenerateHooks hooks;
        hooks.tile = [&](int i, const Tile&) { made.push_back(i); };
        const auto result = generateIntoFolder(m_store, quickRequest(4), m_out, hooks);
        QCOMPARE(result.kept, 2);
        QCOMPARE(made, (std::vector<int>{1, 2}));
        QCOMPARE(result.files.size(), std::size_t(4));
        for (const auto* name : {"lung_scc-11.png", "lung_scc-14.png", "request.json"})
            QVERIFY(fs::last_write_time(m_out / name) == times[name]);
        QCOMPARE(generateIntoFolder(m_store, quickRequest(4), m_out, {}).kept, 4);
    }

    // A model of the user's own may carry the id of the embedded one: its path and its weights tell which is meant.
    void modelByPathIsTheOneThatIsUsed() {
        const auto model = fs::path(m_temporary->path().toStdString()) / "mine";
        fs::copy(resourcesFolder() / "models" / "lc25000", model);
        fs::permissions(model / "weights.safetensors", fs::perms::owner_write, fs::perm_options::add);
        auto weights = readFile(model / "weights.safetensors");
        weights[weights.size() - 2] = char(weights[weights.size() - 2] ^ 1); // another value in the last tensor
        writeFileAtomically(model / "weights.safetensors", weights, IfExists::Replace);
        auto card = readFile(model / "model.json");
        const auto hash = card.find("weights_sha256");
        QVERIFY(hash != std::string::npos);
        card.replace(hash, 14, "another_sha256"); // the card no longer vouches for the weights
        writeFileAtomically(model / "model.json", card, IfExists::Replace);
        auto request = quickRequest(2);
        request.model = model.string();
        const auto result = generateIntoFolder(m_store, request, m_out, {});
        QCOMPARE(result.files.size(), std::size_t(2));
        const auto kept = requestFromPng(m_out / result.files[0].name);
        QCOMPARE(kept.model, std::string("lc25000")); // no path in the file
        QVERIFY(kept.modelSha256 != resolve(quickRequest(1), m_store.find("")).modelSha256);
        QCOMPARE(generateIntoFolder(m_store, request, m_out, {}).kept, 2);
    }

    void stoppedRunGoesOn() {
        int tiles = 0;
        GenerateHooks hooks;
        hooks.tile = [&](int, const Tile&) { ++tiles; };
        hooks.stopAfterTile = [&] { return tiles == 2; };
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, quickRequest(3), m_out, hooks); }), "cancelled");
        const auto result = generateIntoFolder(m_store, quickRequest(3), m_out, {});
        QCOMPARE(result.kept, 2);
        QCOMPARE(result.files.size(), std::size_t(3));
    }

    void anotherRequestIsRefused_data() {
        QTest::addColumn<QByteArray>("what");
        for (const auto* what : {"seed", "count", "class", "steps", "guidance", "negative"}) QTest::newRow(what) << QByteArray(what);
    }
    void anotherRequestIsRefused() {
        QFETCH(QByteArray, what);
        generateIntoFolder(m_store, quickRequest(), m_out, {});
        const auto before = readFile(m_out / "lung_scc-11.png");
        auto request = quickRequest();
        if (what == "seed") request.seed = 12;
        if (what == "count") request.count = 2;
        if (what == "class") request.classId = "colon_n";
        if (what == "steps") request.steps = 4;
        if (what == "guidance") request.guidance = 3;
        if (what == "negative") request.negative = "x";
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, request, m_out, {}); }), "exists");
        QVERIFY(readFile(m_out / "lung_scc-11.png") == before);
        QCOMPARE(std::distance(fs::directory_iterator(m_out), {}) - std::ptrdiff_t(fs::exists(m_out / ".phloxine-lock")),
                 std::ptrdiff_t(2));
    }

    void foreignFileIsNotOverwritten_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("text") << QByteArray("my notes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("picture without provenance") << QByteArray::fromStdString(encodePng(Image(8, 8)));
    }
    void foreignFileIsNotOverwritten() {
        QFETCH(QByteArray, bytes);
        fs::create_directories(m_out);
        writeFileAtomically(m_out / "lung_scc-12.png", bytes.toStdString());
        std::string message;
        const auto code = errorOf([&] { generateIntoFolder(m_store, quickRequest(3), m_out, {}); }, &message);
        QVERIFY2(!code.isEmpty() && !code.startsWith("foreign"), code);
        QVERIFY2(message.find("lung_scc-12.png") != std::string::npos, message.c_str());
        QCOMPARE(QByteArray::fromStdString(readFile(m_out / "lung_scc-12.png")), bytes);
    }

    void tileOfAnotherRequestIsNotTaken() {
        fs::create_directories(m_out);
        const auto other = tilesOf(m_store, [] {
            auto r = quickRequest();
            r.steps = 4;
            return r;
        }())[0];
        writePng(m_out / "lung_scc-11.png", other.image, provenance(other.request));
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, quickRequest(), m_out, {}); }), "exists");
        QVERIFY(readPng(m_out / "lung_scc-11.png").image == other.image);
    }

    void damagedTileIsSaid() {
        generateIntoFolder(m_store, quickRequest(), m_out, {});
        auto bytes = readFile(m_out / "lung_scc-11.png");
        bytes.resize(bytes.size() * 2 / 3);
        writeFileAtomically(m_out / "lung_scc-11.png", std::string_view(bytes), IfExists::Replace);
        const auto code = errorOf([&] { generateIntoFolder(m_store, quickRequest(), m_out, {}); });
        QVERIFY2(code == "truncated" || code == "corrupt" || code == "exists", code);
    }

    void brokenNoteIsSaid() {
        fs::create_directories(m_out);
        writeFileAtomically(m_out / "request.json", std::string_view("{"));
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, quickRequest(), m_out, {}); }), "corrupt");
    }

    void folderInUseIsBusy() {
        fs::create_directories(m_out);
        const FolderLock lock(m_out);
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, quickRequest(), m_out, {}); }), "busy");
    }

    void fileInPlaceOfTheFolder() {
        writeFileAtomically(m_out, std::string_view("a file"));
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, quickRequest(), m_out, {}); }), "exists");
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, quickRequest(), m_out / "below", {}); }).isEmpty(), false);
    }
};

PHLOXINE_TEST(generate_folder, TestFolder, NoApplication)
#include "test_folder.moc"
