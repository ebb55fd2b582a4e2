// Projects that are damaged, locked, newer, full or closed to writing.
#include <QtTest>

#include <fstream>

#include <csignal>

#include <sys/resource.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/project/Project.h"
#include "tests/project/made_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace fs = std::filesystem;

using Ids = std::vector<std::int64_t>;

class ProjectFaultsTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;
    std::vector<std::string> m_notices;
    fs::path root() const { return fs::path(m_folder->path().toStdString()) / "p #1 100% \xF0\x9F\x94\xAC\n?"; }
    std::unique_ptr<Project> open() {
        m_notices.clear();
        return std::make_unique<Project>(root(), ProgressHook(), [this](const std::string& sentence) { m_notices.push_back(sentence); });
    }
    void fill(int tiles) {
        auto project = open();
        for (int i = 0; i < tiles; ++i) project->add(writeMadeTile(project->tilesFolder(), madeRequest(std::uint64_t(i))));
        project->mark(project->find({}), {true, {}, {}, {}});
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void aDamagedLibraryIsMadeAgain_data() {
        QTest::addColumn<QByteArray>("how");
        for (const auto* how : {"empty", "text", "torn", "foreign", "cut"}) QTest::newRow(how) << QByteArray(how);
    }
    void aDamagedLibraryIsMadeAgain() {
        QFETCH(QByteArray, how);
        fill(40);
        const auto file = root() / "project.sqlite";
        auto bytes = readFile(file);
        if (how == "empty") bytes.clear();
        if (how == "text") bytes = "this is no database at all, but it is longer than the header of one: " + std::string(200, 'x');
        if (how == "torn") bytes.replace(4096, 3000, std::string(3000, '\x5a'));
        if (how == "foreign") bytes.replace(68, 4, "ABCD"); // the application id
        if (how == "cut") bytes.resize(bytes.size() / 2 + 100);
        writeFileAtomically(file, bytes, IfExists::Replace);
        const auto project = open();
        QCOMPARE(int(project->find({}).size()), 40);
        QVERIFY(project->records(project->find({}))[7].star); // marks too
        if (how == "empty") return;                           // nothing was damaged: a new one
        QCOMPARE(int(m_notices.size()), 1);
        QVERIFY2(m_notices[0].find("project.sqlite.damaged-1") != std::string::npos, m_notices[0].c_str());
        QVERIFY(fs::exists(root() / "project.sqlite.damaged-1"));
    }

    void aNewerOneIsLeftAlone() {
        fill(1);
        const auto file = root() / "project.sqlite";
        auto bytes = readFile(file);
        bytes[63] = 99; // the last byte of user_version
        writeFileAtomically(file, bytes, IfExists::Replace);
        std::string message;
        QCOMPARE(errorOf([&] { open(); }, &message), "unsupported");
        QVERIFY(QString::fromStdString(message).contains("newer Phloxine"));
        QCOMPARE(readFile(file), bytes);
    }

    void oneProgramAtATime() {
        const auto project = open();
        QCOMPARE(errorOf([&] { Project another(root()); }), "busy");
    }

    void aLockedOneOpensForReading() {
        fill(3);
        const auto project = open();
        project->add(writeMadeTile(project->tilesFolder(), madeRequest(77))); // lies in the log, not yet in the database
        std::vector<std::string> notices;
        Project another(
            root(), {}, [&](const std::string& sentence) { notices.push_back(sentence); }, WhenLocked::Read);
        QVERIFY(another.readOnly());
        QCOMPARE(int(notices.size()), 1);
        QVERIFY(QString::fromStdString(notices[0]).contains("another window"));
        QCOMPARE(another.find({}).size(), std::size_t(4));
        std::string message;
        QCOMPARE(errorOf([&] { another.mark(another.find({}), {true, {}, {}, {}}); }, &message), "read-only");
        QVERIFY2(QString::fromStdString(message).contains("another window"), message.c_str());
        QCOMPARE(errorOf([&] { another.emptyTrash(); }), "read-only");
        project->moveToTrash(project->find({})); // the one that has it goes on
        QCOMPARE(project->find({}).size(), std::size_t(0));
        for (const auto& entry : fs::directory_iterator(fs::temp_directory_path()))
            QVERIFY(!QString::fromStdString(entry.path().filename().string()).startsWith("phloxine-project-"));
    }

    void openForReadingAlone() {
        fill(3);
        fs::permissions(m_folder->path().toStdString(), fs::perms(0755));
        for (const auto& part : {root(), root() / "tiles", root() / "trash"}) fs::permissions(part, fs::perms(0555));
        for (const auto& entry : fs::directory_iterator(root()))
            if (entry.is_regular_file()) fs::permissions(entry.path(), fs::perms(0444));
        {
            const AsNobody nobody;
            const auto project = open();
            QVERIFY(project->readOnly() && m_notices.size() == 1);
            const auto ids = project->find({});
            QCOMPARE(int(ids.size()), 3);
            QVERIFY(project->records(ids)[0].star);
            QCOMPARE(errorOf([&] { project->mark(ids, {false, {}, {}, {}}); }), "read-only");
            QCOMPARE(errorOf([&] { project->moveToTrash(ids); }), "read-only");
            QCOMPARE(errorOf([&] { project->emptyTrash(); }), "read-only");
            QCOMPARE(errorOf([&] { project->addJob({}); }), "read-only");
            QCOMPARE(project->find({}).size(), ids.size());
        }
        for (const auto& part : {root(), root() / "tiles", root() / "trash"}) fs::permissions(part, fs::perms(0755));
    }

    void strangersInTheTiles() {
        fill(2);
        const auto tiles = root() / "tiles";
        std::ofstream(tiles / "empty.png");
        std::ofstream(tiles / "text.png") << "no picture";
        writePng(tiles / "foreign.png", Image(4, 4));
        std::ofstream(tiles / "notes.txt") << "mine";
        std::ofstream(root() / "marks.jsonl", std::ios::app)
            << "{\"tile\": 3}\nnot json\n{\"tile\":\"" << tileFileName(madeRequest(9)) << "\",\"star\":true";
        writeMadeTile(tiles, madeRequest(9));
        const auto project = open();
        QCOMPARE(int(project->find({}).size()), 3);
        QCOMPARE(int(m_notices.size()), 4); // three files, and lines of marks
        const auto ids = project->find({});
        project->mark(ids, {{}, true, {}, {}}); // after the line that was cut off
        fs::remove(root() / "project.sqlite");
    }

    void marksOutliveACutLine() {
        fill(2);
        std::ofstream(root() / "marks.jsonl", std::ios::app) << "{\"tile\":\"lung";
        {
            const auto project = open();
            project->mark(project->find({}), {{}, true, {}, {}});
        }
        fs::remove(root() / "project.sqlite");
        const auto project = open();
        for (const auto& tile : project->records(project->find({}))) QVERIFY(tile.star && tile.rejected);
    }

    void aFullDisk() {
        fill(2);
        const auto project = open();
        const auto ids = project->find({});
        // No file may grow: as on a full disk, but with another error.
        struct rlimit before = {};
        getrlimit(RLIMIT_FSIZE, &before);
        signal(SIGXFSZ, SIG_IGN);
        const struct rlimit none = {4096, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &none);
        std::string message;
        const auto code = errorOf(
            [&] {
                for (int i = 0; i < 200; ++i) project->addJob({0, "generate", std::string(500, 'x'), "{}", {}, {}, 0, 0, 0, 0});
            },
            &message);
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY2(code == "internal" || code == "disk-full", code.constData());
        QCOMPARE(project->find({}), ids); // and all is as before
        const auto id = project->addJob({0, "generate", "after", "{}", {}, {}, 0, 0, 0, 0});
        QVERIFY(id > 0);
    }

    void noProject() {
        std::ofstream(m_folder->path().toStdString() + "/file") << "x";
        QCOMPARE(errorOf([&] { Project project(fs::path(m_folder->path().toStdString()) / "file"); }), "exists");
        const auto project = open();
        QCOMPARE(errorOf([&] { project->add(root() / "tiles" / "absent.png"); }), "not-found");
        const auto outside = writeMadeTile(root(), madeRequest(1));
        QCOMPARE(errorOf([&] { project->add(outside); }), "wrong-use");
    }
};

PHLOXINE_TEST(project_faults, ProjectFaultsTest, QCoreApplication)
#include "test_faults.moc"
