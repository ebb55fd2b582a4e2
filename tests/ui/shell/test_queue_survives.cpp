// The window is killed in the middle of a job and started again: the queue is offered, and what was missing is made, once and with the same
// seeds. The window of a process of its own is this program with the argument `window`.
#include <csignal>
#include <cstdio>
#include <cstring>

#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include "core/generate/Generator.h"
#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "core/project/Project.h"
#include "ui/bridge/JobBridge.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/generate/GeneratePage.h"
#include "ui/shell/MainWindow.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr int firstJobTiles = 8, secondJobTiles = 3, killAfter = 3;

GenerateRequest wish(const char* classId, int count, std::uint64_t seed) {
    GenerateRequest request;
    request.classId = classId, request.count = count, request.seed = seed;
    request.steps = 1, request.sampler = "ddim", request.guidance = 1;
    return request;
}

void say(const char* word, int number) {
    std::printf("%s %d\n", word, number);
    std::fflush(stdout);
}

int runWindow(bool again) {
    const auto store = std::make_shared<ModelStore>();
    JobBridge bridge;
    JobQueue queue(store, bridge, {.nice = 10});
    bridge.setQueue(&queue);
    MainWindow window(store, bridge);
    window.resize(1280, 760);
    window.show();
    auto& jobs = window.page()->jobs();
    if (!QTest::qWaitFor([&] { return window.project()->isOpen(); }, 20'000)) return 2;
    int tiles = 0;
    QObject::connect(&bridge, &JobBridge::tile, &window, [&] { say("tile", ++tiles); });
    if (!again) {
        jobs.enqueue(wish("lung_scc", firstJobTiles, 500));
        jobs.enqueue(wish("colon_n", secondJobTiles, 900));
        return QApplication::exec();
    }
    if (!QTest::qWaitFor([&] { return jobs.held() > 0; }, 20'000)) return 3;
    say("held", jobs.held());
    window.findChild<QPushButton*>(QStringLiteral("resumeHeld"))->click();
    if (!QTest::qWaitFor([&] { return !jobs.busy(); }, 120'000)) return 4;
    window.close();
    return 0;
}

} // namespace

class QueueSurvivesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aKilledWindowGoesOn() {
        QTemporaryDir folder;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("PHLOXINE_TILES"), folder.filePath(QStringLiteral("p/tiles")));
        environment.insert(QStringLiteral("PHLOXINE_SETTINGS_DIR"), folder.filePath(QStringLiteral("settings")));
        environment.insert(QStringLiteral("OMP_NUM_THREADS"), QStringLiteral("2"));
        const QDir tiles(folder.filePath(QStringLiteral("p/tiles")));
        const auto names = [&] { return tiles.entryList({QStringLiteral("*.png")}, QDir::Files, QDir::Name); };

        QProcess first;
        first.setProcessEnvironment(environment);
        first.start(QCoreApplication::applicationFilePath(), {QStringLiteral("ui_queue_survives"), QStringLiteral("window")});
        QByteArray said;
        const auto saidTile = [&] {
            said += first.readAllStandardOutput();
            return said.contains("tile " + QByteArray::number(killAfter));
        };
        while (!saidTile() && first.waitForReadyRead(60'000)) {}
        QVERIFY2(said.contains("tile"), said + first.readAllStandardError());
        ::kill(pid_t(first.processId()), SIGKILL);
        QVERIFY(first.waitForFinished());
        const QStringList before = names();
        QVERIFY(before.size() >= killAfter && before.size() < firstJobTiles);
        QList<QDateTime> dates;
        for (const QString& name : before) dates.append(QFileInfo(tiles.filePath(name)).lastModified());

        QProcess second;
        second.setProcessEnvironment(environment);
        second.start(QCoreApplication::applicationFilePath(), {QStringLiteral("ui_queue_survives"), QStringLiteral("window"), QStringLiteral("again")});
        QVERIFY(second.waitForFinished(150'000));
        const QByteArray output = second.readAllStandardOutput();
        QVERIFY2(second.exitCode() == 0, output + second.readAllStandardError());
        QVERIFY2(output.contains("held 2"), output);
        QCOMPARE(names().size(), firstJobTiles + secondJobTiles);
        for (qsizetype i = 0; i < before.size(); ++i) QCOMPARE(QFileInfo(tiles.filePath(before[i])).lastModified(), dates[i]);
        QCOMPARE(int(output.count("tile")), firstJobTiles + secondJobTiles - int(before.size())); // none is made twice

        const Project project(folder.filePath(QStringLiteral("p")).toStdString());
        TileFilter bySeed;
        bySeed.order = TileOrder::SeedUp;
        std::vector<std::uint64_t> seeds, wanted;
        for (const auto& tile : project.records(project.find(bySeed))) seeds.push_back(tile.seed);
        for (int i = 0; i < firstJobTiles; ++i) wanted.push_back(500 + std::uint64_t(i));
        for (int i = 0; i < secondJobTiles; ++i) wanted.push_back(900 + std::uint64_t(i));
        QCOMPARE(seeds, wanted);
        const auto jobs = project.jobs();
        QCOMPARE(jobs.size(), std::size_t(2));
        for (const auto& job : jobs) QVERIFY(job.state == StoredState::Finished && job.done == job.count);
    }
};

int test_ui_queue_survives(int argc, char** argv) {
    QApplication app(argc, argv);
    applyTheme(ThemeChoice::Light);
    if (argc > 1 && std::strcmp(argv[1], "window") == 0) return runWindow(argc > 2);
    QueueSurvivesTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_queue_survives.moc"
