// The library and the queue of a project: what is found, what is kept, what comes back.
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/project/Project.h"
#include "tests/project/made_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace fs = std::filesystem;

using Ids = std::vector<std::int64_t>;

class LibraryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path root() const { return fs::path(m_folder->path().toStdString()) / "my project"; }
    std::int64_t made(Project& project, const GenerateRequest& request) {
        return project.add(writeMadeTile(project.tilesFolder(), request));
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void findsWhatWasMade() {
        Project project(root());
        QVERIFY(Project::isOne(root()) && !project.readOnly());
        const auto a = made(project, madeRequest(1)), b = made(project, madeRequest(2, "colon_n")),
                   c = made(project, madeRequest(3, {}, "High tumor; low til; 50%_odd glands"));
        QCOMPARE(project.add(project.tilesFolder() / tileFileName(madeRequest(1))), a);
        const auto find = [&](const std::function<void(TileFilter&)>& set) {
            TileFilter filter;
            filter.order = TileOrder::SeedUp;
            set(filter);
            return project.find(filter);
        };
        QCOMPARE(find([](auto&) {}), (Ids{a, b, c}));
        QCOMPARE(find([](auto& f) { f.classes = {"colon_n", "lung_scc"}; }), (Ids{a, b}));
        QCOMPARE(find([](auto& f) { f.words = "TUM gland"; }), (Ids{c}));
        QCOMPARE(find([](auto& f) { f.words = "umor"; }), Ids()); // words begin so
        QCOMPARE(find([](auto& f) { f.words = "50% odd"; }), (Ids{c}));
        QCOMPARE(find([](auto& f) { f.words = "%"; }), (Ids{a, b, c})); // no letter, no condition
        QCOMPARE(find([](auto& f) { f.words = "lung scc"; }), (Ids{a}));
        QCOMPARE(find([](auto& f) { f.words = "x'); DROP TABLE tile; --"; }), Ids());
        QCOMPARE(find([](auto& f) { f.models = {"another"}; }), Ids());
        QCOMPARE(find([](auto& f) { f.untilMs = 1; }), Ids());
        QCOMPARE(find([](auto& f) { f.seed = 2; }), (Ids{b}));
        QCOMPARE(find([](auto& f) { f.seed = 20; }), Ids());
        project.setNearest(b, 0.1), project.setNearest(c, 0.4);
        QCOMPARE(find([](auto& f) { f.nearestBelow = 0.2; }), (Ids{b}));
        QCOMPARE(find([](auto& f) { f.order = TileOrder::NearestFirst; }), (Ids{b, c, a}));
        project.mark(Ids{a, c}, {true, {}, {"blur", "to show"}, {}});
        project.mark(Ids{c}, {{}, true, {}, {"blur"}});
        QCOMPARE(find([](auto& f) { f.star = true; }), (Ids{a, c}));
        QCOMPARE(find([](auto& f) { f.star = true, f.rejected = false; }), (Ids{a}));
        QCOMPARE(find([](auto& f) { f.tags = {"blur"}; }), (Ids{a}));
        QCOMPARE(find([](auto& f) { f.words = "show"; }), (Ids{a, c}));
        const auto records = project.records(Ids{c, 999, a});
        QCOMPARE(int(records.size()), 2);
        QCOMPARE(records[0].id, c);
        QCOMPARE(records[0].tags, (std::vector<std::string>{"to show"}));
        QVERIFY(records[0].rejected && records[0].star && *records[0].nearest == 0.4 && records[0].widthPx == 8 &&
                records[0].heightPx == 6);
        QCOMPARE(records[1].modelSha256, std::string(64, 'a'));
        QVERIFY(std::abs(double(records[1].madeMs) / 1000 - double(QDateTime::currentSecsSinceEpoch())) < 100);
        QVERIFY(fs::exists(project.fileOf(records[1])));
        const auto facets = project.facets();
        QCOMPARE(int(facets.classes.size()), 2);
        QCOMPARE(facets.tags.back().value, std::string("to show"));
        QCOMPARE(facets.tags.back().tiles, 2);
    }

    void trashKeepsUntilItIsEmptied() {
        Ids ids;
        {
            Project project(root());
            for (int i = 0; i < 3; ++i) ids.push_back(made(project, madeRequest(std::uint64_t(i))));
            project.moveToTrash(Ids{ids[0], ids[1]});
            QCOMPARE(project.find({}), (Ids{ids[2]}));
            QVERIFY(project.records(Ids{ids[0]})[0].trashed);
            project.restore(Ids{ids[1]});
        }
        Project project(root());
        TileFilter trash;
        trash.trash = true;
        QCOMPARE(project.find(trash), (Ids{ids[0]}));
        // Made once more: it is no longer trash.
        QCOMPARE(made(project, madeRequest(0)), ids[0]);
        QCOMPARE(project.find(trash), Ids());
        QVERIFY(fs::is_empty(root() / "trash"));
        project.moveToTrash(Ids{ids[2]});
        QCOMPARE(project.emptyTrash(), 1);
        QVERIFY(project.records(Ids{ids[2]}).empty());
        QVERIFY(!fs::exists(root() / "tiles" / tileFileName(madeRequest(2))));
    }

    // The database is deleted: tiles, trash and marks are as before.
    void isMadeAgainFromTheFiles() {
        {
            Project project(root());
            for (int i = 0; i < 1200; ++i) writeMadeTile(project.tilesFolder(), madeRequest(std::uint64_t(i)));
            QCOMPARE(project.readFolder().added, 1200);
            TileFilter filter;
            filter.order = TileOrder::SeedUp;
            const auto ids = project.find(filter);
            project.mark(Ids{ids[3], ids[4]}, {true, {}, {"seam"}, {}});
            project.mark(Ids{ids[4]}, {false, true, {}, {"seam"}});
            project.moveToTrash(Ids{ids[5]});
        }
        fs::remove(root() / "project.sqlite");
        double told = 0;
        Project project(root(), [&](const Progress& p) { told = p.fraction; });
        QVERIFY(told > 0.5);
        TileFilter filter;
        filter.order = TileOrder::SeedUp;
        const auto ids = project.find(filter);
        QCOMPARE(int(ids.size()), 1199);
        const auto three = project.records(Ids{ids[3]})[0], four = project.records(Ids{ids[4]})[0];
        QVERIFY(three.star && three.tags == std::vector<std::string>{"seam"} && four.rejected && !four.star && four.tags.empty());
        filter.trash = true;
        QCOMPARE(project.records(project.find(filter)).at(0).seed, 5u);
    }

    void followsFilesThatComeAndGo() {
        fs::path gone;
        {
            Project project(root());
            gone = writeMadeTile(project.tilesFolder(), madeRequest(7));
            project.add(gone);
        }
        fs::rename(gone, root() / "elsewhere.png");
        writeMadeTile(root() / "tiles", madeRequest(8));
        Project project(root());
        TileFilter filter;
        filter.order = TileOrder::SeedUp;
        const auto ids = project.find(filter);
        QCOMPARE(int(ids.size()), 2);
        QVERIFY(project.records(ids)[0].missing && !project.records(ids)[1].missing);
        fs::rename(root() / "elsewhere.png", gone);
        QCOMPARE(project.readFolder().back, 1);
        QVERIFY(!project.records(ids)[0].missing);
        QVERIFY(project.readFolder().added == 0 && project.readFolder().missing == 0);
    }

    void theQueueSurvives() {
        std::int64_t first = 0, second = 0, third = 0;
        {
            Project project(root());
            StoredJob job{0, "generate", "8 tiles", toJson(madeRequest(5)).dump(), StoredState::Waiting, "", 0, 8, 1000, 0};
            first = project.addJob(job), second = project.addJob(job), third = project.addJob(job);
            job.id = first, job.state = StoredState::Running, job.done = 3;
            project.updateJob(job);
            project.moveJob(third, 0);
            job.id = second, job.state = StoredState::Failed, job.message = "The disk is full.", job.endedMs = 2000;
            project.updateJob(job);
            QCOMPARE(errorOf([&] { project.moveJob(second, 0); }), "wrong-use");
        } // as a crash would leave it: one is running
        Project project(root());
        const auto jobs = project.jobs();
        QCOMPARE(int(jobs.size()), 3);
        QCOMPARE(jobs[0].id, first);
        QVERIFY(jobs[0].state == StoredState::Waiting && jobs[0].done == 3 && jobs[1].id == third &&
                jobs[2].message == "The disk is full.");
        QCOMPARE(generateRequestFromJson(parseJson(jobs[0].value, "the job"), "the job").seed, 5u);
        project.removeJob(first);
        QCOMPARE(int(project.jobs().size()), 2);
        StoredJob lost = jobs[0];
        QCOMPARE(errorOf([&] { project.updateJob(lost); }), "not-found");
    }
};

PHLOXINE_TEST(project_library, LibraryTest, QCoreApplication)
#include "test_library.moc"
