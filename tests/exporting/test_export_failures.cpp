// Folders that are not ours, plans that cannot be carried out, files that were tampered with. Nothing is ever overwritten.
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Log.h"
#include "core/image/ImageFile.h"
#include "tests/support/errors.h"
#include "tests/support/exports.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestExportFailures : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    int m_count = 0;
    fs::path newFolder() {
        const fs::path folder = fs::path(m_dir.path().toStdString()) / ("export" + std::to_string(m_count++));
        fs::create_directories(folder);
        return folder;
    }
    static QByteArray wordOf(const ExportPlan& plan, const fs::path& folder, const ExportHooks& hooks = fakeHooks(),
                             std::string* message = nullptr) {
        return errorOf([&] { exportSet(plan, folder, hooks); }, message);
    }

private slots:
    void initTestCase() { setLogToStderr(false); }

    void anotherPlan() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(2), folder, fakeHooks());
        const auto files = filesBelow(folder);
        std::string message;
        QCOMPARE(wordOf(fakePlan(3), folder, fakeHooks(), &message), "exists");
        QVERIFY(message.find("another plan") != std::string::npos);
        ExportPlan renamed = fakePlan(2);
        renamed.title = "Other";
        QCOMPARE(wordOf(renamed, folder), "exists");
        QCOMPARE(filesBelow(folder).size(), files.size());
        QCOMPARE(wordOf(fakePlan(2), folder), "");
    }

    void anotherBuildIsTheSamePlan() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(2), folder, fakeHooks());
        ExportHooks hooks = fakeHooks();
        hooks.resolve = [](const GenerateRequest& request) {
            GenerateRequest resolved = fakeHooks().resolve(request);
            resolved.build = "newer";
            return resolved;
        };
        QCOMPARE(exportSet(fakePlan(2), folder, hooks).written, 0);
    }

    void foreignFiles() {
        const fs::path folder = newFolder();
        writeFileAtomically(folder / "thesis.docx", "years of work");
        std::string message;
        QCOMPARE(wordOf(fakePlan(), folder, fakeHooks(), &message), "exists");
        QVERIFY(message.find("thesis.docx") != std::string::npos);
        QVERIFY(!fs::exists(folder / "set"));
        QCOMPARE(readFile(folder / "thesis.docx"), std::string("years of work"));
    }

    void aForeignPlanFile() {
        const fs::path folder = newFolder();
        writeFileAtomically(folder / "plan.json", "not json");
        QCOMPARE(wordOf(fakePlan(), folder), "corrupt");
        writeFileAtomically(folder / "plan.json", R"({"format":"phloxine-export/9"})", IfExists::Replace);
        QCOMPARE(wordOf(fakePlan(), folder), "unsupported");
        writeFileAtomically(folder / "plan.json", R"({"format":"phloxine-export/1"})", IfExists::Replace);
        QCOMPARE(wordOf(fakePlan(), folder), "exists");
    }

    void anotherProgramIsThere() {
        const fs::path folder = newFolder();
        const FolderLock other(folder);
        QCOMPARE(wordOf(fakePlan(), folder), "busy");
        QVERIFY(!fs::exists(folder / "plan.json"));
    }

    void aFileInsteadOfAFolder() {
        const fs::path file = newFolder() / "file";
        writeFileAtomically(file, "x");
        QCOMPARE(wordOf(fakePlan(), file), "exists");
        QVERIFY(!wordOf(fakePlan(), file / "below").isEmpty());
        QCOMPARE(readFile(file), std::string("x"));
    }

    void aFolderThatCannotBeWritten() {
        QCOMPARE(wordOf(fakePlan(), "/proc/phloxine-export"), "not-found");
        const fs::path folder = newFolder();
        fs::permissions(m_dir.path().toStdString(), fs::perms(0755));
        fs::permissions(folder, fs::perms(0555));
        const AsNobody nobody;
        QCOMPARE(wordOf(fakePlan(), folder), "read-only");
    }

    void aChangedTileIsNotOverwritten() {
        const fs::path folder = newFolder();
        exportSet(fakePlan(), folder, fakeHooks());
        const fs::path tile = folder / "set/train/lung_n/lung_n-51.png";
        writeFileAtomically(tile, "changed", IfExists::Replace);
        std::string message;
        QCOMPARE(wordOf(fakePlan(), folder, fakeHooks(), &message), "exists");
        QVERIFY(message.starts_with("set/train/lung_n/lung_n-51.png is in the way"));
        QCOMPARE(readFile(tile), std::string("changed"));
    }

    void aForeignTileIsNotOverwritten_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("empty file") << 0;
        QTest::newRow("PNG of nobody") << 1;
        QTest::newRow("tile of another seed") << 2;
        QTest::newRow("our tile, cut off") << 3;
        QTest::newRow("broken request") << 4;
        QTest::newRow("a dangling link") << 5;
        QTest::newRow("a folder") << 6;
    }
    void aForeignTileIsNotOverwritten() {
        QFETCH(int, kind);
        const fs::path folder = newFolder();
        ExportHooks stopAtOnce = fakeHooks();
        stopAtOnce.progress = [](const Progress&) { throw Cancelled(); };
        QCOMPARE(wordOf(fakePlan(), folder, stopAtOnce), "cancelled");
        const fs::path tile = folder / "set/train/lung_aca/lung_aca-11.png";
        fs::create_directories(tile.parent_path());
        const GenerateRequest ours = forTile(fakeHooks().resolve(fakePlan().items[0].request), 1);
        const std::string good = encodePng(fakeTile(ours).image, provenance(ours));
        GenerateRequest other = ours;
        other.seed = 12;
        if (kind == 0) writeFileAtomically(tile, "");
        if (kind == 1) writePng(tile, testPicture(32, 24));
        if (kind == 2) writePng(tile, testPicture(32, 24), provenance(other));
        if (kind == 3) writeFileAtomically(tile, std::string_view(good).substr(0, good.size() - 40));
        if (kind == 4) writePng(tile, testPicture(32, 24), {{"phloxine", "{\"format\":"}});
        if (kind == 5) fs::create_symlink("/nowhere/at/all", tile);
        if (kind == 6) fs::create_directories(tile);
        QCOMPARE(wordOf(fakePlan(), folder), "exists");
        QVERIFY(fs::exists(fs::symlink_status(tile)));
        fs::remove(tile);
        QCOMPARE(exportSet(fakePlan(), folder, fakeHooks()).written, 11); // one was finished before
    }

    void theSameTileInTwoSplits() {
        ExportPlan plan;
        plan.items.push_back({"a", "train", fakeRequest("x", 10, 0), {}});
        plan.items.push_back({"a", "test", fakeRequest("x", 10, 9), {}});
        std::string message;
        const fs::path folder = newFolder();
        QCOMPARE(wordOf(plan, folder, fakeHooks(), &message), "wrong-use");
        QVERIFY(message.find("seed 9") != std::string::npos);
        QVERIFY(filesBelow(folder).empty());
    }

    void aModelThatForbidsIt() {
        ExportHooks hooks = fakeHooks();
        hooks.card = [](const GenerateRequest&) {
            ModelCard card = fakeCard();
            card.outputsMayFormDataSets = false;
            return card;
        };
        const fs::path folder = newFolder();
        QCOMPARE(wordOf(fakePlan(), folder, hooks), "wrong-use");
        QVERIFY(filesBelow(folder).empty());
    }

    void filesThatCannotBeCopied() {
        const fs::path source = newFolder();
        const auto copying = [&](const std::string& name) {
            ExportPlan plan;
            plan.items.push_back({"a", "train", {}, source / name});
            return wordOf(plan, newFolder());
        };
        QCOMPARE(copying("missing.png"), "not-found");
        writePng(source / "real.png", testPicture(9, 9)); // made by nobody: it could be a patient's
        QCOMPARE(copying("real.png"), "not-found");
        writePng(source / "broken.png", testPicture(9, 9), {{"phloxine", "[]"}});
        QCOMPARE(copying("broken.png"), "corrupt");
        writeFileAtomically(source / "text.png", "hello");
        QCOMPARE(copying("text.png"), "corrupt");
        const std::string good = encodePng(testPicture(64, 64), provenance(fakeRequest("a", 1, 1)));
        writeFileAtomically(source / "cut.png", std::string_view(good).substr(0, good.size() - 100));
        QVERIFY(!copying("cut.png").isEmpty());
    }

    void absurdPlans() {
        const fs::path folder = newFolder();
        QCOMPARE(wordOf({}, folder), "wrong-use");
        ExportPlan plan = fakePlan();
        plan.items[0].className = "../../etc";
        QCOMPARE(wordOf(plan, folder), "wrong-use");
        plan = fakePlan();
        plan.items[0].split = "..";
        QCOMPARE(wordOf(plan, folder), "wrong-use");
        plan.items.assign(11, {"a", "train", fakeRequest("x", 1000000, 0), {}});
        QCOMPARE(wordOf(plan, folder), "wrong-use");
        QVERIFY(filesBelow(folder).empty());
    }
};

PHLOXINE_TEST(exporting_failures, TestExportFailures, QCoreApplication)
#include "test_export_failures.moc"
