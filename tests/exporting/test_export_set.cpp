// What an export writes, and going on after a stop or a kill.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "tests/support/errors.h"
#include "tests/support/exports.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> linesOf(const fs::path& path) {
    std::istringstream stream(readFile(path));
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// All that counts in a finished export, by name: everything but the journal (its order tells of the interruptions) and the lock.
std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> result;
    for (const std::string& file : filesBelow(folder))
        if (file != "journal.jsonl" && file != ".phloxine-lock") result[file] = readFile(folder / file);
    return result;
}

// Runs the export in a process of its own and kills that when `tile` tiles are begun; returns the exit code.
int exportKilledAt(const ExportPlan& plan, const fs::path& folder, int tile) {
    const pid_t child = ::fork();
    if (child == 0) {
        int begun = 0;
        ExportHooks hooks = fakeHooks();
        hooks.makeTile = [&](const GenerateRequest& single) {
            if (begun++ == tile) ::kill(::getpid(), SIGKILL);
            return fakeTile(single);
        };
        try {
            exportSet(plan, folder, hooks);
        } catch (...) { ::_exit(2); }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

class TestExportSet : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    int m_count = 0;
    fs::path newFolder() { return fs::path(m_dir.path().toStdString()) / ("export" + std::to_string(m_count++)); }

private slots:
    void initTestCase() { setLogToStderr(false); }

    void layout() {
        const fs::path folder = newFolder();
        const ExportResult result = exportSet(fakePlan(), folder, fakeHooks());
        QCOMPARE(result.written, 12);
        QCOMPARE(result.kept, 0);
        for (const char* file : {"set/train/lung_aca/lung_aca-10.png", "set/train/lung_n/lung_n-54.png",
                                 "set/test/lung_aca/lung_aca-901.png", "set/train/metadata.jsonl", "set/test/metadata.jsonl",
                                 "manifest.json", "plan.json", "README.md", "SHA256SUMS", "journal.jsonl"})
            QVERIFY2(fs::is_regular_file(folder / file), file);
        QVERIFY(!fs::exists(folder / "set/val"));
        const PngFile png = readPng(folder / "set/train/lung_n/lung_n-54.png");
        QVERIFY(png.image == testPicture(32, 24, 54));
        QCOMPARE(png.image.scale.micronsPerPixel, 0.6);
        QCOMPARE(requestFromPng(folder / "set/train/lung_n/lung_n-54.png").seed, 54u);
    }

    void documents() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        const auto lines = linesOf(folder / "set/train/metadata.jsonl");
        QCOMPARE(lines.size(), 10u);
        const Json first = parseJson(lines[0], "line");
        QCOMPARE(first["file_name"].get<std::string>(), std::string("lung_aca/lung_aca-10.png"));
        QCOMPARE(first["class"].get<std::string>(), std::string("lung_aca"));
        QCOMPARE(first["seed"].get<int>(), 10);
        QVERIFY(first["synthetic"].get<bool>());
        QCOMPARE(first["scale"]["source"].get<std::string>(), std::string("assumed"));
        QCOMPARE(first["sha256"].get<std::string>(), sha256OfFile(folder / "set/train/lung_aca/lung_aca-10.png"));
        QCOMPARE(generateRequestFromJson(first["request"], "line").seed, 10u);
        const Json manifest = readJsonFile(folder / "manifest.json");
        QCOMPARE(manifest["tiles"].get<int>(), 12);
        QCOMPARE(manifest["counts"]["test"]["lung_aca"].get<int>(), 2);
        QCOMPARE(manifest["models"][0]["licence"].get<std::string>(), std::string("CC0-1.0"));
        const std::string card = readFile(folder / "README.md");
        for (const char* word : {"synthetic", "not for diagnosis", "CC0-1.0", "A fake model", "| train | lung_n | 5 |", "assumed"})
            QVERIFY2(card.find(word) != std::string::npos, word);
    }

    void sumsAreRight() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        const auto lines = linesOf(folder / "SHA256SUMS");
        QCOMPARE(lines.size(), 12u + 5u);
        for (const std::string& line : lines) QCOMPARE(sha256OfFile(folder / line.substr(66)), line.substr(0, 64));
        QProcess check;
        check.setWorkingDirectory(QString::fromStdString(folder.string()));
        check.start("sha256sum", {"-c", "--strict", "--quiet", "SHA256SUMS"});
        QVERIFY(check.waitForFinished());
        QCOMPARE(check.exitCode(), 0);
    }

    void finishedMeansNothingToDo() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        const auto before = contents(folder);
        ExportHooks hooks = fakeHooks();
        hooks.makeTile = [](const GenerateRequest&) -> Tile { throw Error(ErrorCode::Internal, "must not be called"); };
        const ExportResult result = exportSet(fakePlan(), folder, hooks);
        QCOMPARE(result.written, 0);
        QCOMPARE(result.kept, 12);
        QVERIFY(contents(folder) == before);
    }

    void killedAnywhere() {
        const fs::path reference = newFolder();
        const ExportPlan plan = fakePlan(20); // 42 tiles: the journal is committed twice on the way
        exportSet(plan, reference, fakeHooks());
        const auto wanted = contents(reference);
        for (const int tile : {0, 1, 15, 16, 17, 33, 41}) {
            const fs::path folder = newFolder();
            QCOMPARE(exportKilledAt(plan, folder, tile), SIGKILL);
            for (const std::string& file : filesBelow(folder / "set")) (void)readPng(folder / "set" / file); // nothing partial has a name
            const ExportResult result = exportSet(plan, folder, fakeHooks());
            QCOMPARE(result.kept, tile);
            QCOMPARE(result.written, 42 - tile);
            QVERIFY(contents(folder) == wanted);
        }
    }

    void killedTwice() {
        const fs::path folder = newFolder();
        const ExportPlan plan = fakePlan(20);
        exportKilledAt(plan, folder, 20);
        exportKilledAt(plan, folder, 10);
        const ExportResult result = exportSet(plan, folder, fakeHooks());
        QCOMPARE(result.kept, 30);
        QCOMPARE(result.written, 12);
    }

    void stoppedByTheUser() {
        const fs::path folder = newFolder();
        ExportHooks hooks = fakeHooks();
        hooks.progress = [](const Progress& p) {
            if (p.stage == "Tile 4 of 12") throw Cancelled();
        };
        QCOMPARE(errorOf([&] { exportSet(fakePlan(), folder, hooks); }), "cancelled");
        QVERIFY(!fs::exists(folder / "SHA256SUMS"));
        QCOMPARE(linesOf(folder / "journal.jsonl").size(), 3u); // the finished tiles are vouched for
        QCOMPARE(exportSet(fakePlan(), folder, fakeHooks()).kept, 3);
    }

    void aGeneratorThatFails() {
        const fs::path folder = newFolder();
        ExportHooks hooks = fakeHooks();
        hooks.makeTile = [](const GenerateRequest& single) {
            if (single.seed == 52) throw Error(ErrorCode::OutOfMemory, "no memory");
            return fakeTile(single);
        };
        QCOMPARE(errorOf([&] { exportSet(fakePlan(), folder, hooks); }), "out-of-memory");
        const ExportResult result = exportSet(fakePlan(), folder, fakeHooks());
        QCOMPARE(result.kept, 7);
        QCOMPARE(result.written, 5);
    }

    void aTornJournal() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        const auto wanted = contents(folder);
        const std::string journal = readFile(folder / "journal.jsonl");
        for (const std::size_t size : {std::size_t(0), std::size_t(1), journal.size() / 2, journal.size() - 1}) {
            writeFileAtomically(folder / "journal.jsonl", journal.substr(0, size), IfExists::Replace);
            QCOMPARE(exportSet(fakePlan(), folder, fakeHooks()).kept, 12);
            QVERIFY(contents(folder) == wanted);
            for (const std::string& line : linesOf(folder / "journal.jsonl")) parseJson(line, "line");
            QCOMPARE(linesOf(folder / "journal.jsonl").size(), 12u);
        }
        writeFileAtomically(folder / "journal.jsonl", "rubbish\n{}\n[1]\n" + journal, IfExists::Replace);
        QCOMPARE(exportSet(fakePlan(), folder, fakeHooks()).kept, 12);
    }

    void aDeletedTileIsMadeAgain() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        const auto wanted = contents(folder);
        fs::remove(folder / "set/train/lung_n/lung_n-51.png");
        const ExportResult result = exportSet(fakePlan(), folder, fakeHooks());
        QCOMPARE(result.written, 1);
        QVERIFY(contents(folder) == wanted);
    }

    void leftoversAreRemoved() {
        const fs::path folder = newFolder();
        fs::create_directories(folder);
        writeFileAtomically(folder / ".phloxine-tmp-1-1", "half a plan");
        exportKilledAt(fakePlan(), folder, 3);
        writeFileAtomically(folder / "set/train/lung_aca/.phloxine-tmp-99-0", "half a tile");
        exportSet(fakePlan(), folder, fakeHooks());
        for (const std::string& file : filesBelow(folder)) QVERIFY2(file.find(".phloxine-tmp") == std::string::npos, file.c_str());
    }

    void anEditedCardStays() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        writeFileAtomically(folder / "README.md", "my words\n", IfExists::Replace);
        exportSet(fakePlan(), folder, fakeHooks());
        QCOMPARE(readFile(folder / "README.md"), std::string("my words\n"));
        for (const std::string& line : linesOf(folder / "SHA256SUMS")) QCOMPARE(sha256OfFile(folder / line.substr(66)), line.substr(0, 64));
    }

    void sameSeedsTwice() {
        ExportPlan plan;
        plan.items.push_back({"a", "train", fakeRequest("x", 2, 5), {}});
        plan.items.push_back({"a", "train", fakeRequest("y", 2, 5), {}});
        const fs::path folder = newFolder();
        exportSet(plan, folder, fakeHooks());
        for (const char* name : {"a-5.png", "a-6.png", "a-5-2.png", "a-6-2.png"}) QVERIFY2(fs::exists(folder / "set/train/a" / name), name);
    }

    void copiedTiles() {
        const fs::path source = newFolder();
        fs::create_directories(source);
        const Tile tile = fakeTile(fakeRequest("lung_n", 1, 77));
        writePng(source / "tile.png", tile.image, provenance(tile.request));
        ExportPlan plan;
        plan.items.push_back({"lung_n", "val", {}, source / "tile.png"});
        const fs::path folder = newFolder();
        QCOMPARE(exportSet(plan, folder, fakeHooks()).written, 1);
        QCOMPARE(readFile(folder / "set/val/lung_n/lung_n-77.png"), readFile(source / "tile.png"));
        QCOMPARE(exportSet(plan, folder, fakeHooks()).kept, 1);
        QCOMPARE(parseJson(linesOf(folder / "set/val/metadata.jsonl")[0], "line")["seed"].get<int>(), 77);
    }

    void noPathAndNoNameGoesOut() {
        const fs::path source = newFolder();
        fs::create_directories(source);
        writePng(source / "tile.png", fakeTile(fakeRequest("a", 1, 1)).image, provenance(fakeRequest("a", 1, 1)));
        ExportPlan plan = fakePlan(1);
        plan.items.push_back({"copied", "val", {}, source / "tile.png"});
        const fs::path folder = newFolder();
        exportSet(plan, folder, fakeHooks());
        for (const std::string& file : filesBelow(folder)) {
            const std::string text = readFile(folder / file);
            QVERIFY2(text.find(m_dir.path().toStdString()) == std::string::npos, file.c_str());
            QVERIFY2(text.find("/tmp") == std::string::npos, file.c_str());
        }
    }

    void withoutACard() {
        ExportHooks hooks = fakeHooks();
        hooks.card = [](const GenerateRequest&) -> ModelCard { throw Error(ErrorCode::NotFound, "gone"); };
        const fs::path folder = newFolder();
        exportSet(fakePlan(1), folder, hooks);
        QVERIFY(readFile(folder / "README.md").find("Ask for its licence") != std::string::npos);
    }
};

PHLOXINE_TEST(exporting_set, TestExportSet, QCoreApplication)
#include "test_export_set.moc"
